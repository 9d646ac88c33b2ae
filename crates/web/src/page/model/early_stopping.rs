//! When training pauses by itself: a page left open should not compute for ever.

/// Training pauses after so many steps without a better fit, or so many evaluations of a network if that is sooner.
const PATIENCE: [u64; 2] = [4_000, 100_000_000];
/// Steps, or evaluations, of one training period after which it pauses anyway.
const LONGEST: [u64; 2] = [40_000, 1_000_000_000];
/// A better fit is one whose KL is below this fraction of the best so far.
const BETTER: f64 = 0.98;

/// Why training paused itself, and after how many steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    NoBetter(u64),
    Long(u64),
}

/// Watches one period of training, from its start to the next pause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EarlyStopping {
    first: u64,
    best: f64,
    best_step: u64,
    patience: u64,
    longest: u64,
}

impl EarlyStopping {
    /// A new period from `step` on, with `evaluations_of_step` evaluations of a network in a step.
    pub fn from(step: u64, evaluations_of_step: u64) -> Self {
        let steps = |[steps, evaluations]: [u64; 2]| steps.min(evaluations.div_ceil(evaluations_of_step));
        let (patience, longest) = (steps(PATIENCE), steps(LONGEST));
        Self { first: step, best: f64::INFINITY, best_step: step, patience, longest }
    }

    /// Takes the measured KL at `step`, and answers whether it is time to pause.
    pub fn see(&mut self, step: u64, kl: f64) -> Option<Stop> {
        if kl < BETTER * self.best {
            (self.best, self.best_step) = (kl, step);
        }
        if step >= self.best_step + self.patience {
            Some(Stop::NoBetter(self.patience))
        } else if step >= self.first + self.longest {
            Some(Stop::Long(self.longest))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_pauses_when_nothing_gets_better_and_not_before() {
        let [patience, longest] = [PATIENCE[0], LONGEST[0]];
        let mut stopping = EarlyStopping::from(0, 4_200);
        assert_eq!(stopping.see(100, 0.5), None);
        assert_eq!(stopping.see(2_000, 0.1), None);
        assert_eq!(stopping.see(1_999 + patience, 0.099), None);
        assert_eq!(stopping.see(2_000 + patience, 0.099), Some(Stop::NoBetter(patience)));
        let mut falling = EarlyStopping::from(10, 4_200);
        let stopped = (0..).find_map(|k| falling.see(10 + 1_000 * k, 0.9f64.powi(k as i32)).map(|stop| (k, stop)));
        assert_eq!(stopped, Some((longest / 1_000, Stop::Long(longest))));
        // NaN is never a better fit.
        assert_eq!(EarlyStopping::from(0, 4_200).see(patience, f64::NAN), Some(Stop::NoBetter(patience)));
    }

    #[test]
    fn large_steps_are_fewer() {
        let mut stopping = EarlyStopping::from(100, 202_000);
        assert_eq!(stopping.see(594, 0.5), None);
        assert_eq!(stopping.see(1_089, 0.5), None);
        assert_eq!(stopping.see(1_090, 0.5), Some(Stop::NoBetter(496)));
    }
}
