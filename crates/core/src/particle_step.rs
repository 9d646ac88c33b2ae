//! Times and steps of particles that move with a flow: what every backend follows.

use crate::heat::flow::DIFFERENCE_BELOW;
use crate::lattice::Lattice;

/// Times at which positions are known.
pub const FRAMES: usize = 33;
/// Steps from one to the next.
pub const STEPS: usize = FRAMES - 1;

/// t of frame `k`, (k / 32)²: frames are closest near t = 0.
pub fn frame_time(k: usize) -> f64 {
    (k as f64 / STEPS as f64).powi(2)
}

/// The way from one frame to the next.
#[derive(Clone, Copy, Debug)]
pub struct ParticleStep {
    /// That of the flow.
    pub lattice: Lattice,
    pub epsilon: f64,
    /// From t = 1 to t = 0.
    pub backwards: bool,
    /// Of the noise.
    pub seed: u64,
    /// Frames done before it.
    pub frame: u32,
}

impl ParticleStep {
    /// τ where it begins, halfway and where it ends: even steps of the whole way.
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

/// Variances of the heat averages of u and w whose gradients move particles at time t: near t = 0 and t = 1 the least that
/// the lattice resolves, (0.6 h)².
pub fn variances(lattice: &Lattice, epsilon: f64, t: f64) -> [f64; 2] {
    [t, 1.0 - t].map(|time| (time * epsilon).max(DIFFERENCE_BELOW * lattice.cell_area()))
}
