//! Everything that is chosen before a run.

/// Activation of the hidden layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// max(z, 0).
    Relu,
    /// z / (1 + e⁻ᶻ).
    Silu,
}

impl Activation {
    /// The number the kernels know it by.
    pub fn code(self) -> u32 {
        match self {
            Self::Relu => 0,
            Self::Silu => 1,
        }
    }
}

/// Settings of a run. The default is the measured recipe of ARCHITECTURE.md.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// ε, between [`MIN_EPSILON`] and [`MAX_EPSILON`].
    pub epsilon: f64,
    /// Seed of the initial weights, the Fourier features, the batches and the lattice shifts.
    pub seed: u64,
    /// Activation of the three hidden layers.
    pub activation: Activation,
    /// Random Fourier features of each network; with 0 it sees 0.5·x alone.
    pub fourier_features: usize,
    /// Standard deviation of their frequencies, radians per world unit.
    pub fourier_scale: f64,
    /// Points of the source in one step.
    pub batch: usize,
    /// Adam's step size from the first step on.
    pub learning_rate: f64,
    /// The step size falls as 1 / (1 + evaluations / this).
    pub learning_rate_halving: f64,
    /// Adam's decay rates β₁, β₂.
    pub betas: [f64; 2],
    /// Largest decay of the moving average of the weights, which is what is shown and measured.
    pub average_decay: f64,
    /// Share of uniform weight in the regression of ψ; it pins ψ in the tails.
    pub uniform_share: f64,
    /// Keeps one of `flow_stride`² points of the density lattice for the flow: 3 gives 108 × 108; odd.
    pub flow_stride: usize,
}

/// Smallest ε.
pub const MIN_EPSILON: f64 = 0.05;
/// Largest ε.
pub const MAX_EPSILON: f64 = 2.0;

impl Default for Config {
    fn default() -> Self {
        Self {
            epsilon: 0.2,
            seed: 0,
            activation: Activation::Relu,
            fourier_features: 16,
            fourier_scale: 2.0,
            batch: 1000,
            learning_rate: 1e-2,
            learning_rate_halving: 1e6,
            betas: [0.9, 0.99],
            average_decay: 0.995,
            uniform_share: 0.3,
            flow_stride: 3,
        }
    }
}

/// Points along one axis of the training lattices: their spacing stays below 0.7 √ε.
pub fn quadrature_count(epsilon: f64) -> usize {
    let spacing = 0.7 * epsilon.sqrt();
    ((2.0 * crate::lattice::SOURCE_MASK / spacing).ceil() as usize).clamp(MIN_QUADRATURE_COUNT, MAX_QUADRATURE_COUNT)
}

const MIN_QUADRATURE_COUNT: usize = 40;
/// Points along one axis at [`MIN_EPSILON`], the most a step ever has.
pub const MAX_QUADRATURE_COUNT: usize = 72;
