//! How much work a submission may hold, learned from how long the last ones took.

use web_time::Instant;

/// What a recovery, and a flow with its picture, cost in evaluations of a network, about.
const RECOVERY_IN_EVALUATIONS: f64 = 12_600.0;
const FLOW_IN_EVALUATIONS: f64 = 2_500.0;
/// Weight of the newest measurement.
const NEWEST: f64 = 0.3;

/// The measured cost of a training step.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Most steps of a submission.
    most: u32,
    evaluations_of_step: f64,
    step_ms: Option<f64>,
    /// Most steps of any submission so far: growth is at most twofold, because work that runs too long loses the device.
    largest: u32,
    last_done: Option<Instant>,
}

impl Pace {
    pub fn new(most: u32, evaluations_of_step: u64) -> Self {
        let evaluations_of_step = evaluations_of_step as f64;
        Self { most, evaluations_of_step, step_ms: None, largest: 0, last_done: None }
    }

    /// Takes note of a submission that is done: its training steps, and whether it made a recovery and a flow.
    pub fn record(&mut self, submitted: Instant, done: Instant, steps: u32, recovered: bool, flowed: bool) {
        // Submissions queue: this one began when the one before it was done.
        let began = self.last_done.map_or(submitted, |last| last.max(submitted));
        self.last_done = Some(done);
        if steps == 0 {
            return;
        }
        let elapsed_ms = 1e3 * done.saturating_duration_since(began).as_secs_f64();
        let others = f64::from(u8::from(recovered)) * RECOVERY_IN_EVALUATIONS
            + f64::from(u8::from(flowed)) * FLOW_IN_EVALUATIONS;
        let sample = elapsed_ms / (f64::from(steps) + others / self.evaluations_of_step);
        self.step_ms = Some(self.step_ms.map_or(sample, |ms| ms + NEWEST * (sample - ms)));
        self.largest = self.largest.max(steps);
    }

    /// Steps that take about `target_ms`, at least one.
    pub fn steps_for(&self, target_ms: f64) -> u32 {
        let fitting = self.step_ms.map_or(1.0, |ms| target_ms / ms.max(1e-3));
        (fitting as u32).clamp(1, (2 * self.largest).clamp(1, self.most))
    }

    /// Milliseconds of a step, once one was measured.
    pub fn step_ms(&self) -> Option<f64> {
        self.step_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn steps_follow_the_measured_time_and_grow_twofold_at_most() {
        let mut pace = Pace::new(64, 4200);
        assert_eq!(pace.steps_for(30.0), 1);
        let start = Instant::now();
        pace.record(start, start + Duration::from_millis(2), 1, false, false);
        assert_eq!(pace.steps_for(30.0), 2);
        // Submitted early, but it could only begin when the first was done.
        pace.record(start, start + Duration::from_millis(6), 2, false, false);
        assert_eq!(pace.steps_for(30.0), 4);
        pace.record(start, start + Duration::from_millis(600), 4, false, false);
        assert_eq!(pace.steps_for(30.0), 1);
    }
}
