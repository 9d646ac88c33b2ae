//! A network at a tile of points, forward and backward; twin of [`potential`](crate::reference::potential) without its base.
//!
//! All data of a tile except its outputs stay in the cache. Symbols as in `potential.rs`.

use crate::config::Activation;
use crate::network::{HIDDEN, HIDDEN_LAYERS, INPUT_SCALE, Shape};
use crate::simd::elementary::{exp, sin_cos};
use crate::simd::product::{Row, add, forward, gradient, multiply_add};
use crate::simd::width::for_each_width;

/// Most rows of a tile.
pub const TILE_ROWS: usize = 64;

/// A network, its weights in rows of 64: the flat `theta` of [`Shape`] is the same numbers in the same order.
#[derive(Clone, Debug)]
pub struct Network {
    pub theta: Vec<Row>,
    activation: Activation,
    inputs: usize,
    /// Frequencies, all of x before all of y.
    frequencies: [Vec<f32>; 2],
    /// Rows of `theta` where each hidden layer begins, and the output layer.
    layers: [usize; HIDDEN_LAYERS],
    readout: usize,
    /// Wᵀ of the second and the third layer, kept by [`refresh`](Self::refresh).
    transposed: [Vec<Row>; HIDDEN_LAYERS - 1],
}

/// How many rows of 64 hold a vector of the length of `theta`.
pub fn rows_for(shape: &Shape) -> usize {
    shape.len.div_ceil(HIDDEN)
}

/// A vector of the length of `theta` in rows.
pub fn in_rows(shape: &Shape, values: &[f32]) -> Vec<Row> {
    let mut rows = vec![Row::default(); rows_for(shape)];
    bytemuck::cast_slice_mut(&mut rows)[..values.len()].copy_from_slice(values);
    rows
}

impl Network {
    pub fn new(shape: &Shape, activation: Activation, frequencies: &[[f32; 2]], theta: &[f32]) -> Self {
        let mut network = Self {
            theta: in_rows(shape, theta),
            activation,
            inputs: shape.inputs(),
            frequencies: [0, 1].map(|axis| frequencies.iter().map(|f| f[axis]).collect()),
            layers: shape.layers.map(|layer| layer.offset / HIDDEN),
            readout: shape.readout / HIDDEN,
            transposed: Default::default(),
        };
        network.refresh();
        network
    }

    /// The same network with other weights.
    pub fn with(&self, theta: &[Row]) -> Self {
        let mut network = Self { theta: theta.to_vec(), ..self.clone() };
        network.refresh();
        network
    }

    /// Transposes the weights again; must follow every change of `theta`.
    pub fn refresh(&mut self) {
        for (index, transposed) in self.transposed.iter_mut().enumerate() {
            let weights = &self.theta[self.layers[index + 1]..][..HIDDEN];
            transposed.resize(HIDDEN, Row::default());
            for (o, row) in transposed.iter_mut().enumerate() {
                row.0.iter_mut().zip(weights).for_each(|(value, weights)| *value = weights.0[o]);
            }
        }
    }

    fn layer_inputs(&self, index: usize) -> usize {
        if index == 0 { self.inputs } else { HIDDEN }
    }
}

/// What a forward pass leaves for the backward pass.
#[derive(Clone, Debug, Default)]
pub struct Tile {
    /// (R, I).
    features: Vec<f32>,
    hidden: [Vec<Row>; HIDDEN_LAYERS],
    /// act′(z), for SiLU only: for the other activations it follows from the sign of `hidden`.
    slope: [Vec<Row>; HIDDEN_LAYERS],
}

impl Tile {
    fn resize(&mut self, rows: usize, inputs: usize, activation: Activation) {
        self.features.resize(rows * inputs, 0.0);
        self.hidden.iter_mut().for_each(|hidden| hidden.resize(rows, Row::default()));
        if activation == Activation::Silu {
            self.slope.iter_mut().for_each(|slope| slope.resize(rows, Row::default()));
        }
    }
}

/// Room for the cotangents of one tile.
#[derive(Clone, Debug, Default)]
pub struct Cotangents([Vec<Row>; 2]);

for_each_width! {
    /// The network at `points` (R, at most `TILE_ROWS`) to `output` (R), in nats, without the base.
    forward_tile(network: &Network, points: &[[f32; 2]], tile: &mut Tile, output: &mut [f32])
        = forward_rows { [32, true] [16, true] [8, true] [8, false] }
}

for_each_width! {
    /// Adds the gradient of Σ_r d_output_r · output_r to `sums`, rows as `theta`; that of the output's bias only if
    /// `bias` is set.
    backward_tile(
        network: &Network,
        tile: &Tile,
        cotangents: &mut Cotangents,
        d_output: &[f32],
        bias: bool,
        sums: &mut [Row],
    ) = backward_rows { [32, true] [16, true] [8, true] [8, false] }
}

#[inline(always)]
fn forward_rows<const NR: usize, const FUSED: bool>(
    network: &Network,
    points: &[[f32; 2]],
    tile: &mut Tile,
    output: &mut [f32],
) {
    tile.resize(points.len(), network.inputs, network.activation);
    features(network, points, &mut tile.features);
    for index in 0..HIDDEN_LAYERS {
        let inputs = network.layer_inputs(index);
        let weights = &network.theta[network.layers[index]..];
        let (before, after) = tile.hidden.split_at_mut(index);
        let x: &[f32] = before.last().map_or(&tile.features, |hidden| bytemuck::cast_slice(hidden));
        forward::<NR, FUSED>(x, inputs, &weights[..inputs], &weights[inputs], &mut after[0]);
        match network.activation.leak() {
            Some(leak) => after[0].iter_mut().for_each(|row| relu(leak as f32, &mut row.0)),
            None => {
                for (z, slope) in after[0].iter_mut().zip(&mut tile.slope[index]) {
                    silu(&mut z.0, &mut slope.0);
                }
            }
        }
    }
    let weights = &network.theta[network.readout];
    let bias = network.theta[network.readout + 1].0[0];
    for (output, hidden) in output.iter_mut().zip(&tile.hidden[HIDDEN_LAYERS - 1]) {
        *output = bias + dot::<FUSED>(&hidden.0, &weights.0);
    }
}

#[inline(always)]
fn features(network: &Network, points: &[[f32; 2]], features: &mut [f32]) {
    let [along_x, along_y] = &network.frequencies;
    for (&[x, y], row) in points.iter().zip(features.chunks_exact_mut(network.inputs)) {
        let (plain, waves) = row.split_at_mut(2);
        plain.copy_from_slice(&[x, y].map(|c| INPUT_SCALE as f32 * c));
        let (sines, rest) = waves.split_at_mut(along_x.len());
        let cosines = &mut rest[..along_x.len()];
        for (((fx, fy), sine), cosine) in along_x.iter().zip(along_y).zip(sines).zip(cosines) {
            [*sine, *cosine] = sin_cos(fx * x + fy * y);
        }
    }
}

/// z becomes act(z). Not by `f32::max`: in WebAssembly that is a call of a function for each number.
#[inline(always)]
fn relu(leak: f32, z: &mut [f32; HIDDEN]) {
    z.iter_mut().for_each(|z| *z = if *z > 0.0 { *z } else { leak * *z });
}

/// z becomes act(z).
#[inline(always)]
fn silu(z: &mut [f32; HIDDEN], slope: &mut [f32; HIDDEN]) {
    for (z, slope) in z.iter_mut().zip(slope) {
        let sigmoid = 1.0 / (1.0 + exp(-*z));
        *slope = sigmoid * (1.0 + *z * (1.0 - sigmoid));
        *z *= sigmoid;
    }
}

/// Σ a b, in sixteen independent sums.
#[inline(always)]
fn dot<const FUSED: bool>(a: &[f32; HIDDEN], b: &[f32; HIDDEN]) -> f32 {
    let mut sums = [0.0f32; 16];
    for (a, b) in a.as_chunks::<16>().0.iter().zip(b.as_chunks::<16>().0) {
        for n in 0..16 {
            sums[n] = multiply_add::<FUSED>(a[n], b[n], sums[n]);
        }
    }
    sums.iter().sum()
}

#[inline(always)]
fn backward_rows<const NR: usize, const FUSED: bool>(
    network: &Network,
    tile: &Tile,
    cotangents: &mut Cotangents,
    d_output: &[f32],
    bias: bool,
    sums: &mut [Row],
) {
    let rows = d_output.len();
    cotangents.0.iter_mut().for_each(|d| d.resize(rows, Row::default()));
    let [d, d_before] = &mut cotangents.0;
    let (mut d, mut d_before) = (d, d_before);

    let weights = &network.theta[network.readout].0;
    let place = &mut sums[network.readout].0;
    for ((&d_output, hidden), d) in d_output.iter().zip(&tile.hidden[HIDDEN_LAYERS - 1]).zip(d.iter_mut()) {
        add::<HIDDEN, FUSED>(place, d_output, &hidden.0);
        d.0.iter_mut().zip(weights).for_each(|(d, w)| *d = d_output * w);
    }
    if bias {
        sums[network.readout + 1].0[0] += d_output.iter().sum::<f32>();
    }
    for index in (0..HIDDEN_LAYERS).rev() {
        slope_times(network.activation, &tile.hidden[index], &tile.slope[index], d);
        let inputs = network.layer_inputs(index);
        let places = &mut sums[network.layers[index]..];
        let x: &[f32] = if index == 0 { &tile.features } else { bytemuck::cast_slice(&tile.hidden[index - 1]) };
        gradient::<NR, FUSED>(x, inputs, d, &mut places[..inputs]);
        for d in d.iter() {
            places[inputs].0.iter_mut().zip(&d.0).for_each(|(sum, d)| *sum += d);
        }
        if index > 0 {
            let zero = Row::default();
            let weights = &network.transposed[index - 1];
            forward::<NR, FUSED>(bytemuck::cast_slice(d), HIDDEN, weights, &zero, d_before);
            std::mem::swap(&mut d, &mut d_before);
        }
    }
}

/// d becomes d act′(z).
#[inline(always)]
fn slope_times(activation: Activation, hidden: &[Row], slope: &[Row], d: &mut [Row]) {
    match activation.leak() {
        Some(leak) => {
            let leak = leak as f32;
            for (d, hidden) in d.iter_mut().zip(hidden) {
                d.0.iter_mut().zip(&hidden.0).for_each(|(d, h)| *d = if *h > 0.0 { *d } else { leak * *d });
            }
        }
        None => {
            for (d, slope) in d.iter_mut().zip(slope) {
                d.0.iter_mut().zip(&slope.0).for_each(|(d, s)| *d *= s);
            }
        }
    }
}
