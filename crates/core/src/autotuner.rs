//! Chooses the faster of two kernel paths on a device, from timings made while it trains.

/// Submissions before the trial: the first ones compile kernels, and their number of steps is not settled yet.
const WARM_UP: u32 = 12;
/// Timed submissions of each path.
const ROUNDS: usize = 7;
/// Path 1 is chosen only if its time is below this factor times that of path 0: other work makes timings inaccurate.
const GAIN: f64 = 0.9;
/// The lower quartile of a path's times must exceed this factor times their median; otherwise the trial is
/// inconclusive.
const AGREEMENT: f64 = 0.5;

/// A trial of both paths in turn, with submissions of the same number of steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Autotuner {
    paths: usize,
    /// Steps of each submission of the trial, once it has begun.
    steps: Option<u32>,
    submissions: u32,
    /// Milliseconds a step of each path, sorted; and whether its first submission, which may compile kernels, is done.
    times: [Vec<f64>; 2],
    is_warm: [bool; 2],
    chosen: Option<usize>,
}

impl Autotuner {
    /// Between `paths` = 2 paths; with 1 there is no choice and path 0 is taken.
    pub fn new(paths: usize) -> Self {
        Self {
            paths,
            steps: None,
            submissions: 0,
            times: Default::default(),
            is_warm: [false; 2],
            chosen: (paths < 2).then_some(0),
        }
    }

    /// The path of the next submission and its number of steps, when `steps` are wanted; called once for each
    /// submission that has steps.
    pub fn next(&mut self, steps: u32) -> (usize, u32) {
        if let Some(chosen) = self.chosen {
            return (chosen, steps);
        }
        self.submissions += 1;
        if self.submissions <= WARM_UP {
            return (0, steps);
        }
        // Never more than are wanted now: they would take too long.
        let steps = (*self.steps.get_or_insert(steps)).min(steps.max(1));
        self.steps = Some(steps);
        ((self.submissions % 2) as usize, steps)
    }

    /// Records that a submission of `steps` steps took `ms` milliseconds.
    pub fn record(&mut self, path: usize, steps: u32, ms: f64) {
        if self.chosen.is_some() || self.steps != Some(steps) {
            return;
        }
        if !std::mem::replace(&mut self.is_warm[path], true) {
            return;
        }
        let (times, time) = (&mut self.times[path], ms / f64::from(steps));
        times.insert(times.partition_point(|other| *other < time), time);
        if self.times.iter().all(|times| times.len() >= ROUNDS) {
            self.chosen = Some(self.decision());
        }
    }

    /// The path that was chosen, once one was.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn chosen(&self) -> Option<usize> {
        self.chosen
    }

    fn decision(&self) -> usize {
        let [first, other] = self.times.each_ref().map(|times| [times[times.len() / 4], times[times.len() / 2]]);
        let agree = [first, other].iter().all(|[quarter, middle]| *quarter > AGREEMENT * middle);
        usize::from(agree && other[1] < GAIN * first[1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a trial on a device that takes `cost` milliseconds a step; the number of steps wanted varies meanwhile.
    fn run(cost: impl Fn(usize, u32) -> f64) -> Option<usize> {
        let mut trial = Autotuner::new(2);
        for k in 0..100 {
            let (path, steps) = trial.next(20 + k % 3);
            trial.record(path, steps, cost(path, k) * f64::from(steps));
        }
        assert!(trial.chosen().is_none_or(|chosen| trial.next(9) == (chosen, 9)));
        trial.chosen()
    }

    #[test]
    fn the_faster_path_is_chosen_and_the_first_unless_it_is_clearly_slower() {
        assert_eq!(run(|path, _| [1.0, 0.7][path]), Some(1));
        assert_eq!(run(|path, _| [1.0, 1.4][path]), Some(0));
        assert_eq!(run(|path, _| [1.0, 0.97][path]), Some(0));
    }

    #[test]
    fn compiling_and_coarse_clocks_decide_nothing() {
        assert_eq!(run(|path, k| [1.0, 0.7][path] + if k < 14 { 50.0 } else { 0.0 }), Some(1));
        // Answers come two at a time, so that every other submission seems to take nothing.
        assert_eq!(run(|path, k| [2.0, 0.0][(path + k as usize / 2) % 2]), Some(0));
        assert_eq!(run(|path, k| if k % 4 < 2 { 0.01 } else { [2.0, 1.0][path] }), Some(0));
    }

    #[test]
    fn a_single_path_needs_no_trial() {
        let mut trial = Autotuner::new(1);
        assert_eq!((trial.chosen(), trial.next(5)), (Some(0), (0, 5)));
    }
}
