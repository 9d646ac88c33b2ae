//! When training pauses itself: a page left open should not heat the room.

/// Steps without a better fit after which training pauses.
pub const PATIENCE: u64 = 4_000;
/// Steps of one go after which it pauses anyway.
pub const LONGEST: u64 = 40_000;
/// A better fit is one whose KL is below this share of the best so far.
const BETTER: f64 = 0.98;

/// Why training paused itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    NoBetter,
    Long,
}

/// Watches one go of training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stopping {
    first: u64,
    best: f64,
    best_step: u64,
}

impl Stopping {
    /// A new go from `step` on.
    pub fn from(step: u64) -> Self {
        Self { first: step, best: f64::INFINITY, best_step: step }
    }

    /// Takes the measured KL at `step`, and answers whether it is time to pause.
    pub fn see(&mut self, step: u64, kl: f64) -> Option<Stop> {
        if kl < BETTER * self.best {
            (self.best, self.best_step) = (kl, step);
        }
        if step >= self.best_step + PATIENCE {
            Some(Stop::NoBetter)
        } else if step >= self.first + LONGEST {
            Some(Stop::Long)
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
        let mut stopping = Stopping::from(0);
        assert_eq!(stopping.see(100, 0.5), None);
        assert_eq!(stopping.see(2_000, 0.1), None);
        assert_eq!(stopping.see(1_999 + PATIENCE, 0.099), None);
        assert_eq!(stopping.see(2_000 + PATIENCE, 0.099), Some(Stop::NoBetter));
        let mut falling = Stopping::from(10);
        let stopped = (0..).find_map(|k| falling.see(10 + 1_000 * k, 0.9f64.powi(k as i32)).map(|stop| (k, stop)));
        assert_eq!(stopped, Some((LONGEST / 1_000, Stop::Long)));
        // What is not a number is never a better fit.
        assert_eq!(Stopping::from(0).see(PATIENCE, f64::NAN), Some(Stop::NoBetter));
    }
}
