//! Forward and backward pass of a potential network at many points.
//!
//! Symbols: R rows (points), I and O inputs and outputs of a layer. `features` (R, I), `hidden` and `slope` (R, 64) per
//! layer, where `slope` is the derivative of the activation; `d_x` is the cotangent of x, with the shape of x.

use crate::checkpoint::Parameters;
use crate::config::Activation;
use crate::gaussian::Quadratic;
use crate::network::{HIDDEN, HIDDEN_LAYERS, INPUT_SCALE, Layer, Shape};
use crate::numeric::Real;

/// Frequencies and weights of one network.
#[derive(Clone, Debug)]
pub struct Network<T> {
    /// Fixed frequencies of the Fourier features, radians per world unit.
    pub frequencies: Vec<[T; 2]>,
    /// All weights and biases as one vector, in the order of [`network`](crate::network).
    pub theta: Vec<T>,
}

/// Both networks, with what is needed to evaluate them.
#[derive(Clone, Copy, Debug)]
pub struct Networks<'a, T> {
    /// The layers, the same for both networks.
    pub shape: &'a Shape,
    /// Of the hidden layers.
    pub activation: Activation,
    /// φ and ψ.
    pub pair: [&'a Network<T>; 2],
}

impl<T: Real> Network<T> {
    /// The parameters, converted to `T`.
    pub fn new(parameters: &Parameters) -> Self {
        let of = |value: f32| T::of(f64::from(value));
        Self {
            frequencies: parameters.frequencies.iter().map(|f| f.map(of)).collect(),
            theta: parameters.theta.iter().copied().map(of).collect(),
        }
    }
}

/// What the forward pass keeps for the backward pass.
#[derive(Clone, Debug)]
pub struct Activations<T> {
    /// Inputs of the first layer, (R, I).
    pub features: Vec<T>,
    /// Outputs of each hidden layer, (R, 64).
    pub hidden: [Vec<T>; HIDDEN_LAYERS],
    /// Derivative of the activation in each hidden layer, (R, 64).
    pub slope: [Vec<T>; HIDDEN_LAYERS],
}

/// Potentials in nats at `points`: base + network.
pub fn forward<T: Real>(
    shape: &Shape,
    network: &Network<T>,
    activation: Activation,
    base: &Quadratic,
    points: &[[T; 2]],
) -> (Vec<T>, Activations<T>) {
    let features = features(shape, &network.frequencies, points);
    let mut hidden: [Vec<T>; HIDDEN_LAYERS] = Default::default();
    let mut slope: [Vec<T>; HIDDEN_LAYERS] = Default::default();
    for (index, layer) in shape.layers.iter().enumerate() {
        let input = if index == 0 { &features } else { &hidden[index - 1] };
        (hidden[index], slope[index]) = linear(layer, &network.theta, activation, input);
    }
    let output = readout(shape, &network.theta, base, points, &hidden[HIDDEN_LAYERS - 1]);
    (output, Activations { features, hidden, slope })
}

/// Gradient of Σ_r d_output_r · output_r with respect to `theta`; that of the output's bias is 0 unless `bias`.
pub fn backward<T: Real>(
    shape: &Shape,
    network: &Network<T>,
    activations: &Activations<T>,
    d_output: &[T],
    bias: bool,
) -> Vec<T> {
    let mut d_theta = vec![T::zero(); shape.len];
    add_backward(shape, network, activations, d_output, bias, &mut d_theta);
    d_theta
}

/// Adds that gradient to `d_theta`, row after row: the result has the same bits whether the rows are given in one call
/// or in several.
pub fn add_backward<T: Real>(
    shape: &Shape,
    network: &Network<T>,
    activations: &Activations<T>,
    d_output: &[T],
    bias: bool,
    d_theta: &mut [T],
) {
    let Activations { features, hidden, slope } = activations;
    readout_gradient(shape, &hidden[HIDDEN_LAYERS - 1], d_output, bias, d_theta);
    let mut d_linear = readout_backward(shape, &network.theta, d_output, &slope[HIDDEN_LAYERS - 1]);
    for (index, layer) in shape.layers.iter().enumerate().rev() {
        let input = if index == 0 { features } else { &hidden[index - 1] };
        gradient(layer, input, &d_linear, d_theta);
        if index > 0 {
            d_linear = linear_backward(layer, &network.theta, &d_linear, &slope[index - 1]);
        }
    }
}

/// 0.5 x, sin(f · x), cos(f · x), zeros.
pub fn features<T: Real>(shape: &Shape, frequencies: &[[T; 2]], points: &[[T; 2]]) -> Vec<T> {
    let mut features = Vec::with_capacity(points.len() * shape.inputs());
    for &[x, y] in points {
        let angles = || frequencies.iter().map(move |&[fx, fy]| fx * x + fy * y);
        features.extend([x, y].map(|c| T::of(INPUT_SCALE) * c));
        features.extend(angles().map(T::sin));
        features.extend(angles().map(T::cos));
        features.resize(features.len().next_multiple_of(shape.inputs()), T::zero());
    }
    features
}

/// z = x W + b; returns act(z) and act′(z).
pub fn linear<T: Real>(layer: &Layer, theta: &[T], activation: Activation, input: &[T]) -> (Vec<T>, Vec<T>) {
    let bias = &theta[layer.bias()..][..layer.outputs];
    let mut hidden = Vec::with_capacity(input.len() / layer.inputs * layer.outputs);
    let mut slope = Vec::with_capacity(hidden.capacity());
    let mut sums = vec![T::zero(); layer.outputs];
    for row in input.chunks_exact(layer.inputs) {
        sums.copy_from_slice(bias);
        for (&x, weights) in row.iter().zip(theta[layer.offset..].chunks_exact(layer.outputs)) {
            sums.iter_mut().zip(weights).for_each(|(sum, &w)| *sum += x * w);
        }
        for &z in &sums {
            let (value, derivative) = activate(activation, z);
            hidden.push(value);
            slope.push(derivative);
        }
    }
    (hidden, slope)
}

/// The activation and its derivative.
pub fn activate<T: Real>(activation: Activation, z: T) -> (T, T) {
    match activation.leak() {
        Some(_) if z > T::zero() => (z, T::one()),
        Some(leak) => (T::of(leak) * z, T::of(leak)),
        None => {
            let sigmoid = T::one() / (T::one() + (-z).exp());
            (z * sigmoid, sigmoid * (T::one() + z * (T::one() - sigmoid)))
        }
    }
}

/// base(x) + hidden · w + b.
pub fn readout<T: Real>(shape: &Shape, theta: &[T], base: &Quadratic, points: &[[T; 2]], hidden: &[T]) -> Vec<T> {
    let weights = &theta[shape.readout..][..HIDDEN];
    let bias = theta[shape.readout + HIDDEN];
    points
        .iter()
        .zip(hidden.chunks_exact(HIDDEN))
        .map(|(point, row)| {
            let base = T::of(base.at(point.map(|c| c.to_f64().expect("a float"))));
            base + bias + row.iter().zip(weights).map(|(&h, &w)| h * w).sum::<T>()
        })
        .collect()
}

/// d_z of the last hidden layer: d_output w act′(z).
pub fn readout_backward<T: Real>(shape: &Shape, theta: &[T], d_output: &[T], slope: &[T]) -> Vec<T> {
    let weights = &theta[shape.readout..][..HIDDEN];
    d_output
        .iter()
        .zip(slope.chunks_exact(HIDDEN))
        .flat_map(|(&d, row)| row.iter().zip(weights).map(move |(&s, &w)| d * w * s))
        .collect()
}

/// Adds Σ_r d_output_r (hidden_r, 1) to the output layer's part of `d_theta`; the last entry, the bias, only if `bias`.
pub fn readout_gradient<T: Real>(shape: &Shape, hidden: &[T], d_output: &[T], bias: bool, d_theta: &mut [T]) {
    for (&d, row) in d_output.iter().zip(hidden.chunks_exact(HIDDEN)) {
        let place = &mut d_theta[shape.readout..];
        place.iter_mut().zip(row).for_each(|(g, &h)| *g += d * h);
        if bias {
            place[HIDDEN] += d;
        }
    }
}

/// d_z of the layer before: (d_z Wᵀ) act′, with `slope` the act′ of the layer before.
pub fn linear_backward<T: Real>(layer: &Layer, theta: &[T], d_linear: &[T], slope: &[T]) -> Vec<T> {
    let mut result = Vec::with_capacity(slope.len());
    for (d, s) in d_linear.chunks_exact(layer.outputs).zip(slope.chunks_exact(layer.inputs)) {
        let weights = theta[layer.offset..].chunks_exact(layer.outputs);
        result.extend(weights.zip(s).map(|(w, &s)| s * w.iter().zip(d).map(|(&w, &d)| w * d).sum::<T>()));
    }
    result
}

/// Adds xᵀ d_z and Σ_r d_z to the layer's part of `d_theta`.
pub fn gradient<T: Real>(layer: &Layer, input: &[T], d_linear: &[T], d_theta: &mut [T]) {
    for (x, d) in input.chunks_exact(layer.inputs).zip(d_linear.chunks_exact(layer.outputs)) {
        for (&x, place) in x.iter().zip(d_theta[layer.offset..].chunks_exact_mut(layer.outputs)) {
            place.iter_mut().zip(d).for_each(|(g, &d)| *g += x * d);
        }
        d_theta[layer.bias()..].iter_mut().zip(d).for_each(|(g, &d)| *g += d);
    }
}
