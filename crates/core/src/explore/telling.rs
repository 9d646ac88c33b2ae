//! When the potentials of what is shown go over to whoever looks closely.

use crate::potentials::Shown;

/// What potentials are of: as long as it is the same, so are they.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Edition {
    shown: Shown,
    tabulations: u64,
    solutions: u64,
}

/// Potentials are told at most this often, milliseconds: a pair is some 100 kB.
const INTERVAL_MS: f64 = 250.0;

/// When the potentials of what is shown are told.
#[derive(Clone, Debug, Default)]
pub struct Telling {
    tabulations: u64,
    told: Option<Edition>,
    told_ms: Option<f64>,
}

impl Telling {
    /// The learned flow, or the run, is another.
    pub fn changed(&mut self) {
        self.tabulations += 1;
    }

    fn edition(&self, shown: Shown, solutions: u64) -> Edition {
        Edition { shown, tabulations: self.tabulations, solutions }
    }

    /// In how many milliseconds they are due; none if they were told. So many exact flows were solved for so far.
    pub fn due_in_ms(&self, now_ms: f64, shown: Shown, solutions: u64) -> Option<f64> {
        let is_told = self.told == Some(self.edition(shown, solutions));
        (!is_told).then(|| self.told_ms.map_or(0.0, |told| (told + INTERVAL_MS - now_ms).max(0.0)))
    }

    /// They are told now.
    pub fn tell(&mut self, now_ms: f64, shown: Shown, solutions: u64) {
        (self.told, self.told_ms) = (Some(self.edition(shown, solutions)), Some(now_ms));
    }
}
