//! Shape and start of a potential network: Fourier features, three hidden layers of 64, one output.
//!
//! All weights of a network are one flat vector `theta`. A layer of I inputs and O outputs holds W (I, O) row by row,
//! then b (O). The output layer holds w (64), b, and three zeros, so that every layer starts on a multiple of four.

use crate::config::Config;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

/// Width of the hidden layers.
pub const HIDDEN: usize = 64;
/// Hidden layers.
pub const HIDDEN_LAYERS: usize = 3;
/// Most Fourier features of a network.
pub const MAX_FOURIER_FEATURES: usize = 64;
/// Factor between a point and the two plain inputs.
pub const INPUT_SCALE: f64 = 0.5;

/// One hidden layer inside `theta`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    pub inputs: usize,
    pub outputs: usize,
    /// Index of W₀₀ in `theta`.
    pub offset: usize,
}

impl Layer {
    /// Index of b₀ in `theta`.
    pub fn bias(&self) -> usize {
        self.offset + self.inputs * self.outputs
    }
}

/// The layers of one network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    pub fourier_features: usize,
    pub layers: [Layer; HIDDEN_LAYERS],
    /// Index of the output layer in `theta`.
    pub readout: usize,
    /// Length of `theta`, a multiple of four.
    pub len: usize,
}

impl Shape {
    pub fn new(config: &Config) -> Self {
        let inputs = (2 + 2 * config.fourier_features).next_multiple_of(4);
        let mut offset = 0;
        let layers = std::array::from_fn(|index| {
            let layer = Layer { inputs: if index == 0 { inputs } else { HIDDEN }, outputs: HIDDEN, offset };
            offset = layer.bias() + layer.outputs;
            layer
        });
        Self { fourier_features: config.fourier_features, layers, readout: offset, len: offset + HIDDEN + 4 }
    }

    /// Inputs of the first layer: 0.5 x (2), sines, cosines, then zeros up to a multiple of four.
    pub fn inputs(&self) -> usize {
        self.layers[0].inputs
    }
}

impl Shape {
    /// Floating-point operations of one evaluation: the products of a forward and a backward pass at one point.
    pub fn operations(&self) -> usize {
        // As many as forward for the gradients of the weights, and all but those of the first layer for its inputs.
        3 * self.operations_forward() - 2 * self.first_products()
    }

    /// Those of the forward pass.
    pub fn operations_forward(&self) -> usize {
        2 * (self.first_products() + (HIDDEN_LAYERS - 1) * HIDDEN * HIDDEN + HIDDEN)
    }

    fn first_products(&self) -> usize {
        (2 + 2 * self.fourier_features) * HIDDEN
    }
}

/// The numbers of one network.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// Fixed frequencies of the Fourier features, radians per world unit.
    pub frequencies: Vec<[f32; 2]>,
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
            // Inputs that are only padding do not count.
            let fan_in = if layer.offset == 0 { 2 + 2 * config.fourier_features } else { layer.inputs };
            let bound = 1.0 / (fan_in as f64).sqrt();
            for value in &mut theta[layer.offset..layer.bias() + layer.outputs] {
                *value = (bound * (2.0 * rng.random::<f64>() - 1.0)) as f32;
            }
        }
        Self { frequencies, theta }
    }
}

/// One network and its optimiser on the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    pub frequencies: Vec<[f32; 2]>,
    /// theta, moment, square, average.
    pub vectors: [Vec<f32>; 4],
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
            vectors: [parameters.theta.clone(), zero.clone(), zero, parameters.theta.clone()],
        }
    }
}

/// Two independent standard Normal numbers (Box-Muller).
pub(crate) fn standard_normal_pair(rng: &mut impl Rng) -> [f64; 2] {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    let (sin, cos) = (std::f64::consts::TAU * rng.random::<f64>()).sin_cos();
    [radius * cos, radius * sin]
}
