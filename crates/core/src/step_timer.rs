//! Chooses the number of training steps of a submission from the time that the last ones took.

use web_time::Instant;

/// Most training steps of one submission.
pub const MAX_STEPS: u32 = 256;
/// Approximate cost of a tabulation, and of a flow with its picture, in evaluations of a network.
const TABULATION_IN_EVALUATIONS: f64 = 12_600.0;
const FLOW_IN_EVALUATIONS: f64 = 2_500.0;
/// Weight of a timing relative to the next one.
const MEMORY: f64 = 0.8;
/// If the numbers of steps differ by this share of their mean, the waiting time can be estimated from them.
const SPREAD: f64 = 0.2;
/// Factor on the estimated waiting time after a submission from which it cannot be estimated.
const FORGETTING: f64 = 0.95;
/// If a single step seems to take less than this, milliseconds, two are tried once, to tell waiting from work.
const TRIAL_MS: f64 = 150.0;
/// At most this share of a submission's time counts as waiting.
const MOST_WAITING: f64 = 0.875;
/// The host prepares the steps of a submission for at most about this many milliseconds: the page is blocked meanwhile.
const HOST_MS: f64 = 10.0;

/// The measured cost of a training step.
///
/// A submission of n steps takes the time waiting + n · cost; both are fitted by least squares to the last submissions.
/// Some browsers report completed work only every tenth of a second; that is the waiting.
#[derive(Clone, Copy, Debug)]
pub struct StepTimer {
    /// Most steps of a submission.
    most: u32,
    evaluations_of_step: f64,
    /// Sums over submissions with geometric weights, the newest having 1: of 1, n, t, n², nt, with n steps
    /// in t milliseconds.
    sums: [f64; 5],
    /// Waiting time of a submission, known once there were submissions of two sizes.
    waiting_ms: Option<f64>,
    /// Sums with the same weights: milliseconds in which the host prepared steps, and the number of these steps.
    host: [f64; 2],
    /// Most steps of any submission so far. The next may have twice as many at most: a browser resets a device whose
    /// work takes too long.
    largest: u32,
    last_done: Option<Instant>,
}

impl StepTimer {
    /// Nothing is timed yet. A submission has at most `most` steps, a step `evaluations_of_step` network evaluations.
    pub fn new(most: u32, evaluations_of_step: u64) -> Self {
        let evaluations_of_step = evaluations_of_step as f64;
        Self {
            most,
            evaluations_of_step,
            sums: [0.0; 5],
            waiting_ms: None,
            host: [0.0; 2],
            largest: 0,
            last_done: None,
        }
    }

    /// Milliseconds that a submission took, by the host's clock; to be called for each submission, in order.
    pub fn elapsed_ms(&mut self, submitted: Instant, done: Instant) -> f64 {
        // Submissions queue: this one began when the one before it was done.
        let began = self.last_done.map_or(submitted, |last| last.max(submitted));
        self.last_done = Some(done);
        1e3 * done.saturating_duration_since(began).as_secs_f64()
    }

    /// Records a submission that is done: its time, its training steps, whether it made a tabulation, and how many
    /// flows it evaluated.
    pub fn record(&mut self, elapsed_ms: f64, steps: u32, tabulated: bool, flows: u32) {
        if steps == 0 {
            return;
        }
        let others =
            f64::from(u8::from(tabulated)) * TABULATION_IN_EVALUATIONS + f64::from(flows) * FLOW_IN_EVALUATIONS;
        let n = f64::from(steps) + others / self.evaluations_of_step;
        for (sum, term) in self.sums.iter_mut().zip([1.0, n, elapsed_ms, n * n, n * elapsed_ms]) {
            *sum = MEMORY * *sum + term;
        }
        let [count, n, t, nn, nt] = self.sums;
        let (n, t) = (n / count, t / count);
        let variance = nn / count - n * n;
        if variance > (SPREAD * n).powi(2) {
            let cost = (nt / count - n * t) / variance;
            self.waiting_ms = Some((t - cost * n).max(0.0));
        } else if let Some(waiting) = &mut self.waiting_ms {
            // Submissions of one size do not determine the waiting. A smaller estimate leads to smaller submissions,
            // from which it can be estimated again.
            *waiting *= FORGETTING;
        }
        self.largest = self.largest.max(steps);
    }

    /// Records the time in which the host prepared the `steps` of a submission, at least one.
    pub fn record_host(&mut self, ms: f64, steps: u32) {
        self.host.iter_mut().zip([ms, f64::from(steps)]).for_each(|(sum, term)| *sum = MEMORY * *sum + term);
    }

    /// Steps that take about `target_ms`, at least one.
    pub fn steps_for(&self, target_ms: f64) -> u32 {
        if self.largest == 1 && self.waiting_ms.is_none() && self.step_ms().is_some_and(|ms| ms < TRIAL_MS) {
            return self.most.min(2);
        }
        let [host_ms, steps] = self.host;
        let prepared = if steps > 0.0 { HOST_MS * steps / host_ms.max(1e-3) } else { f64::INFINITY };
        let fitting = self.step_ms().map_or(1.0, |ms| (target_ms / ms.max(1e-3)).min(prepared.max(1.0)));
        (fitting as u32).clamp(1, (2 * self.largest).clamp(1, self.most))
    }

    /// Milliseconds of a training step, once one was timed.
    pub fn step_ms(&self) -> Option<f64> {
        let [count, n, t, ..] = self.sums;
        (count > 0.0).then(|| (t - (count * self.waiting_ms.unwrap_or(0.0)).min(MOST_WAITING * t)) / n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn steps_follow_the_measured_time_and_grow_twofold_at_most() {
        let mut pace = StepTimer::new(64, 4200);
        assert_eq!(pace.steps_for(30.0), 1);
        let start = Instant::now();
        let record = |pace: &mut StepTimer, ms, steps| {
            let elapsed = pace.elapsed_ms(start, start + Duration::from_millis(ms));
            pace.record(elapsed, steps, false, 0);
        };
        record(&mut pace, 2, 1);
        assert_eq!(pace.steps_for(30.0), 2);
        // Submitted early, but it could begin only when the first was done.
        record(&mut pace, 6, 2);
        assert_eq!(pace.steps_for(30.0), 4);
        record(&mut pace, 600, 4);
        assert_eq!(pace.steps_for(30.0), 1);
    }

    /// Submits until the size settles. The device takes `cost` ms a step and reports only at whole multiples of `tick`
    /// ms.
    fn settled(pace: &mut StepTimer, cost: f64, tick: f64) -> u32 {
        let ms = |t: f64| Duration::from_secs_f64(1e-3 * t);
        let (start, mut free) = (pace.last_done.unwrap_or_else(Instant::now), 0.0);
        // Two are in flight.
        let mut told: [f64; 2] = [0.0, 0.0];
        for _ in 0..100 {
            let steps = pace.steps_for(30.0);
            let submitted: f64 = told[0];
            free = submitted.max(free) + cost * f64::from(steps);
            let done = ((free / tick).ceil() * tick).max(told[1]);
            let elapsed = pace.elapsed_ms(start + ms(submitted), start + ms(done));
            pace.record(elapsed, steps, false, 0);
            told = [told[1], done];
        }
        pace.steps_for(30.0)
    }

    #[test]
    fn what_is_only_waiting_does_not_make_submissions_small() {
        // The true size is 60.
        let mut pace = StepTimer::new(256, 4200);
        let prompt = settled(&mut pace, 0.5, 0.1);
        assert!((50..=70).contains(&prompt), "{prompt} steps");
        let mut pace = StepTimer::new(256, 4200);
        let late = settled(&mut pace, 0.5, 100.0);
        assert!((30..=256).contains(&late), "{late} steps");
        // A device that is really this slow stays at one step.
        let mut pace = StepTimer::new(256, 4200);
        assert_eq!(settled(&mut pace, 200.0, 100.0), 1);
    }

    #[test]
    fn a_device_faster_than_its_host_gets_what_the_host_prepares_in_time() {
        let mut pace = StepTimer::new(256, 4200);
        for _ in 0..20 {
            let steps = pace.steps_for(30.0);
            pace.record_host(0.2 * f64::from(steps), steps);
            pace.record(0.01 * f64::from(steps), steps, false, 0);
        }
        assert_eq!(pace.steps_for(30.0), 50);
    }

    #[test]
    fn a_device_that_becomes_slower_gets_smaller_submissions() {
        let mut pace = StepTimer::new(256, 4200);
        assert!(settled(&mut pace, 0.2, 0.1) > 100);
        let slow = settled(&mut pace, 4.0, 0.1);
        assert!((5..=9).contains(&slow), "{slow} steps");
    }
}
