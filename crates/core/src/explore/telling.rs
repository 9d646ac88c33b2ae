//! When the potentials of the flow shown are sent to the code that looks at it closely.

use crate::potentials::Shown;

/// Identifies a pair of potentials: while it is the same, so are they.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Edition {
    shown: Shown,
    tabulations: u64,
    solutions: u64,
}

/// Shortest time between two pairs of potentials sent, milliseconds: a pair is some 100 kB.
const INTERVAL_MS: f64 = 250.0;

/// When the potentials of the flow shown are sent.
#[derive(Clone, Debug, Default)]
pub struct Telling {
    tabulations: u64,
    told: Option<Edition>,
    told_ms: Option<f64>,
}

impl Telling {
    /// Must be called when the learned flow, or the run, has changed.
    pub fn changed(&mut self) {
        self.tabulations += 1;
    }

    fn edition(&self, shown: Shown, solutions: u64) -> Edition {
        Edition { shown, tabulations: self.tabulations, solutions }
    }

    /// In how many milliseconds they are to be sent; none if they were sent. `solutions` is the number of exact flows
    /// solved so far.
    pub fn due_in_ms(&self, now_ms: f64, shown: Shown, solutions: u64) -> Option<f64> {
        let is_told = self.told == Some(self.edition(shown, solutions));
        (!is_told).then(|| self.told_ms.map_or(0.0, |told| (told + INTERVAL_MS - now_ms).max(0.0)))
    }

    /// Notes that they are sent now.
    pub fn tell(&mut self, now_ms: f64, shown: Shown, solutions: u64) {
        (self.told, self.told_ms) = (Some(self.edition(shown, solutions)), Some(now_ms));
    }
}
