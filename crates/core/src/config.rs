//! Everything that is chosen before a run.

use crate::gpu::plan::CHUNK_ROWS;
use crate::network::{HIDDEN, MAX_FOURIER_FEATURES, Shape};
use serde::{Deserialize, Serialize};

/// Activation of the hidden layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// How log H_ε[e^u] is estimated in training, and with it how both potentials learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recipe {
    /// On two shared lattices, without bias; φ ascends J and ψ is regressed on φ's transform.
    Quadrature,
    /// From fresh draws around every point, as in the paper; φ ascends J, then ψ ascends I, with a penalty on their
    /// disagreement.
    MonteCarlo,
}

/// How a gradient moves the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Optimiser {
    Adam,
    /// Plain stochastic gradient descent.
    Sgd,
}

/// Settings of a run, which combine freely. The default is the measured recipe of ARCHITECTURE.md; see also
/// [`paper`](Self::paper).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// ε, between [`MIN_EPSILON`] and [`MAX_EPSILON`].
    pub epsilon: f64,
    /// How both potentials learn.
    pub recipe: Recipe,
    /// Seed of the initial weights, the Fourier features, the batches, the lattice shifts and the draws.
    pub seed: u64,
    /// Activation of the three hidden layers.
    pub activation: Activation,
    /// Random Fourier features of each network; with 0 it sees 0.5·x alone.
    pub fourier_features: usize,
    /// Standard deviation of their frequencies, radians per world unit.
    pub fourier_scale: f64,
    /// Whether the networks are added to the closed-form potentials of the Gaussian with the source's moments.
    pub gaussian_base: bool,
    /// Points of the source in one step; with [`Recipe::MonteCarlo`] as many of the Normal.
    pub batch: usize,
    /// N, draws around each point of a batch, with [`Recipe::MonteCarlo`].
    pub draws: usize,
    /// α, of the penalty α ‖ψ − φ^{c,ε}‖² and its mirror image, in inverse units of cost, with [`Recipe::MonteCarlo`].
    pub penalty: f64,
    pub optimiser: Optimiser,
    /// The optimiser's step size from the first step on.
    pub learning_rate: f64,
    /// The step size falls as 1 / (1 + evaluations / this); infinite where it is constant.
    pub learning_rate_halving: f64,
    /// Adam's decay rates β₁, β₂.
    pub betas: [f64; 2],
    /// Largest decay of the moving average of the weights, which is what is shown and measured; with 0 it is the weights
    /// themselves.
    pub average_decay: f64,
    /// Share of uniform weight in the regression of ψ, with [`Recipe::Quadrature`]; it pins ψ in the tails.
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
            recipe: Recipe::Quadrature,
            seed: 0,
            activation: Activation::Relu,
            fourier_features: 16,
            fourier_scale: 2.0,
            gaussian_base: true,
            batch: 1000,
            draws: 100,
            penalty: 1e-5,
            optimiser: Optimiser::Adam,
            learning_rate: 1e-2,
            learning_rate_halving: 1e6,
            betas: [0.9, 0.99],
            average_decay: 0.995,
            uniform_share: 0.3,
            flow_stride: 3,
        }
    }
}

/// Most numbers in a storage buffer, and most invocations of a dispatch, that every device has room for.
const MAX_NUMBERS: usize = (128 << 20) / 4;
const MAX_INVOCATIONS: usize = 65_535 * 64;

impl Config {
    /// The settings of the paper (section 4 of arXiv 2006.06033), with Adam where it leaves the choice. What is shown is
    /// the weights themselves, as there: an average would hide how such a run moves.
    pub fn paper() -> Self {
        Self {
            epsilon: 1.0,
            recipe: Recipe::MonteCarlo,
            fourier_features: 0,
            gaussian_base: false,
            learning_rate: 1e-3,
            learning_rate_halving: f64::INFINITY,
            betas: [0.9, 0.999],
            average_decay: 0.0,
            ..Self::default()
        }
    }

    /// Whether a run of the settings `before` can go on with these from its weights: how it learns is another, but not
    /// what it learns, nor by which recipe.
    pub fn continues(&self, before: &Self) -> bool {
        let learned = |config: &Self| {
            let Self { recipe, seed, activation, fourier_features, fourier_scale, gaussian_base, flow_stride, .. } =
                *config;
            (recipe, seed, activation, fourier_features, fourier_scale, gaussian_base, flow_stride)
        };
        learned(self) == learned(before)
    }

    /// Network evaluations of one step at this ε.
    pub fn evaluations_of_step(&self) -> u64 {
        match self.recipe {
            Recipe::Quadrature => (self.batch + 2 * quadrature_count(self.epsilon).pow(2)) as u64,
            Recipe::MonteCarlo => 2 * self.training_rows() as u64,
        }
    }

    /// Most rows of a network in one step: points at which it is evaluated, forward and backward.
    pub fn training_rows(&self) -> usize {
        match self.recipe {
            Recipe::Quadrature => self.batch + MAX_QUADRATURE_COUNT * MAX_QUADRATURE_COUNT,
            Recipe::MonteCarlo => self.batch.saturating_mul(self.draws.saturating_add(1)),
        }
    }

    /// Checks that the settings make sense and that a step fits any device.
    ///
    /// # Errors
    /// One sentence, about the first setting that does not.
    pub fn validate(&self) -> Result<(), String> {
        let require = |holds: bool, sentence: &str| if holds { Ok(()) } else { Err(sentence.to_owned()) };
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let share = |value: f64| (0.0..1.0).contains(&value);
        let epsilon_is_good = (MIN_EPSILON..=MAX_EPSILON).contains(&self.epsilon);
        require(epsilon_is_good, &format!("Epsilon is between {MIN_EPSILON} and {MAX_EPSILON}."))?;
        require(self.batch > 0, "The batch has at least one point.")?;
        require(self.recipe == Recipe::Quadrature || self.draws > 0, "There is at least one draw a point.")?;
        require(positive(self.learning_rate), "The learning rate is a positive number.")?;
        require(self.learning_rate_halving > 0.0, "The learning rate halves after a positive number of evaluations.")?;
        require(self.penalty >= 0.0 && self.penalty.is_finite(), "The penalty is zero or a positive number.")?;
        require(self.betas.into_iter().all(share), "Adam's decay rates are at least 0 and below 1.")?;
        require(share(self.average_decay), "The decay of the moving average is at least 0 and below 1.")?;
        require((0.0..=1.0).contains(&self.uniform_share), "The uniform share is between 0 and 1.")?;
        let features = format!("There are at most {MAX_FOURIER_FEATURES} Fourier features.");
        require(self.fourier_features <= MAX_FOURIER_FEATURES, &features)?;
        require(self.fourier_scale.is_finite(), "The scale of the Fourier features is a number.")?;
        let (rows, most) = (self.training_rows(), self.max_training_rows());
        let size = match self.recipe {
            Recipe::Quadrature => format!("A batch of {}", self.batch),
            Recipe::MonteCarlo => format!("A batch of {} with {} draws a point", self.batch, self.draws),
        };
        require(rows <= most, &format!("{size} makes {rows} evaluations of a network in one step; {most} fit."))
    }

    /// Rows that fit into a buffer of the default limits, as layers, as partial gradients and as dispatches.
    fn max_training_rows(&self) -> usize {
        let shape = Shape::new(self);
        let widest = shape.inputs().max(HIDDEN);
        let partials = MAX_NUMBERS / shape.len * CHUNK_ROWS as usize;
        partials.min(MAX_NUMBERS / widest).min(MAX_INVOCATIONS / shape.inputs().max(HIDDEN / 4))
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
