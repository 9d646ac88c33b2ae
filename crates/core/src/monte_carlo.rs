//! The points of one training step by Monte Carlo, and the estimate from the draws around one point.

use crate::network::Side;
use crate::numeric::Real;
use crate::random::normal_pair;

/// Two batches of B independent points, and N draws around each of their points: for φ from N(y, ε I) around each
/// point y of the Normal, for ψ from N(x, ε I) around each point x of the source.
///
/// The draws are not stored: [`normal_pair`] makes each from the seed and its number.
#[derive(Clone, Debug, PartialEq)]
pub struct MonteCarlo {
    /// Points of p_D and of p_N, (B) each, world units.
    pub batches: [Vec<[f32; 2]>; 2],
    /// log p_D and log p_N there, nats.
    pub log_densities: [Vec<f32>; 2],
    /// N, draws around each point.
    pub draws: usize,
    /// Seed of the draws of both potentials.
    pub seed: [u32; 2],
    /// α, the factor of the penalty.
    pub penalty: f64,
}

impl MonteCarlo {
    /// B, points of each batch.
    pub fn batch(&self) -> usize {
        self.batches[0].len()
    }

    /// B (N + 1), rows of one network: its batch, then N draws around each point of the other.
    pub fn rows(&self) -> usize {
        self.batch() * (self.draws + 1)
    }
}

/// Draw i of this side around the k-th point of the other side's batch, world units.
pub fn draw<T: Real>(step: &MonteCarlo, side: Side, epsilon: f64, k: usize, i: usize) -> [T; 2] {
    let normal = normal_pair::<T>(step.seed, side as u32, (k * step.draws + i) as u32);
    let centre = step.batches[side.other()][k];
    let spread = T::of(epsilon.sqrt());
    [0, 1].map(|axis| T::of(f64::from(centre[axis])) + spread * normal[axis])
}

/// log mean_i e^{v_i}.
pub fn log_mean_exp<T: Real>(values: &[T]) -> T {
    let top = values.iter().copied().fold(T::neg_infinity(), T::max);
    let sum: T = values.iter().map(|&v| (v - top).exp()).sum();
    top + (sum / T::of(values.len() as f64)).ln()
}

/// The estimate of the transform from the draws around one point y, and what its cotangent needs.
#[derive(Clone, Copy, Debug)]
pub struct Group<T> {
    /// log p_N(y) − L.
    pub transform: T,
    log_heat: T,
    weight: T,
}

impl<T: Real> Group<T> {
    /// From the potential at the `draws` (N), the `other` potential at y, and log p_N(y).
    pub fn new(step: &MonteCarlo, epsilon: f64, draws: &[T], other: T, log_density: T) -> Self {
        let log_heat = log_mean_exp(draws);
        let transform = log_density - log_heat;
        let pull = T::of(2.0 * step.penalty * epsilon);
        let weight = (T::one() + pull * (other - transform)) / T::of((step.batch() * step.draws) as f64);
        Self { transform, log_heat, weight }
    }

    /// The cotangent at one of the draws, from the potential there.
    pub fn cotangent(&self, u: T) -> T {
        self.weight * (u - self.log_heat).exp()
    }
}
