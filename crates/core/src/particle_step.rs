//! Times and steps of particles that move with a flow, the same on every backend.

use crate::heat::flow::DIFFERENCE_BELOW;
use crate::lattice::Lattice;

/// Number of times at which positions are kept.
pub const FRAMES: usize = 33;
/// Steps between the first frame and the last.
pub const STEPS: usize = FRAMES - 1;

/// t of frame `k`, (k / 32)²: frames are closest near t = 0.
pub fn frame_time(k: usize) -> f64 {
    (k as f64 / STEPS as f64).powi(2)
}

/// The step from one frame to the next.
#[derive(Clone, Copy, Debug)]
pub struct ParticleStep {
    /// The flow lattice.
    pub lattice: Lattice,
    /// ε of the flow; the noise of the stochastic equation is √ε dW.
    pub epsilon: f64,
    /// Whether particles move from t = 1 to t = 0.
    pub backwards: bool,
    /// Seed of the noise.
    pub seed: u64,
    /// Index of the frame from which it starts.
    pub frame: u32,
}

impl ParticleStep {
    /// τ = √t at the beginning, the middle and the end of the step; all steps have the same length in τ.
    pub fn roots(&self) -> [f64; 3] {
        [0, 1, 2].map(|half| {
            let done = f64::from(2 * self.frame + half) / (2 * STEPS) as f64;
            if self.backwards { 1.0 - done } else { done }
        })
    }

    /// The seed of the noise as [`normal_pair`](crate::random::normal_pair) takes it.
    pub fn noise_seed(&self) -> [u32; 2] {
        [self.seed as u32, (self.seed >> 32) as u32]
    }
}

/// Variances of the heat averages of u and w whose gradients move particles at time t: tε and (1 − t)ε, but at least
/// (0.6 h)², the smallest that the lattice resolves.
pub fn variances(lattice: &Lattice, epsilon: f64, t: f64) -> [f64; 2] {
    [t, 1.0 - t].map(|time| (time * epsilon).max(DIFFERENCE_BELOW * lattice.cell_area()))
}
