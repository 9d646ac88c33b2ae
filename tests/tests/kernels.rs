//! Every kernel against its f64 twin, at sizes that are no multiple of a workgroup, tile or chunk.

use flowsketch_core::config::{Activation, Optimiser};
use flowsketch_core::exact::sinkhorn;
use flowsketch_core::gaussian::Quadratic;
use flowsketch_core::gpu::plan::{BOTH, Counts, DispatchSize, SUM_BLOCKS, groups_of_tile};
use flowsketch_core::gpu::potential::transposed;
use flowsketch_core::gpu::table::{COTANGENT_NODES, TRANSFORM_NODES};
use flowsketch_core::gpu::uniforms::{FlowTimeUniform, StageUniform, StepUniform};
use flowsketch_core::gpu::variant::{TileRows, Variant, WeightPrecision};
use flowsketch_core::heat::log_domain;
use flowsketch_core::lattice::{Lattice, SOURCE_MASK, TARGET_MASK};
use flowsketch_core::measure::Target;
use flowsketch_core::monte_carlo::MonteCarlo;
use flowsketch_core::network::{HIDDEN, Layer, Shape, Side};
use flowsketch_core::numeric::{LOG_ZERO, log_normal};
use flowsketch_core::quadrature::{Nodes, Quadrature};
use flowsketch_core::reference::optimiser::OptimiserState;
use flowsketch_core::reference::{self, monte_carlo, potential};
use flowsketch_core::step_sampler::{Points, StepInputs, Update};
use flowsketch_core::transform;
use flowsketch_tests::compare::assert_close;
use flowsketch_tests::device::{gpu, offers};
use flowsketch_tests::kernel::{Buffer, run, run_variant};
use flowsketch_tests::run::VARIANTS;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// Relative rounding error of a sum of some hundred products in f32.
const ROUNDING: f64 = 2e-6;

/// Numbers in [−1, 1].
fn noise(seed: u64, len: usize) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..len).map(|_| f64::from((2.0 * rng.random::<f64>() - 1.0) as f32)).collect()
}

fn single(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&v| v as f32).collect()
}

fn input(values: &[f64]) -> Buffer {
    Buffer::Input(single(values))
}

/// 13 points of a batch, 11 × 11 nodes, 9 × 9 target points: 134 rows for φ, 81 for ψ.
fn quadrature() -> Quadrature {
    quadrature_of(13, 11, 9)
}

/// `batch` points, and lattices of `source` and `target` points per axis; densities between 1/400 and 1/20 per unit
/// area.
fn quadrature_of(batch: usize, source: usize, target: usize) -> Quadrature {
    let points = single(&noise(1, 2 * batch));
    let densities = noise(4, batch).into_iter().map(|v| (v - 4.5).exp() as f32);
    let batch = points.chunks(2).map(|x| [4.0 * x[0], 4.0 * x[1]]).zip(densities).collect();
    let log_density = |x: [f64; 2]| 1.5 * (2.0 * x[0]).sin() * x[1].cos() - 4.5;
    let source = Nodes::new(batch, Lattice::shifted(SOURCE_MASK, source, [0.25, 0.625]), log_density);
    let target = Nodes::new(vec![], Lattice::shifted(TARGET_MASK, target, [0.7, 0.1]), log_normal);
    Quadrature::new(source, target, 0.3, Target::Normal.log_floor())
}

/// What the kernels read for the source's nodes: log(a_i / 2πε) and the share of p_D.
fn shares_of(points: &Quadrature) -> Buffer {
    let shares = transform::log_shares(&points.source, step().epsilon).zip(points.source.weights());
    Buffer::Input(shares.flat_map(|(share, weight)| [share as f32, weight as f32]).collect())
}

fn step() -> StepInputs {
    let quadratic = |a: f64| Quadratic { curvature: [a, 0.3, 0.7], slope: [0.2, -a], constant: 0.5 * a };
    StepInputs {
        epsilon: 0.9,
        base: [quadratic(-0.4), quadratic(0.25)],
        update: Update {
            optimiser: Optimiser::Adam,
            learning_rate: 3e-3,
            bias_corrections: [2.5, 7.0],
            betas: [0.9, 0.99],
            average_decay: 0.75,
        },
        points: Points::Quadrature(quadrature()),
    }
}

fn counts() -> Counts {
    Counts::of_step(&step().points)
}

fn invocations(extent: DispatchSize) -> u32 {
    extent.invocations(&counts())
}

fn step_uniform() -> StepUniform {
    StepUniform::new(&step(), 0)
}

fn points(side: Side) -> Vec<[f64; 2]> {
    let step = quadrature();
    match side {
        Side::Phi => step.source.points().collect(),
        Side::Psi => step.target.points().collect(),
    }
}

fn shape() -> Shape {
    Shape::new(5)
}

fn stage(side: Side) -> StageUniform {
    StageUniform { side: side as u32, parameters: shape().len as u32, ..Default::default() }
}

const SIDES: [Side; 2] = [Side::Phi, Side::Psi];

#[test]
fn points_of_rows() {
    for side in SIDES {
        let batch: Vec<f32> = quadrature().source.batch.concat();
        let expected: Vec<f64> = points(side).concat();
        let buffers = vec![Buffer::Input(batch), Buffer::Output(expected.len())];
        let outputs =
            run("points_of_rows", stage(side), step_uniform(), buffers, invocations(DispatchSize::Rows(side, 1)));
        assert_close("points", &outputs[0], &expected, ROUNDING);
    }
}

#[test]
fn features() {
    let shape = shape();
    let frequencies: Vec<[f64; 2]> = noise(2, 20).chunks(2).map(|f| [3.0 * f[0], 3.0 * f[1]]).collect();
    for side in SIDES {
        let points = points(side);
        let expected = potential::features(&shape, &frequencies[5 * side as usize..][..5], &points);
        let stage = StageUniform { inputs: shape.inputs() as u32, features: 5, ..stage(side) };
        let buffers = vec![input(&points.concat()), input(&frequencies.concat()), Buffer::Output(expected.len())];
        let extent = DispatchSize::Rows(side, shape.fourier_features as u32 + 1);
        let outputs = run("features_of_points", stage, step_uniform(), buffers, invocations(extent));
        assert_close("features", &outputs[0], &expected, 1e-5);
    }
}

/// A layer of 12 inputs and 64 outputs that does not begin at the start of theta.
const LAYER: Layer = Layer { inputs: 12, outputs: HIDDEN, offset: 8 };

fn layer_stage(side: Side, activation: Activation) -> StageUniform {
    StageUniform {
        inputs: LAYER.inputs as u32,
        outputs: LAYER.outputs as u32,
        offset: LAYER.offset as u32,
        activation: activation.code(),
        ..stage(side)
    }
}

#[test]
fn linear() {
    let theta = noise(3, LAYER.bias() + LAYER.outputs);
    let relus = [Activation::Relu, Activation::LeakyRelu].map(|activation| (Side::Phi, activation));
    for (side, activation) in relus.into_iter().chain([(Side::Psi, Activation::Silu)]) {
        let rows = points(side).len();
        let x = noise(4, rows * LAYER.inputs);
        let (hidden, slope) = potential::linear(&LAYER, &theta, activation, &x);
        let stage = layer_stage(side, activation);
        let buffers = vec![input(&theta), input(&x), Buffer::Output(hidden.len())];
        let extent = DispatchSize::Tiles(side, LAYER.outputs as u32 / 16);
        let mut outputs = run("linear", stage, step_uniform(), buffers, invocations(extent));
        if activation == Activation::Silu {
            let buffers = vec![Buffer::Update(outputs.remove(0)), Buffer::Output(slope.len())];
            let extent = DispatchSize::Rows(side, LAYER.outputs as u32 / 4);
            outputs = run("silu", stage, step_uniform(), buffers, invocations(extent));
            assert_close("slope", &outputs[1], &slope, ROUNDING);
        }
        assert_close("hidden", &outputs[0], &hidden, ROUNDING);
    }
}

/// Hidden units and the slopes of the activation. Except for SiLU, the backward pass needs only the units.
fn slopes(activation: Activation, seed: u64, len: usize) -> (Vec<f64>, Vec<f64>) {
    let (values, slopes) = noise(seed, len).into_iter().map(|z| potential::activate(activation, z)).unzip();
    (values, slopes)
}

#[test]
fn linear_backward() {
    let theta = noise(5, LAYER.bias() + LAYER.outputs);
    let relus = [Activation::Relu, Activation::LeakyRelu].map(|activation| (Side::Psi, activation));
    for (side, activation) in relus.into_iter().chain([(Side::Phi, Activation::Silu)]) {
        let rows = points(side).len();
        let d_linear = noise(6, rows * LAYER.outputs);
        let (hidden, slope) = slopes(activation, 7, rows * LAYER.inputs);
        let expected = potential::linear_backward(&LAYER, &theta, &d_linear, &slope);
        let told = if activation.leak().is_some() { &hidden } else { &slope };
        let buffers = vec![input(&theta), input(&d_linear), input(told), Buffer::Output(expected.len())];
        let extent = DispatchSize::Tiles(side, LAYER.inputs.div_ceil(16) as u32);
        let stage = layer_stage(side, activation);
        let outputs = run("linear_backward", stage, step_uniform(), buffers, invocations(extent));
        assert_close("d_input", &outputs[0], &expected, ROUNDING);
    }
}

/// Partial sums are reduced by the next kernel, so the two are tested together.
fn reduced(side: Side, shape: &Shape, partials: &[f32]) -> Vec<f32> {
    let stage = StageUniform { side: side as u32, parameters: shape.len as u32, ..Default::default() };
    let buffers = vec![Buffer::Input(partials.to_vec()), Buffer::Output(shape.len)];
    run("reduce", stage, step_uniform(), buffers, shape.len as u32 / 4).remove(0)
}

#[test]
fn gradients_of_layers() {
    // The one layer is all of theta here, so that every partial sum is written.
    let layer = Layer { offset: 0, ..LAYER };
    let shape = Shape { len: layer.bias() + layer.outputs, ..shape() };
    for side in SIDES {
        let rows = points(side).len();
        let (x, d_linear) = (noise(8, rows * layer.inputs), noise(9, rows * layer.outputs));
        let mut expected = vec![0.0; shape.len];
        potential::gradient(&layer, &x, &d_linear, &mut expected);
        let stage = StageUniform { offset: 0, parameters: shape.len as u32, ..layer_stage(side, Activation::Relu) };
        let chunks = DispatchSize::Chunks(side, 1).invocations(&counts()) as usize;
        let buffers = vec![input(&x), input(&d_linear), Buffer::Output(chunks * shape.len)];
        let tiles = (layer.inputs.div_ceil(16) * (layer.outputs / 16)) as u32;
        let outputs = run("gradient", stage, step_uniform(), buffers, invocations(DispatchSize::Chunks(side, tiles)));
        assert_close("d_theta of a layer", &reduced(side, &shape, &outputs[0]), &expected, ROUNDING);
    }
}

#[test]
fn readout() {
    let shape = shape();
    let theta = noise(10, shape.len);
    for side in SIDES {
        let points = points(side);
        let hidden = noise(11, points.len() * HIDDEN);
        let expected = potential::readout(&shape, &theta, &step().base[side as usize], &points, &hidden);
        let stage = StageUniform { inputs: HIDDEN as u32, offset: shape.readout as u32, ..stage(side) };
        let buffers = vec![input(&theta), input(&points.concat()), input(&hidden), Buffer::Output(points.len())];
        let outputs = run("readout", stage, step_uniform(), buffers, invocations(DispatchSize::Rows(side, 1)));
        assert_close("output", &outputs[0], &expected, ROUNDING);
    }
}

#[test]
fn readout_backward() {
    // Only the output layer, so that every partial sum is written.
    let shape = Shape { readout: 0, len: HIDDEN + 4, ..shape() };
    let theta = noise(12, shape.len);
    for (side, activation) in [(Side::Phi, Activation::LeakyRelu), (Side::Psi, Activation::Silu)] {
        let rows = points(side).len();
        let d_output = noise(15, rows);
        let (hidden, slope) = slopes(activation, 13, rows * HIDDEN);
        let expected = potential::readout_backward(&shape, &theta, &d_output, &slope);
        let mut d_theta = vec![0.0; shape.len];
        potential::readout_gradient(&shape, &hidden, &d_output, side == Side::Psi, &mut d_theta);
        let stage = StageUniform {
            inputs: HIDDEN as u32,
            activation: activation.code(),
            parameters: shape.len as u32,
            ..stage(side)
        };
        let told = if activation.leak().is_some() { &hidden } else { &slope };
        let chunks = DispatchSize::Chunks(side, 1).invocations(&counts()) as usize;
        let outputs = [expected.len(), chunks * shape.len].map(Buffer::Output);
        let buffers = [&theta, &d_output, &hidden, told].map(|v| input(v)).into_iter().chain(outputs).collect();
        let extent = DispatchSize::Chunks(side, HIDDEN as u32 / 4);
        let outputs = run("readout_backward", stage, step_uniform(), buffers, invocations(extent));
        assert_close("d_linear", &outputs[0], &expected, ROUNDING);
        assert_close("d_theta of the output layer", &reduced(side, &shape, &outputs[1]), &d_theta, ROUNDING);
    }
}

#[test]
fn adam() {
    let (d_theta, mut theta) = (noise(16, 132), noise(17, 132));
    let square = noise(18, 132).iter().map(|v| v * v).collect();
    let mut twin = OptimiserState { first_moment: noise(19, 132), second_moment: square, average: noise(20, 132) };
    let before = [&theta, &twin.first_moment, &twin.second_moment, &twin.average].map(|v| Buffer::Update(single(v)));
    twin.step(&step().update, &mut theta, &d_theta);
    let buffers = std::iter::once(input(&d_theta)).chain(before).collect();
    let stage = StageUniform { parameters: 132, ..Default::default() };
    let outputs = run("adam", stage, step_uniform(), buffers, 33);
    assert_close("theta", &outputs[0], &theta, ROUNDING);
    assert_close("first moment", &outputs[1], &twin.first_moment, ROUNDING);
    assert_close("second moment", &outputs[2], &twin.second_moment, ROUNDING);
    assert_close("average", &outputs[3], &twin.average, ROUNDING);
}

/// Potentials as large as those at small ε.
fn nats(seed: u64, len: usize) -> Vec<f64> {
    noise(seed, len).iter().map(|v| f64::from((30.0 * v) as f32)).collect()
}

/// Lattices with more nodes along an axis than a workgroup has invocations.
#[test]
fn heat() {
    for points in [quadrature(), quadrature_of(13, 130, 67)] {
        let inputs = StepInputs { points: Points::Quadrature(points.clone()), ..step() };
        let (uniform, counts) = (StepUniform::new(&inputs, 0), Counts::of_step(&inputs.points));
        let (Nodes { batch, lattice: source, .. }, target) = (&points.source, &points.target.lattice);
        let u = nats(22, points.source.len());
        let log_heat = log_domain::log_heat(&u[batch.len()..], source, target, inputs.epsilon);
        // An extra workgroup must do nothing.
        let lines = DispatchSize::Lines(Side::Psi).invocations(&counts) + 1;
        let buffers = vec![input(&u), Buffer::Output(target.len())];
        let outputs = run("heat", Default::default(), uniform, buffers, lines);
        assert_close("log heat", &outputs[0], &log_heat, ROUNDING);
    }
}

#[test]
fn transform_and_cotangent_phi() {
    // Fewer nodes than a workgroup takes, and more than all workgroups of a dispatch take at once.
    for points in [quadrature_of(3, 4, 2), quadrature(), quadrature_of(200, 33, 21)] {
        let inputs = StepInputs { points: Points::Quadrature(points.clone()), ..step() };
        let (uniform, counts) = (StepUniform::new(&inputs, 0), Counts::of_step(&inputs.points));
        let (nodes, targets) = (points.source.len(), points.target.len());
        let batch = || Buffer::Input(points.source.batch.concat());
        // An extra workgroup must do nothing.
        let groups = |side, rows| DispatchSize::Groups(side, rows).invocations(&counts) + 1;
        let terms = single(&vec![0.25; nodes + targets]);

        let u = nats(22, nodes);
        let log_heat = reference::transform::log_heat_of_nodes(&points, inputs.epsilon, &u);
        let expected = transform::transform(&points, &log_heat);
        let outputs = [targets, targets].map(Buffer::Output).into_iter().chain([Buffer::Update(terms.clone())]);
        let buffers = [input(&u), batch(), shares_of(&points)].into_iter().chain(outputs).collect();
        let outputs = run("transform", Default::default(), uniform, buffers, groups(Side::Psi, TRANSFORM_NODES));
        assert_close("ratio", &outputs[0], &expected.ratio, ROUNDING);
        assert_close("regression target", &outputs[1], &expected.regression_target, ROUNDING);
        assert_close("dual terms", &outputs[2][nodes..], &expected.dual, 1e-5);
        assert!(outputs[2][..nodes].iter().all(|&v| v == 0.25), "transform touched the source's terms");

        // Potentials for which no exponent is above 0, as L makes them.
        let u = noise(24, nodes);
        let ratio =
            transform::transform(&points, &reference::transform::log_heat_of_nodes(&points, inputs.epsilon, &u)).ratio;
        let d_u = reference::transform::cotangent_phi(&points, inputs.epsilon, &u, &ratio);
        let dual = reference::transform::dual_of_source(&points, &u);
        let inputs = [input(&ratio), input(&u), batch(), shares_of(&points)];
        let buffers = inputs.into_iter().chain([Buffer::Output(nodes), Buffer::Update(terms)]).collect();
        let outputs = run("cotangent_phi", Default::default(), uniform, buffers, groups(Side::Phi, COTANGENT_NODES));
        // A cotangent is a difference of two terms of the size of the shares of p_D; the error in f32 is relative to
        // that size. So the share is added before the comparison.
        let shares: Vec<f64> = points.source.weights().collect();
        let masses: Vec<f64> = outputs[0].iter().zip(&shares).map(|(&d, share)| f64::from(d) + share).collect();
        let expected: Vec<f64> = d_u.iter().zip(&shares).map(|(d, share)| d + share).collect();
        assert_close("masses", &masses, &expected, 5.0 * ROUNDING);
        assert_close("dual terms of the source", &outputs[1][..nodes], &dual, ROUNDING);
        assert!(outputs[1][nodes..].iter().all(|&v| v == 0.25), "cotangent_phi touched the target's terms");
    }
}

#[test]
fn cotangent_psi() {
    let (step, targets) = (quadrature(), quadrature().target.len());
    let (w, regression_target) = (nats(26, targets), nats(27, targets));
    let (d_w, regression) = reference::transform::cotangent_psi(&step, &w, &regression_target);
    let buffers = vec![input(&w), input(&regression_target), Buffer::Output(targets), Buffer::Output(targets)];
    let extent = DispatchSize::Rows(Side::Psi, 1);
    let outputs = run("cotangent_psi", Default::default(), step_uniform(), buffers, invocations(extent));
    assert_close("d_w", &outputs[0], &d_w, 1e-5);
    assert_close("regression terms", &outputs[1], &regression, 1e-5);
}

/// 13 points of each batch, with 9 draws each: 130 rows.
fn monte_carlo_step() -> MonteCarlo {
    monte_carlo_step_of(9)
}

fn monte_carlo_step_of(draws: usize) -> MonteCarlo {
    let batch = |seed| single(&noise(seed, 26)).chunks(2).map(|x| [4.0 * x[0], 4.0 * x[1]]).collect();
    MonteCarlo {
        batches: [batch(34), batch(35)],
        log_densities: [36, 37].map(|seed| single(&noise(seed, 13)).iter().map(|v| v - 3.0).collect()),
        draws,
        seed: [0xdead_beef, 0x0bad_cafe],
        penalty: 0.3,
    }
}

/// The inputs of such a step in slot 1; the batches or densities of slot 0 are NaN, because they must not be read.
fn monte_carlo_uniform() -> StepUniform {
    monte_carlo_uniform_of(monte_carlo_step())
}

fn monte_carlo_uniform_of(points: MonteCarlo) -> StepUniform {
    StepUniform::new(&StepInputs { points: Points::MonteCarlo(points), ..step() }, 1)
}

fn in_slot_1(values: Vec<f32>) -> Buffer {
    Buffer::Input([vec![f32::NAN; values.len()], values].concat())
}

#[test]
fn points_of_draws() {
    let points = monte_carlo_step();
    for side in SIDES {
        let expected = monte_carlo::points_of_draws::<f64>(&points, side, step().epsilon).concat();
        let batches = in_slot_1(points.batches.concat().concat());
        let buffers = vec![batches, Buffer::Output(expected.len())];
        let size = points.rows() as u32;
        let outputs = run("points_of_draws", stage(side), monte_carlo_uniform(), buffers, size);
        // WGSL requires sines and cosines to 2⁻¹¹; adapters are more accurate.
        assert_close("draws", &outputs[0], &expected, 1e-5);
    }
}

#[test]
fn cotangent_monte_carlo() {
    let points = monte_carlo_step();
    for side in SIDES {
        let (output, other) = (nats(38, points.rows()), nats(39, points.batch()));
        let (d_output, terms) = monte_carlo::cotangent_monte_carlo(&points, side, step().epsilon, &output, &other);
        let densities = in_slot_1(points.log_densities.concat());
        let buffers =
            vec![input(&output), input(&other), densities, Buffer::Output(d_output.len()), Buffer::Output(terms.len())];
        let size = points.batch() as u32;
        let outputs = run("cotangent_monte_carlo", stage(side), monte_carlo_uniform(), buffers, size);
        assert_close("d_output", &outputs[0], &d_output, 1e-5);
        assert_close("terms", &outputs[1], &terms, ROUNDING);
    }
}

/// An optional path, with groups of draws smaller than a subgroup and larger than one.
#[test]
fn cotangent_by_subgroups() {
    if !offers("subgroups", gpu().capabilities.subgroups) {
        return;
    }
    for (side, draws) in SIDES.into_iter().flat_map(|side| [9, 100].map(|draws| (side, draws))) {
        let points = monte_carlo_step_of(draws);
        let (output, other) = (nats(38, points.rows()), nats(39, points.batch()));
        let (d_output, terms) = monte_carlo::cotangent_monte_carlo(&points, side, step().epsilon, &output, &other);
        let uniform = monte_carlo_uniform_of(points.clone());
        // One workgroup that processes all points in turn, and as many workgroups as there are points.
        for size in [1, 64 * points.batch() as u32] {
            let densities = in_slot_1(points.log_densities.concat());
            let outputs = [d_output.len(), terms.len()].map(Buffer::Output);
            let buffers = [input(&output), input(&other), densities].into_iter().chain(outputs).collect();
            let outputs = run("cotangent_subgroups", stage(side), uniform, buffers, size);
            assert_close("d_output", &outputs[0], &d_output, 1e-5);
            assert_close("terms", &outputs[1], &terms, ROUNDING);
        }
    }
}

#[test]
fn monte_carlo_has_its_own_rows_and_terms_and_trains_both_biases() {
    let shape = Shape { readout: 0, len: HIDDEN + 4, ..shape() };
    let rows = monte_carlo_step().rows();
    let counts = Counts::of_step(&Points::MonteCarlo(monte_carlo_step()));
    let (theta, hidden, d_output) = (noise(12, shape.len), noise(40, rows * HIDDEN), noise(41, rows));
    let mut expected = vec![0.0; shape.len];
    potential::readout_gradient(&shape, &hidden, &d_output, true, &mut expected);
    for side in SIDES {
        assert_eq!(counts.rows(side) as usize, rows);
        let stage = StageUniform { inputs: HIDDEN as u32, parameters: shape.len as u32, ..stage(side) };
        let chunks = DispatchSize::Chunks(side, 1).invocations(&counts) as usize;
        let outputs = [hidden.len(), chunks * shape.len].map(Buffer::Output);
        let inputs = [&theta, &d_output, &hidden, &hidden].map(|v| input(v));
        let buffers = inputs.into_iter().chain(outputs).collect();
        let size = DispatchSize::Chunks(side, HIDDEN as u32 / 4).invocations(&counts);
        let partials = run("readout_backward", stage, monte_carlo_uniform(), buffers, size).remove(1);
        let buffers = vec![Buffer::Input(partials), Buffer::Output(shape.len)];
        let d_theta = run("reduce", stage, monte_carlo_uniform(), buffers, shape.len as u32 / 4).remove(0);
        assert_close("d_theta of the output layer", &d_theta, &expected, ROUNDING);

        let terms: Vec<f64> = noise(42, 60).into_iter().map(f64::abs).collect();
        let buffers = vec![input(&terms), Buffer::Output(SUM_BLOCKS as usize)];
        let blocks = run("sum_blocks", stage, monte_carlo_uniform(), buffers, SUM_BLOCKS).remove(0);
        assert_close("sum", &[blocks.iter().sum::<f32>()], &[terms[..26].iter().sum::<f64>()], ROUNDING);
    }
    // Dispatches on the rows of the batch only.
    assert_eq!(DispatchSize::Rows(Side::Phi, 3).on_batch().invocations(&counts), 39);
    assert_eq!(DispatchSize::Tiles(Side::Psi, 16).on_batch().invocations(&counts), 16);
}

#[test]
fn sgd() {
    let (d_theta, mut theta) = (noise(43, 132), noise(44, 132));
    let mut twin =
        OptimiserState { first_moment: vec![0.0; 132], second_moment: vec![0.0; 132], average: noise(45, 132) };
    let before = [&theta, &twin.average].map(|v| Buffer::Update(single(v)));
    twin.step(&Update { optimiser: Optimiser::Sgd, ..step().update }, &mut theta, &d_theta);
    let buffers = std::iter::once(input(&d_theta)).chain(before).collect();
    let stage = StageUniform { parameters: 132, ..Default::default() };
    let outputs = run("sgd", stage, step_uniform(), buffers, 33);
    assert_close("theta", &outputs[0], &theta, ROUNDING);
    assert_close("average", &outputs[1], &twin.average, ROUNDING);
}

#[test]
fn sums_of_losses() {
    // More terms than the first stage has invocations.
    let large = StepUniform { batch: 13, target_count: 67, ..step_uniform() };
    let slot = 3;
    for (side, count) in [(Side::Phi, 13 + 11 * 11 + 67 * 67), (Side::Psi, 67 * 67)] {
        // Terms of one sign: where terms cancel, the relative rounding error has no bound.
        let terms: Vec<f64> = noise(28, 13 + 11 * 11 + 67 * 67).into_iter().map(f64::abs).collect();
        let expected: f64 = terms[..count].iter().sum();
        let buffers = vec![input(&terms), Buffer::Output(SUM_BLOCKS as usize)];
        let blocks = run("sum_blocks", stage(side), large, buffers, SUM_BLOCKS).remove(0);
        let losses = Buffer::Update(vec![0.0; 8]);
        let uniform = StepUniform { slot, ..large };
        let losses = run("sum_total", stage(side), uniform, vec![Buffer::Input(blocks), losses], 1).remove(0);
        let place = 2 * slot as usize + side as usize;
        assert_close("sum", &losses[place..=place], &[expected], ROUNDING);
        let others = losses.iter().enumerate().filter(|&(i, &v)| i != place && v != 0.0).count();
        assert_eq!(others, 0, "another step's loss was written");
    }
}

/// 37 × 37 cells of the masked box: no multiple of a workgroup.
fn flow_lattice() -> Lattice {
    Lattice::centred(SOURCE_MASK, 37)
}

#[test]
fn masked_transform() {
    let lattice = flow_lattice();
    let log_heat = nats(29, lattice.len());
    let expected = transform::masked_transform(&Target::Normal, &lattice, &log_heat);
    let uniform = StepUniform::tabulation(&step().base, &lattice, 0.9);
    let buffers = vec![input(&log_heat), Buffer::Output(lattice.len())];
    let outputs = run("masked_transform", Default::default(), uniform, buffers, lattice.len() as u32);
    let masked = |values: Vec<f64>| values.into_iter().map(|v| v < -1e29).collect::<Vec<_>>();
    let kept = |values: Vec<f64>| values.into_iter().filter(|v| *v > -1e29).collect::<Vec<_>>();
    let double: Vec<f64> = outputs[0].iter().map(|&v| f64::from(v)).collect();
    assert_eq!(masked(double.clone()), masked(expected.clone()));
    assert_close("w", &kept(double), &kept(expected), ROUNDING);
}

#[test]
fn heat_with_gradient_and_flow() {
    // The second has more nodes along an axis than a workgroup has invocations.
    [flow_lattice(), Lattice::centred(SOURCE_MASK, 70)].into_iter().for_each(heat_with_gradient_and_flow_on);
}

fn heat_with_gradient_and_flow_on(lattice: Lattice) {
    let smooth = |k: f64| -> Vec<f64> {
        lattice.points().map(|[x, y]| f64::from((6.0 * (k * x).sin() * (0.7 * y).cos() - 0.3 * x * x) as f32)).collect()
    };
    let (u, w) = (smooth(0.9), smooth(-0.6));
    let epsilon = 0.9;
    let lines = lattice.count as u32 + 1;
    // t = 0.001 and 0.999 have a variance below that of a cell.
    for t in [0.0, 0.001, 0.25, 0.5, 0.999, 1.0] {
        let moment = FlowTimeUniform::new(&lattice, epsilon, t);
        let heated =
            [(Side::Phi, &u, t * epsilon), (Side::Psi, &w, (1.0 - t) * epsilon)].map(|(side, field, variance)| {
                let stage = StageUniform { side: side as u32, ..Default::default() };
                let buffers = vec![input(field), Buffer::Output(4 * lattice.len())];
                let result = run("heat_gradient", stage, moment, buffers, lines).remove(0);
                let expected = log_domain::log_heat_gradient(field, &lattice, variance);
                for (component, what) in ["heat", "heat, along x", "heat, along y"].into_iter().enumerate() {
                    let values: Vec<f32> = result.chunks(4).map(|v| v[component]).collect();
                    let expected: Vec<f64> = expected.iter().map(|v| v[component]).collect();
                    assert_close(what, &values, &expected, 2e-5);
                }
                result
            });
        let buffers = heated.into_iter().map(Buffer::Input).chain([Buffer::Output(4 * lattice.len())]).collect();
        let result = run("flow_of_potentials", Default::default(), moment, buffers, lattice.len() as u32).remove(0);
        let expected = reference::flow::flow(&u, &w, &lattice, epsilon, t);
        for (component, what) in ["log rho", "v_x", "v_y"].into_iter().enumerate() {
            let values: Vec<f32> = result.chunks(4).map(|v| v[component]).collect();
            let expected: Vec<f64> = expected.iter().map(|v| v[component]).collect();
            assert_close(what, &values, &expected, 1e-4);
        }
    }
}

#[test]
fn half_sweep() {
    let rows = points(Side::Psi).len();
    let log_heat = noise(31, rows);
    let log_density: Vec<f64> = noise(32, rows).iter().map(|&v| if v < -0.5 { LOG_ZERO } else { v }).collect();
    let expected = sinkhorn::half_sweep(&log_density, &log_heat);
    let buffers = vec![input(&log_density), input(&log_heat), Buffer::Output(rows)];
    let outputs =
        run("half_sweep", stage(Side::Psi), step_uniform(), buffers, invocations(DispatchSize::Rows(Side::Psi, 1)));
    // Finite where there is mass, log 0 elsewhere.
    for (value, expected) in outputs[0].iter().zip(&expected) {
        assert!((f64::from(*value) - expected).abs() <= 1e-6 * expected.abs().max(1.0), "{value} is not {expected}");
    }
}

#[test]
fn mask() {
    let lattice = quadrature().target.lattice;
    let field = noise(33, lattice.len());
    let expected: Vec<f64> =
        lattice.points().zip(&field).map(|(y, &v)| if y[0].hypot(y[1]) < 4.8 { v } else { LOG_ZERO }).collect();
    let buffers = vec![input(&field), Buffer::Output(field.len())];
    let outputs = run("mask", stage(Side::Psi), step_uniform(), buffers, invocations(DispatchSize::Rows(Side::Psi, 1)));
    assert_close("mask", &outputs[0], &expected, 1e-6);
    let masked = expected.iter().filter(|&&v| v < -1e29).count();
    assert!((5..40).contains(&masked), "{masked} of 81 are masked");
}

/// Two networks for the fused kernels, with their shape and activation.
struct Fused {
    shape: Shape,
    networks: [potential::Network<f64>; 2],
    activation: Activation,
}

/// Networks with one block of inputs and with two. ReLU is tested by steps of the paper's recipe.
fn fused() -> [Fused; 2] {
    [(5, Activation::LeakyRelu), (40, Activation::Silu)].map(|(fourier_features, activation)| {
        let shape = Shape::new(fourier_features);
        let networks = [46, 47].map(|seed| {
            let frequencies = noise(seed, 2 * fourier_features).chunks(2).map(|f| [2.0 * f[0], 2.0 * f[1]]).collect();
            // Weights of the size of initial weights.
            let theta = noise(seed + 10, shape.len).iter().map(|v| f64::from((0.2 * v) as f32)).collect();
            potential::Network { frequencies, theta }
        });
        Fused { shape, networks, activation }
    })
}

fn fused_in(variants: &[Variant]) -> Vec<(std::rc::Rc<Fused>, Variant)> {
    let fused = fused().map(std::rc::Rc::new);
    fused.iter().flat_map(|fused| variants.iter().map(|&variant| (fused.clone(), variant))).collect()
}

/// The values as f16, two of them in each f32.
fn packed(values: &[f32]) -> Vec<f32> {
    let half: Vec<u16> = values.iter().map(|&v| half::f16::from_f32(v).to_bits()).collect();
    bytemuck::cast_slice(&half).to_vec()
}

impl Fused {
    fn stage(&self, side: u32, variant: Variant) -> StageUniform {
        StageUniform {
            side,
            inputs: self.shape.inputs() as u32,
            features: self.shape.fourier_features as u32,
            activation: self.activation.code(),
            parameters: self.shape.len as u32,
            tile_rows: variant.rows.count(),
            ..Default::default()
        }
    }

    fn theta(&self) -> Vec<f64> {
        self.networks.each_ref().map(|network| network.theta.clone()).concat()
    }

    fn transposed(&self, theta: &[f32], variant: Variant) -> Vec<f32> {
        let copies: Vec<f32> = theta.chunks(self.shape.len).flat_map(|theta| transposed(&self.shape, theta)).collect();
        if variant.copies == WeightPrecision::Half { packed(&copies) } else { copies }
    }

    /// The first buffers of every kernel of a backward pass.
    fn before_the_batch(&self, variant: Variant) -> [Buffer; 2] {
        let copies = self.transposed(&single(&self.theta()), variant);
        [input(&self.theta()), Buffer::Input(copies)]
    }

    fn frequencies(&self) -> Buffer {
        input(&self.networks.each_ref().map(|network| network.frequencies.concat()).concat())
    }

    fn forward(&self, side: Side, points: &[[f64; 2]]) -> (Vec<f64>, potential::Activations<f64>) {
        let network = &self.networks[side as usize];
        potential::forward(&self.shape, network, self.activation, &step().base[side as usize], points)
    }

    fn backward(&self, side: Side, points: &[[f64; 2]], d_output: &[f64], bias: bool) -> Vec<f64> {
        let activations = self.forward(side, points).1;
        potential::backward(&self.shape, &self.networks[side as usize], &activations, d_output, bias)
    }

    /// Gradient and loss of each of these sides from partial gradients, by an update of plain descent, which is checked
    /// too.
    fn updated(
        &self,
        sides: &[Side],
        variant: Variant,
        uniform: StepUniform,
        partials: Vec<f32>,
    ) -> Vec<(Vec<f32>, f32)> {
        let (len, uniform) = (self.shape.len, StepUniform { slot: 1, ..uniform });
        let (before, average, other) = (single(&self.theta()), noise(48, 2 * len), single(&noise(58, 2 * len)));
        let copies_before = self.transposed(&other, variant);
        let buffers = vec![
            Buffer::Input(partials),
            Buffer::Update(vec![0.25; 4]),
            Buffer::Update(other.clone()),
            Buffer::Update(before.clone()),
            Buffer::Update(single(&average)),
            Buffer::Update(copies_before.clone()),
        ];
        let stage = self.stage(stage_side(sides), variant);
        let size = (sides.len() * len) as u32 / 4;
        let [losses, d_theta, theta, new_average, copies] =
            run_variant(variant, "update_sgd", stage, uniform, buffers, size).try_into().expect("five outputs");
        let new_copies = self.transposed(&theta, variant);
        let mut found = vec![];
        for side in SIDES {
            let [part, copied] = [len, copies.len() / 2].map(|size| side as usize * size..(side as usize + 1) * size);
            if !sides.contains(&side) {
                assert_eq!(losses[2 + side as usize], 0.25);
                assert_eq!(d_theta[part.clone()], other[part.clone()]);
                assert_eq!(theta[part.clone()], before[part]);
                assert_eq!(copies[copied.clone()], copies_before[copied]);
                continue;
            }
            let gradient: Vec<f64> = d_theta[part.clone()].iter().map(|&g| f64::from(g)).collect();
            let mut expected = self.networks[side as usize].theta.clone();
            let average = average[part.clone()].to_vec();
            let mut twin = OptimiserState { first_moment: vec![0.0; len], second_moment: vec![0.0; len], average };
            twin.step(&Update { optimiser: Optimiser::Sgd, ..step().update }, &mut expected, &gradient);
            assert_close("theta", &theta[part.clone()], &expected, ROUNDING);
            assert_close("average", &new_average[part.clone()], &twin.average, ROUNDING);
            let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&copies[copied.clone()]), bits(&new_copies[copied]));
            found.push((d_theta[part].to_vec(), losses[2 + side as usize]));
        }
        assert_eq!(losses[..2], [0.25; 2], "the losses of another step were written");
        found
    }
}

fn stage_side(sides: &[Side]) -> u32 {
    if let [side] = sides { *side as u32 } else { BOTH }
}

/// A step by the paper's recipe, or, if `draws` is 0, by quadrature: its inputs, its buffer of batches, the points of
/// the rows, and the counts.
fn rows_of(side: Side, draws: usize) -> (StepUniform, Buffer, Vec<[f64; 2]>, Counts) {
    if draws > 0 {
        let of_step = monte_carlo_step_of(draws);
        let points = monte_carlo::points_of_draws::<f64>(&of_step, side, step().epsilon);
        let batches = in_slot_1(of_step.batches.concat().concat());
        let counts = Counts::of_step(&Points::MonteCarlo(of_step.clone()));
        (monte_carlo_uniform_of(of_step), batches, points, counts)
    } else {
        (step_uniform(), Buffer::Input(quadrature().source.batch.concat()), points(side), counts())
    }
}

#[test]
fn fused_forward() {
    for (fused, variant) in fused_in(&VARIANTS) {
        // Groups of nine draws are not split between tiles; groups of eleven are not split between the larger tiles.
        for (side, draws) in [(Side::Phi, 0), (Side::Psi, 0), (Side::Phi, 9), (Side::Psi, 9), (Side::Phi, 11)] {
            let (uniform, batch, points, counts) = rows_of(side, draws);
            let expected = fused.forward(side, &points).0;
            let buffers = vec![input(&fused.theta()), batch, fused.frequencies(), Buffer::Output(points.len())];
            // An extra workgroup must do nothing.
            let size = counts.fused_tiles(side, variant.rows) + 1;
            let stage = fused.stage(side as u32, variant);
            let outputs = run_variant(variant, "fused_forward", stage, uniform, buffers, size);
            assert_close("output", &outputs[0], &expected, 1e-5);
        }
    }
}

/// Gradients and losses of φ, of ψ and of both at once, in all of these variants, within that tolerance.
fn compare_backward(variants: &[Variant], tolerance: f64) {
    use Side::{Phi, Psi};
    let cases = [(&[Phi][..], 0), (&[Psi], 0), (&[Phi, Psi], 0), (&[Phi], 9), (&[Psi], 9), (&[Psi], 11)];
    for (fused, variant) in fused_in(variants) {
        for (sides, draws) in cases {
            let (uniform, batch, first_points, counts) = rows_of(sides[0], draws);
            let d_output = noise(49, first_points.len());
            let regression_target = noise(51, points(Psi).len());
            let mut terms: Vec<f64> =
                noise(50, if draws > 0 { 26 } else { 134 + 81 }).iter().map(|v| v.abs()).collect();
            let expected: Vec<_> = sides
                .iter()
                .map(|&side| {
                    if draws == 0 && side == Psi {
                        let output = fused.forward(side, &points(side)).0;
                        let (d_output, terms) =
                            reference::transform::cotangent_psi(&quadrature(), &output, &regression_target);
                        (fused.backward(side, &points(side), &d_output, true), terms.iter().sum::<f64>())
                    } else {
                        let bias = side == Psi || draws > 0;
                        (fused.backward(side, &first_points, &d_output, bias), terms.iter().sum())
                    }
                })
                .collect();
            terms.resize(300, f64::NAN);
            let partials = sides.iter().map(|&side| counts.partials(side, variant.rows)).sum::<u32>();
            let mut buffers: Vec<_> = fused.before_the_batch(variant).into();
            buffers.extend([batch, fused.frequencies(), input(&d_output), input(&terms), input(&regression_target)]);
            buffers.push(Buffer::Output(partials as usize * fused.shape.len));
            let stage = fused.stage(stage_side(sides), variant);
            let outputs = run_variant(variant, "fused_backward", stage, uniform, buffers, partials + 1).remove(0);
            let found = fused.updated(sides, variant, uniform, outputs);
            for ((d_theta, sum), (gradient, loss)) in found.into_iter().zip(expected) {
                assert_close("d_theta", &d_theta, &gradient, tolerance);
                assert_close("loss", &[sum], &[loss], 1e-5);
            }
        }
    }
}

/// φ, and both sides by Monte Carlo, from cotangents; ψ by regression; φ and ψ in one dispatch.
#[test]
fn fused_backward_and_update() {
    compare_backward(&VARIANTS, 1e-5);
}

/// An optional path: f16 has 11 bits, so each weight has a relative error of at most 2⁻¹¹, and sums of them a smaller
/// one.
#[test]
fn fused_backward_with_copies_in_half_precision() {
    let copies = WeightPrecision::Half;
    if offers("f16", gpu().capabilities.half) {
        compare_backward(&[VARIANTS[1], VARIANTS[2]].map(|variant| Variant { copies, ..variant }), 5e-4);
    }
}

/// Three groups of nine draws fit into a tile of 32 rows, seven into one of 64: tiles of the batch and of the last
/// group are not full.
#[test]
fn fused_groups() {
    let points_of_step = monte_carlo_step();
    for (fused, variant) in fused_in(&VARIANTS) {
        for side in SIDES {
            let (uniform, batch, points, counts) = rows_of(side, points_of_step.draws);
            let output = fused.forward(side, &points).0;
            let other = nats(39, points_of_step.batch());
            let (d_output, terms) =
                monte_carlo::cotangent_monte_carlo(&points_of_step, side, step().epsilon, &output, &other);
            let expected = fused.backward(side, &points, &d_output, true);
            let tiles = DispatchSize::Partials(side, variant.rows).invocations(&counts);
            assert_eq!(tiles, if variant.rows == TileRows::Few { 6 } else { 3 });
            let mut buffers: Vec<_> = fused.before_the_batch(variant).into();
            buffers.extend([batch, fused.frequencies(), input(&other)]);
            buffers.push(in_slot_1(points_of_step.log_densities.concat()));
            buffers.push(Buffer::Output(tiles as usize * fused.shape.len));
            let stage = fused.stage(side as u32, variant);
            let partials = run_variant(variant, "fused_groups", stage, uniform, buffers, tiles + 1).remove(0);
            let (d_theta, sum) = fused.updated(&[side], variant, uniform, partials).remove(0);
            assert_close("d_theta", &d_theta, &expected, 1e-5);
            assert_close("loss", &[sum], &[terms.iter().sum::<f64>()], 1e-5);
        }
    }
}

#[test]
fn groups_of_draws_share_a_tile_where_whole_ones_fill_it_well() {
    let draws = [0, 1, 2, 9, 10, 11, 12, 16, 17, 23, 24, 32, 33, 48, 64, 65, 100];
    let found = [TileRows::Few, TileRows::Many].map(|tile| draws.map(|draws| groups_of_tile(draws, tile)));
    assert_eq!(found[0], [0, 32, 16, 3, 3, 0, 2, 2, 0, 0, 1, 1, 0, 0, 0, 0, 0]);
    assert_eq!(found[1], [0, 64, 32, 7, 6, 5, 5, 4, 3, 0, 2, 2, 0, 1, 1, 0, 0]);
}

#[test]
fn update_adam() {
    let fused = &fused()[0];
    let len = fused.shape.len;
    // Five tiles for φ's 134 rows, three for ψ's 81. The loss is stored after the bias of the output layer; the rest of
    // the padding is not read.
    let partials = [52, 53, 54, 59, 60, 61, 62, 63].map(|seed| noise(seed, len));
    let gradients = [&partials[..5], &partials[5..]]
        .map(|partials| (0..len).map(|i| partials.iter().map(|p| p[i]).sum()).collect::<Vec<f64>>());
    let losses = gradients.each_ref().map(|gradient| gradient[len - 3]);
    let mut d_theta = gradients.concat();
    d_theta.chunks_mut(len).for_each(|gradient| gradient[len - 3..].fill(0.0));
    let mut theta = fused.theta();
    let square = noise(55, 2 * len).iter().map(|v| v * v).collect();
    let mut twin =
        OptimiserState { first_moment: noise(56, 2 * len), second_moment: square, average: noise(57, 2 * len) };
    let before = [&theta, &twin.first_moment, &twin.second_moment, &twin.average].map(|v| Buffer::Update(single(v)));
    twin.step(&step().update, &mut theta, &d_theta);
    let outputs = [Buffer::Output(2), Buffer::Output(2 * len)];
    let buffers = std::iter::once(input(&partials.concat())).chain(outputs).chain(before);
    let buffers = buffers.chain([Buffer::Output(2 * 2 * HIDDEN * HIDDEN)]).collect();
    let stage = fused.stage(BOTH, Variant::default());
    let outputs = run("update_adam", stage, step_uniform(), buffers, 2 * len as u32 / 4);
    assert_close("loss", &outputs[0], &losses, ROUNDING);
    assert_close("d_theta", &outputs[1], &d_theta, ROUNDING);
    assert_close("theta", &outputs[2], &theta, ROUNDING);
    assert_close("first moment", &outputs[3], &twin.first_moment, ROUNDING);
    assert_close("second moment", &outputs[4], &twin.second_moment, ROUNDING);
    assert_close("average", &outputs[5], &twin.average, ROUNDING);
    assert_eq!(outputs[6], fused.transposed(&outputs[2], Variant::default()));
}
