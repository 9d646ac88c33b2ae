//! Two runs from one source and one seed, with one thing changed.

use crate::curve::Curve;
use flowsketch_core::config::{Activation, Config, Optimiser, Recipe};
use std::fmt;

/// The setting in which the second run differs, with its value there where it is a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// ε of the second run.
    Epsilon(f64),
    /// The optimiser's step size in the first step.
    LearningRate(f64),
    /// Points of a batch, a whole number.
    Batch(f64),
    /// Draws around each point, a whole number; only with [`Recipe::MonteCarlo`].
    Draws(f64),
    /// A whole number below 2⁵³.
    Seed(f64),
    /// The other recipe with its default settings, at the same ε and seed.
    Recipe,
    /// SiLU in place of ReLU or leaky ReLU; in place of SiLU, the activation that the recipe has by default.
    Activation,
    /// Plain descent in place of Adam, or Adam in place of it.
    Optimiser,
    /// No Fourier features; if there are none, the default number.
    Features,
    /// Without the Gaussian base; if there is none, with it.
    Base,
    /// No moving average of the weights; if there is none, the default decay.
    Average,
}

impl Change {
    /// The change called `name` in the page's list; `number` is the new value of a setting that is a number.
    pub fn named(name: &str, number: f64) -> Option<Self> {
        Some(match name {
            "epsilon" => Self::Epsilon(number),
            "learning-rate" => Self::LearningRate(number),
            "batch" => Self::Batch(number),
            "draws" => Self::Draws(number),
            "seed" => Self::Seed(number),
            "recipe" => Self::Recipe,
            "activation" => Self::Activation,
            "optimiser" => Self::Optimiser,
            "features" => Self::Features,
            "base" => Self::Base,
            "average" => Self::Average,
            _ => return None,
        })
    }

    /// The value of this setting in `config` if it is a number; none if it is a choice of two.
    pub fn number(self, config: &Config) -> Option<f64> {
        Some(match self {
            Self::Epsilon(_) => config.epsilon,
            Self::LearningRate(_) => config.learning_rate,
            Self::Batch(_) => config.batch as f64,
            Self::Draws(_) => config.draws as f64,
            Self::Seed(_) => config.seed as f64,
            _ => return None,
        })
    }

    /// A number that is worth comparing with that of `config`.
    pub fn suggestion(self, config: &Config) -> Option<f64> {
        let number = self.number(config)?;
        Some(match self {
            Self::Epsilon(_) if number < 0.5 => 1.0,
            Self::Epsilon(_) => 0.2,
            Self::LearningRate(_) => 0.3 * number,
            Self::Batch(_) | Self::Draws(_) => (0.25 * number).ceil(),
            _ => number + 1.0,
        })
    }

    /// The settings of the second run.
    ///
    /// # Errors
    /// A sentence, if they are not valid or are those of the first run.
    pub fn applied(self, config: &Config) -> Result<Config, String> {
        let mut other = config.clone();
        let whole = |number: f64, what: &str| {
            let is_whole = number >= 0.0 && number.fract() == 0.0 && number < 2f64.powi(53);
            if is_whole { Ok(number as u64) } else { Err(format!("{what} is a whole number.")) }
        };
        match self {
            Self::Epsilon(epsilon) => other.epsilon = epsilon,
            Self::LearningRate(rate) => other.learning_rate = rate,
            Self::Batch(batch) => other.batch = whole(batch, "The batch")? as usize,
            Self::Draws(_) if config.recipe == Recipe::Quadrature => {
                return Err("There are draws in the paper’s recipe alone: choose it on the page first.".into());
            }
            Self::Draws(draws) => other.draws = whole(draws, "The number of draws")? as usize,
            Self::Seed(seed) => other.seed = whole(seed, "The seed")?,
            Self::Recipe => {
                let values = match config.recipe {
                    Recipe::Quadrature => Config::paper(),
                    Recipe::MonteCarlo => Config::default(),
                };
                other = Config { epsilon: config.epsilon, seed: config.seed, ..values };
            }
            Self::Activation => {
                other.activation = match config.activation {
                    Activation::Relu | Activation::LeakyRelu => Activation::Silu,
                    // The activation of the paper's recipe.
                    Activation::Silu if config.recipe == Recipe::MonteCarlo => Activation::Relu,
                    Activation::Silu => Activation::LeakyRelu,
                }
            }
            Self::Optimiser => {
                other.optimiser = match config.optimiser {
                    Optimiser::Adam => Optimiser::Sgd,
                    Optimiser::Sgd => Optimiser::Adam,
                }
            }
            Self::Features if config.fourier_features > 0 => other.fourier_features = 0,
            Self::Features => other.fourier_features = Config::default().fourier_features,
            Self::Base => other.gaussian_base = !config.gaussian_base,
            Self::Average if config.average_decay > 0.0 => other.average_decay = 0.0,
            Self::Average => other.average_decay = Config::default().average_decay,
        }
        other.validate()?;
        if &other == config { Err("That would be the same run twice.".into()) } else { Ok(other) }
    }

    /// The value of this setting in `config`, in a few words.
    pub fn words(self, config: &Config) -> String {
        let with = |is: bool, what: &str| format!("{} {what}", if is { "with" } else { "without" });
        match self {
            Self::Epsilon(_) => format!("ε = {}", config.epsilon),
            Self::LearningRate(_) => format!("learning rate {}", config.learning_rate),
            Self::Batch(_) => format!("{} points a batch", config.batch),
            Self::Draws(_) => format!("{} draws a point", config.draws),
            Self::Seed(_) => format!("seed {}", config.seed),
            Self::Recipe if config.recipe == Recipe::Quadrature => "quadrature".into(),
            Self::Recipe => "the paper’s recipe".into(),
            Self::Activation => config.activation.title().into(),
            Self::Optimiser if config.optimiser == Optimiser::Adam => "Adam".into(),
            Self::Optimiser => "SGD".into(),
            Self::Features => with(config.fourier_features > 0, "Fourier features"),
            Self::Base => with(config.gaussian_base, "Gaussian base"),
            Self::Average => with(config.average_decay > 0.0, "moving average"),
        }
    }
}

/// The measurements of one run in the order of its steps, in bounded memory.
#[derive(Clone, Debug, Default)]
pub struct Record {
    curve: Curve<Point>,
}

/// One measurement of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Training steps behind it.
    pub step: u64,
    /// Time that the run has had for training.
    pub seconds: f64,
    /// KL(p_D ‖ ρ_0 / ∫ρ_0), nats.
    pub kl_source: f64,
}

/// The horizontal axis of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Training steps.
    Steps,
    /// Time that the run has had for training, seconds.
    Seconds,
}

impl Record {
    /// Adds a measurement, unless its KL is not finite.
    pub fn push(&mut self, point: Point) {
        if point.kl_source.is_finite() {
            self.curve.push(point);
        }
    }

    /// The measurements that are kept, in order; of many, only some.
    pub fn points(&self) -> &[Point] {
        self.curve.points()
    }

    /// The newest measurement.
    pub fn last(&self) -> Option<Point> {
        self.points().last().copied()
    }
}

impl Axis {
    /// The coordinate of `point` along this axis.
    pub fn of(self, point: &Point) -> f64 {
        match self {
            Self::Steps => point.step as f64,
            Self::Seconds => point.seconds,
        }
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Steps => "steps",
            Self::Seconds => "seconds",
        })
    }
}
