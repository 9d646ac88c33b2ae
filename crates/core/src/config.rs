//! The settings of a run.

use crate::limits::{CHUNK_ROWS, MAX_INVOCATIONS, MAX_NUMBERS};
use crate::network::{HIDDEN, MAX_FOURIER_FEATURES, Shape};
use serde::{Deserialize, Serialize};

/// Activation of the hidden layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Activation {
    /// max(z, 0).
    Relu,
    /// max(z, [`LEAK`] z): every unit has a gradient, while one of ReLU has none once it is 0 at all points.
    LeakyRelu,
    /// z / (1 + e⁻ᶻ).
    Silu,
}

/// Slope of leaky ReLU below 0.
pub const LEAK: f64 = 0.01;

impl Activation {
    /// The name that the page shows.
    pub fn title(self) -> &'static str {
        ["ReLU", "leaky ReLU", "SiLU"][self as usize]
    }

    /// The number that stands for it in the kernels.
    pub fn code(self) -> u32 {
        self as u32
    }

    /// Slope below 0 of those that are linear on both sides of it.
    pub fn leak(self) -> Option<f64> {
        match self {
            Self::Relu => Some(0.0),
            Self::LeakyRelu => Some(LEAK),
            Self::Silu => None,
        }
    }
}

/// How log H_ε[e^u] is estimated in training; the objectives of both potentials follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recipe {
    /// By sums over one set of nodes for all points, unbiased for H_ε[e^u]; φ ascends J and ψ is regressed on φ's
    /// transform.
    Quadrature,
    /// From fresh draws around every point, as in the paper; φ ascends J, then ψ ascends I, with a penalty on their
    /// disagreement.
    MonteCarlo,
}

/// How a gradient moves the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Optimiser {
    /// Adam with bias-corrected moments.
    Adam,
    /// Plain stochastic gradient descent.
    Sgd,
}

/// Settings of a run, which combine freely. The default is the recipe of docs/decisions; see also
/// [`paper`](Self::paper).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// ε, between [`MIN_EPSILON`] and [`MAX_EPSILON`].
    pub epsilon: f64,
    /// The training algorithm.
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
    /// Points of the source in one step; with [`Recipe::MonteCarlo`] also the number of points of the Normal.
    pub batch: usize,
    /// Nodes along one axis of the lattice that covers the source, with [`Recipe::Quadrature`].
    #[serde(default = "nodes")]
    pub source_nodes: usize,
    /// The same for the lattice that covers the target, where ψ is regressed.
    #[serde(default = "nodes")]
    pub target_nodes: usize,
    /// Points of a target that is not the Normal, with [`Recipe::Quadrature`].
    #[serde(default = "target_batch")]
    pub target_batch: usize,
    /// N, draws around each point of a batch, with [`Recipe::MonteCarlo`].
    pub draws: usize,
    /// α, of the penalty α ‖ψ − φ^{c,ε}‖² and its mirror image, in inverse units of cost, with [`Recipe::MonteCarlo`].
    pub penalty: f64,
    /// Adam with the decay rates `betas`, or plain descent, which ignores them.
    pub optimiser: Optimiser,
    /// The optimiser's step size in the first step.
    pub learning_rate: f64,
    /// The step size falls as 1 / (1 + evaluations / this); infinite where it is constant.
    pub learning_rate_halving: f64,
    /// Adam's decay rates β₁, β₂.
    pub betas: [f64; 2],
    /// Largest decay of the moving average of the weights, which is what is shown and measured; with 0 it is the
    /// weights themselves.
    pub average_decay: f64,
    /// Share of √p_N in the weights of the regression of ψ, with [`Recipe::Quadrature`]; it fits ψ in the tails too.
    #[serde(default = "tempered_share")]
    pub tempered_share: f64,
}

/// Smallest ε.
pub const MIN_EPSILON: f64 = 0.05;
/// Largest ε.
pub const MAX_EPSILON: f64 = 2.0;

// Defaults by name: files of weights that were written before these settings existed are read with them.
fn nodes() -> usize {
    20
}

fn target_batch() -> usize {
    500
}

fn tempered_share() -> f64 {
    0.1
}

impl Default for Config {
    fn default() -> Self {
        Self {
            epsilon: 0.2,
            recipe: Recipe::Quadrature,
            seed: 0,
            activation: Activation::LeakyRelu,
            fourier_features: 28,
            fourier_scale: 2.0,
            gaussian_base: true,
            batch: 500,
            source_nodes: nodes(),
            target_nodes: nodes(),
            target_batch: target_batch(),
            draws: 100,
            penalty: 1e-5,
            optimiser: Optimiser::Adam,
            learning_rate: 2e-2,
            learning_rate_halving: 5e5,
            betas: [0.9, 0.99],
            average_decay: 0.995,
            tempered_share: tempered_share(),
        }
    }
}

impl Config {
    /// The settings of the paper (section 4 of arXiv 2006.06033), with Adam where the paper leaves the choice open. As
    /// there, the weights themselves are shown: an average would hide the fluctuations of such a run.
    pub fn paper() -> Self {
        Self {
            epsilon: 1.0,
            recipe: Recipe::MonteCarlo,
            activation: Activation::Relu,
            fourier_features: 0,
            gaussian_base: false,
            batch: 1000,
            learning_rate: 1e-3,
            learning_rate_halving: f64::INFINITY,
            betas: [0.9, 0.999],
            average_decay: 0.0,
            ..Self::default()
        }
    }

    /// Whether a run with the settings `before` can continue with these from its weights: recipe, seed and networks
    /// must be the same; the settings of training may differ.
    pub fn continues(&self, before: &Self) -> bool {
        let learned = |config: &Self| {
            let Self { recipe, seed, activation, fourier_features, fourier_scale, gaussian_base, .. } = *config;
            (recipe, seed, activation, fourier_features, fourier_scale, gaussian_base)
        };
        learned(self) == learned(before)
    }

    /// The layers of each network.
    pub fn shape(&self) -> Shape {
        Shape::new(self.fourier_features)
    }

    /// Network evaluations of one step, when the target is the Normal.
    pub fn evaluations_of_step(&self) -> u64 {
        match self.recipe {
            Recipe::Quadrature => (self.source_count() + self.target_nodes.pow(2)) as u64,
            Recipe::MonteCarlo => 2 * self.training_rows() as u64,
        }
    }

    /// Nodes of the source in one step, with [`Recipe::Quadrature`]: the batch and the lattice.
    pub fn source_count(&self) -> usize {
        self.batch.saturating_add(self.source_nodes.saturating_mul(self.source_nodes))
    }

    /// The same for a target other than the Normal; the Normal has no batch.
    fn target_count(&self) -> usize {
        self.target_batch.saturating_add(self.target_nodes.saturating_mul(self.target_nodes))
    }

    /// The most rows of one network in a step: points of its forward and backward pass.
    pub fn training_rows(&self) -> usize {
        match self.recipe {
            Recipe::Quadrature => self.source_count().max(self.target_count()),
            Recipe::MonteCarlo => self.batch.saturating_mul(self.draws.saturating_add(1)),
        }
    }

    /// Checks that the settings are valid and that a step fits any device.
    ///
    /// ```
    /// use flowsketch_core::config::Config;
    ///
    /// assert_eq!(Config::default().validate(), Ok(()));
    /// let sentence = Config { learning_rate: -1.0, ..Config::default() }.validate().unwrap_err();
    /// assert!(sentence.ends_with('.'));
    /// ```
    ///
    /// # Errors
    /// One sentence about the first setting that is not valid.
    pub fn validate(&self) -> Result<(), String> {
        let require = |holds: bool, sentence: &str| if holds { Ok(()) } else { Err(sentence.to_owned()) };
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let share = |value: f64| (0.0..1.0).contains(&value);
        let epsilon_is_good = (MIN_EPSILON..=MAX_EPSILON).contains(&self.epsilon);
        require(epsilon_is_good, &format!("Epsilon is between {MIN_EPSILON} and {MAX_EPSILON}."))?;
        require(self.batch > 0, "The batch has at least one point.")?;
        let nodes = format!("A lattice has {} to {} nodes an axis.", NODES[0], NODES[1]);
        let good = |count: usize| (NODES[0]..=NODES[1]).contains(&count);
        require(good(self.source_nodes) && good(self.target_nodes), &nodes)?;
        require(self.recipe == Recipe::Quadrature || self.draws > 0, "There is at least one draw a point.")?;
        require(positive(self.learning_rate), "The learning rate is a positive number.")?;
        require(self.learning_rate_halving > 0.0, "The learning rate halves after a positive number of evaluations.")?;
        require(self.penalty >= 0.0 && self.penalty.is_finite(), "The penalty is zero or a positive number.")?;
        require(self.betas.into_iter().all(share), "Adam's decay rates are at least 0 and below 1.")?;
        require(share(self.average_decay), "The decay of the moving average is at least 0 and below 1.")?;
        require((0.0..=1.0).contains(&self.tempered_share), "The tempered share is between 0 and 1.")?;
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

    /// The most rows for which layers and partial gradients fit into buffers, and dispatches into the default limits.
    fn max_training_rows(&self) -> usize {
        let shape = self.shape();
        let widest = shape.inputs().max(HIDDEN);
        let partials = MAX_NUMBERS / shape.len * CHUNK_ROWS as usize;
        partials.min(MAX_NUMBERS / widest).min(MAX_INVOCATIONS / (shape.fourier_features + 1).max(HIDDEN / 4))
    }
}

/// Fewest and most nodes along one axis of a training lattice.
pub const NODES: [usize; 2] = [8, 72];

/// Added to the square root of Adam's second moment, so that no division is by 0.
pub const ADAM_FLOOR: f64 = 1e-8;
