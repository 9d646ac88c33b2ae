//! Weights of both networks with their optimiser state, and the progress of a run.

use crate::config::Config;
use crate::network::Shape;
use crate::numeric::standard_normal_pair;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

/// Frequencies and weights of one network.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// Fixed frequencies of the Fourier features, radians per world unit.
    pub frequencies: Vec<[f32; 2]>,
    /// All weights and biases as one vector, in the order of [`network`](crate::network).
    pub theta: Vec<f32>,
}

impl Parameters {
    /// Those of φ and ψ at step 0 of a run.
    pub fn pair(config: &Config, shape: &Shape) -> [Self; 2] {
        let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
        [(); 2].map(|()| Self::new(config, shape, &mut rng))
    }

    /// Uniform ± 1/√fan-in, with a zero output layer: at first the potential is its Gaussian base.
    pub fn new(config: &Config, shape: &Shape, rng: &mut impl Rng) -> Self {
        let frequencies = (0..config.fourier_features)
            .map(|_| standard_normal_pair(rng).map(|z| (config.fourier_scale * z) as f32))
            .collect();
        let mut theta = vec![0.0; shape.len];
        for layer in shape.layers {
            // Inputs that are only padding do not count towards the fan-in.
            let fan_in = if layer.offset == 0 { 2 + 2 * config.fourier_features } else { layer.inputs };
            let bound = 1.0 / (fan_in as f64).sqrt();
            for value in &mut theta[layer.offset..layer.bias() + layer.outputs] {
                *value = (bound * (2.0 * rng.random::<f64>() - 1.0)) as f32;
            }
        }
        Self { frequencies, theta }
    }
}

/// One value of type `T` for each vector of a learner: its weights, and what the optimiser keeps for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LearnerState<T> {
    /// The weights and biases that training moves.
    pub theta: T,
    /// Adam's moments of the gradient; zero without Adam.
    pub first_moment: T,
    /// Adam's moving average of the squared gradient; zero without Adam.
    pub second_moment: T,
    /// Moving average of `theta`: what is shown and measured.
    pub average: T,
}

impl<T> LearnerState<T> {
    /// Applies `f` to each of the four.
    pub fn map<U>(self, mut f: impl FnMut(T) -> U) -> LearnerState<U> {
        LearnerState {
            theta: f(self.theta),
            first_moment: f(self.first_moment),
            second_moment: f(self.second_moment),
            average: f(self.average),
        }
    }

    /// References to the four.
    pub fn each_ref(&self) -> LearnerState<&T> {
        let Self { theta, first_moment, second_moment, average } = self;
        LearnerState { theta, first_moment, second_moment, average }
    }

    /// All four, in the order of the fields.
    pub fn into_array(self) -> [T; 4] {
        [self.theta, self.first_moment, self.second_moment, self.average]
    }
}

/// One network and its optimiser on the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Fixed frequencies of the Fourier features, radians per world unit.
    pub frequencies: Vec<[f32; 2]>,
    /// The weights, Adam's two moments and the averaged weights.
    pub state: LearnerState<Vec<f32>>,
}

impl Snapshot {
    /// φ and ψ at step 0 of a run.
    pub fn pair(config: &Config, shape: &Shape) -> [Self; 2] {
        Parameters::pair(config, shape).each_ref().map(Self::new)
    }

    /// A network that has not been trained.
    pub fn new(parameters: &Parameters) -> Self {
        let zero = vec![0.0; parameters.theta.len()];
        Self {
            frequencies: parameters.frequencies.clone(),
            state: LearnerState {
                theta: parameters.theta.clone(),
                first_moment: zero.clone(),
                second_moment: zero,
                average: parameters.theta.clone(),
            },
        }
    }
}

/// The state of a run: all that another backend needs to continue it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// φ, then ψ.
    pub snapshots: [Snapshot; 2],
    /// Training steps so far.
    pub step: u64,
    /// Network evaluations of those steps.
    pub evaluations: u64,
}

impl Checkpoint {
    /// Step 0 of a run with these settings.
    pub fn start(config: &Config) -> Self {
        Self { snapshots: Snapshot::pair(config, &config.shape()), step: 0, evaluations: 0 }
    }

    /// Returns to step 0 with the present weights: the moments of Adam are reset to 0.
    pub fn forget_optimiser(&mut self) {
        (self.step, self.evaluations) = (0, 0);
        for Snapshot { state, .. } in &mut self.snapshots {
            state.first_moment.fill(0.0);
            state.second_moment.fill(0.0);
        }
    }
}
