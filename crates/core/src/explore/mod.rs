//! A flow to be looked at closely: its potentials, taken away from the run that they are of.

use crate::audit::ExactFlow;
use crate::lattice::{Lattice, SOURCE_MASK};
use crate::metrics::Recovery;
use crate::session::Shown;
use serde::{Deserialize, Serialize};

/// The times of a film strip.
pub const STILLS: [f64; 4] = [0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0];

/// u = φ/ε and w = ψ/ε in nats on the flow lattice, `LOG_ZERO` where masked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Potentials {
    pub epsilon: f64,
    pub u: Vec<f32>,
    pub w: Vec<f32>,
}

impl Potentials {
    /// From both on the flow lattice.
    pub fn new(epsilon: f64, u: &[f64], w: &[f64]) -> Self {
        let [u, w] = [u, w].map(|field| field.iter().map(|&f| f as f32).collect());
        Self { epsilon, u, w }
    }

    /// The flow lattice.
    pub fn lattice(&self) -> Lattice {
        Lattice::centred(SOURCE_MASK, self.u.len().isqrt())
    }

    /// u and w in f64.
    pub fn pair(&self) -> [Vec<f64>; 2] {
        [&self.u, &self.w].map(|field| field.iter().map(|&f| f64::from(f)).collect())
    }
}

/// The potentials behind a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShownFlow {
    pub shown: Shown,
    pub potentials: Potentials,
    /// Those of the exact flow, where the picture is of a difference.
    pub reference: Option<Potentials>,
}

impl ShownFlow {
    /// What a picture of `shown` is made of; none as long as a part of it is not there.
    pub fn new(shown: Shown, recovery: Option<&Recovery>, exact: Option<&ExactFlow>) -> Option<Self> {
        let exact = || exact.map(|flow| Potentials::new(flow.epsilon, &flow.solution.u, &flow.solution.w));
        let (potentials, reference) = match shown {
            Shown::Exact => (exact()?, None),
            Shown::Learned(completion) | Shown::Difference(completion) => {
                let Recovery { epsilon, u, .. } = recovery?;
                let w = recovery?.second(completion).into_iter().map(|w| w as f32).collect();
                let learned = Potentials { epsilon: *epsilon, u: u.clone(), w };
                (learned, if let Shown::Difference(_) = shown { Some(exact()?) } else { None })
            }
        };
        Some(Self { shown, potentials, reference })
    }
}

/// What potentials are of: as long as it is the same, so are they.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Edition {
    shown: Shown,
    recoveries: u64,
    exact_epsilon: Option<f64>,
}

/// Potentials are told at most this often, milliseconds: a pair is some 100 kB.
const INTERVAL_MS: f64 = 250.0;

/// When the potentials of what is shown are told.
#[derive(Clone, Debug, Default)]
pub struct Telling {
    recoveries: u64,
    told: Option<Edition>,
    told_ms: Option<f64>,
}

impl Telling {
    /// The learned flow, or the run, is another.
    pub fn changed(&mut self) {
        self.recoveries += 1;
    }

    fn edition(&self, shown: Shown, exact: Option<&ExactFlow>) -> Edition {
        Edition { shown, recoveries: self.recoveries, exact_epsilon: exact.map(|flow| flow.epsilon) }
    }

    /// In how many milliseconds they are due; none if they were told.
    pub fn due_in_ms(&self, now_ms: f64, shown: Shown, exact: Option<&ExactFlow>) -> Option<f64> {
        let is_told = self.told == Some(self.edition(shown, exact));
        (!is_told).then(|| self.told_ms.map_or(0.0, |told| (told + INTERVAL_MS - now_ms).max(0.0)))
    }

    /// They are told now.
    pub fn tell(&mut self, now_ms: f64, shown: Shown, exact: Option<&ExactFlow>) {
        (self.told, self.told_ms) = (Some(self.edition(shown, exact)), Some(now_ms));
    }
}
