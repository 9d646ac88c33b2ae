//! A flow to be looked at closely: its potentials, taken away from the run that they are of, and what is found in them.

mod contour;
mod coupling;
mod lens;
mod particles;
mod telling;

pub use crate::cpu::particles::{FRAMES, frame_time};
pub use contour::{Segment, contour, level};
pub use coupling::{Coupling, Given};
pub use lens::Lens;
pub use particles::{COMPARED, Frame, Launch, MOST_PARTICLES, Particles, Paths};
pub use telling::Telling;

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
    /// Those of the exact flow of the same ε beside a learned one, once it is there.
    pub reference: Option<Potentials>,
}

impl ShownFlow {
    /// What a picture of `shown` is made of; none as long as a part of it is not there, or both parts are not of one ε.
    pub fn new(shown: Shown, recovery: Option<&Recovery>, exact: Option<&ExactFlow>) -> Option<Self> {
        let exact = exact.map(|flow| Potentials::new(flow.epsilon, &flow.solution.u, &flow.solution.w));
        let learned = |completion| {
            let recovery = recovery?;
            let w = recovery.second(completion).into_iter().map(|w| w as f32).collect();
            Some(Potentials { epsilon: recovery.epsilon, u: recovery.u.clone(), w })
        };
        let (Shown::Learned(completion) | Shown::Difference(completion)) = shown else {
            return Some(Self { shown, potentials: exact?, reference: None });
        };
        let potentials = learned(completion)?;
        // That of another ε is another problem's.
        let reference = exact.filter(|exact| exact.epsilon == potentials.epsilon);
        let is_whole = reference.is_some() || matches!(shown, Shown::Learned(_));
        is_whole.then_some(Self { shown, potentials, reference })
    }
}
