//! Shape of a potential network: Fourier features, three hidden layers of 64, one output.
//!
//! All weights of a network are one flat vector `theta`. A layer of I inputs and O outputs holds W (I, O) row by row,
//! then b (O). The output layer holds w (64), b, and three zeros, so that every layer starts on a multiple of four.

use std::ops::{Index, IndexMut};

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
    /// I, the number of rows of W.
    pub inputs: usize,
    /// O, the number of columns of W and the length of b.
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
    /// Random frequencies; each gives a sine and a cosine as inputs.
    pub fourier_features: usize,
    /// The hidden layers, the first one next to the input.
    pub layers: [Layer; HIDDEN_LAYERS],
    /// Index of the output layer in `theta`.
    pub readout: usize,
    /// Length of `theta`, a multiple of four.
    pub len: usize,
}

impl Shape {
    /// Of a network with this many random Fourier features; with none its only input is the point.
    pub fn new(fourier_features: usize) -> Self {
        let inputs = (2 + 2 * fourier_features).next_multiple_of(4);
        let mut offset = 0;
        let layers = std::array::from_fn(|index| {
            let layer = Layer { inputs: if index == 0 { inputs } else { HIDDEN }, outputs: HIDDEN, offset };
            offset = layer.bias() + layer.outputs;
            layer
        });
        Self { fourier_features, layers, readout: offset, len: offset + HIDDEN + 4 }
    }

    /// Inputs of the first layer: 0.5 x (2), sines, cosines, then zeros up to a multiple of four.
    pub fn inputs(&self) -> usize {
        self.layers[0].inputs
    }
}

impl Shape {
    /// Floating-point operations of one evaluation: the products of a forward and a backward pass at one point.
    pub fn operations(&self) -> usize {
        // The gradients of the weights take as many as the forward pass; so do the cotangents of the inputs, except in
        // the first layer, which needs none.
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

/// φ or ψ: the network whose rows, base and losses are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// φ: by quadrature on the batch and lattice of the source; by Monte Carlo on the batch of the source and the draws
    /// around the batch of the Normal.
    Phi = 0,
    /// ψ: by quadrature on the target's nodes; by Monte Carlo on the batch of the Normal and the draws around the
    /// batch of the source.
    Psi = 1,
}

impl Side {
    /// φ, then ψ.
    pub const BOTH: [Self; 2] = [Self::Phi, Self::Psi];

    /// The other potential.
    pub fn other(self) -> Self {
        match self {
            Self::Phi => Self::Psi,
            Self::Psi => Self::Phi,
        }
    }
}

/// A pair of values by side: that of φ, then that of ψ.
impl<T> Index<Side> for [T; 2] {
    type Output = T;

    fn index(&self, side: Side) -> &T {
        &self[side as usize]
    }
}

impl<T> IndexMut<Side> for [T; 2] {
    fn index_mut(&mut self, side: Side) -> &mut T {
        &mut self[side as usize]
    }
}
