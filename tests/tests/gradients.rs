//! The f64 twins against central differences, along weighted random directions. No GPU.

use flowsketch_core::config::{Activation, Config, Optimiser};
use flowsketch_core::gaussian::Quadratic;
use flowsketch_core::measure::{Preset, Target};
use flowsketch_core::monte_carlo::MonteCarlo;
use flowsketch_core::network::{HIDDEN, Shape, Side};
use flowsketch_core::quadrature::Quadrature;
use flowsketch_core::reference::monte_carlo::{cotangent_monte_carlo, points_of_draws};
use flowsketch_core::reference::optimiser::OptimiserState;
use flowsketch_core::reference::potential::{Network, backward, forward};
use flowsketch_core::reference::trainer::Trainer;
use flowsketch_core::reference::transform::{cotangent_phi, cotangent_psi, dual_of_source, log_heat_of_nodes};
use flowsketch_core::step_sampler::{Points, StepInputs, StepSampler, Update};
use flowsketch_core::transform::transform;
use flowsketch_tests::compare::{assert_close, relative_error};
use flowsketch_tests::run::Run;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// Step of the central differences: the rounding error is about 1e-16 / 1e-5, the truncation error about 1e-10.
const STEP: f64 = 1e-5;
/// Relative bound of all comparisons here.
const BOUND: f64 = 1e-6;

/// Numbers in [−1, 1].
fn noise(rng: &mut ChaCha8Rng, len: usize) -> Vec<f64> {
    (0..len).map(|_| 2.0 * rng.random::<f64>() - 1.0).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// (f(x + h e_i) − f(x − h e_i)) / 2h for each index i of `places`.
fn differences(x: &[f64], places: &[usize], step: f64, f: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    places
        .iter()
        .map(|&place| {
            let at = |offset: f64| {
                let mut moved = x.to_vec();
                moved[place] += offset;
                f(&moved)
            };
            (at(step) - at(-step)) / (2.0 * step)
        })
        .collect()
}

/// The tensors of a network, with some of their indices in theta: every 61st of a matrix, every 7th of a bias.
fn tensors(shape: &Shape) -> Vec<(String, Vec<usize>)> {
    let mut tensors = vec![];
    for (index, layer) in shape.layers.iter().enumerate() {
        tensors.push((format!("W{}", index + 1), (layer.offset..layer.bias()).step_by(61).collect()));
        tensors.push((format!("b{}", index + 1), (layer.bias()..layer.bias() + layer.outputs).step_by(7).collect()));
    }
    tensors.push(("w4".into(), (shape.readout..shape.readout + HIDDEN).step_by(7).collect()));
    tensors.push(("b4".into(), vec![shape.readout + HIDDEN]));
    tensors
}

#[test]
fn backward_of_a_network() {
    let shape = Config::default().shape();
    let base = Quadratic { curvature: [0.3, -0.1, 0.5], slope: [0.2, 0.4], constant: 0.7 };
    let mut failures = vec![];
    for activation in Activation::ALL {
        for seed in 0..3 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let pairs = |values: Vec<f64>| values.chunks(2).map(|v| [v[0], v[1]]).collect::<Vec<_>>();
            let points: Vec<[f64; 2]> = pairs(noise(&mut rng, 74)).into_iter().map(|x| x.map(|c| 4.0 * c)).collect();
            let frequencies = pairs(noise(&mut rng, 32)).into_iter().map(|f| f.map(|c| 3.0 * c)).collect();
            let theta: Vec<f64> = noise(&mut rng, shape.len).into_iter().map(|v| 0.2 * v).collect();
            let weights = noise(&mut rng, points.len());
            let network = Network { frequencies, theta };
            let value = |theta: &[f64]| {
                let network = Network { theta: theta.to_vec(), ..network.clone() };
                dot(&weights, &forward(&shape, &network, activation, &base, &points).0)
            };
            let (_, activations) = forward(&shape, &network, activation, &base, &points);
            let gradient = backward(&shape, &network, &activations, &weights, true);
            // ReLU, leaky or not, has kinks: with this short step none of the seeds crosses one.
            let step = if activation.leak().is_some() { 1e-7 } else { STEP };
            let bound = if activation.leak().is_some() { 1e-5 } else { BOUND };
            for (name, places) in tensors(&shape) {
                let expected = differences(&network.theta, &places, step, value);
                let found: Vec<f64> = places.iter().map(|&place| gradient[place]).collect();
                let error = relative_error(&found, &expected);
                println!("{activation:?} {name}, seed {seed}: relative error {error:.1e}");
                if error > bound {
                    failures.push(format!("{activation:?} {name}, seed {seed}: {error:.2e}"));
                }
            }
            let without = backward(&shape, &network, &activations, &weights, false);
            assert_eq!(
                without[shape.readout + HIDDEN],
                0.0,
                "the output's bias has no gradient unless it is asked for"
            );
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// ε of the steps below.
const EPSILON: f64 = 1.0;

/// A step on few points, so that every cotangent can be checked: to the Normal, and to a target with a batch of its
/// own.
fn steps() -> [Quadrature; 2] {
    let config = Config {
        batch: 13,
        source_nodes: 17,
        target_nodes: 15,
        target_batch: 11,
        epsilon: EPSILON,
        ..Config::default()
    };
    let source = Preset::Moons.density();
    [Target::Normal, Target::new(&Preset::Rings.density())].map(|target| {
        let step = StepSampler::start(&config, &source).to(target).advance(&config);
        let Points::Quadrature(quadrature) = step.points else { panic!("the default recipe") };
        quadrature
    })
}

/// J/ε of u at the source's nodes.
fn dual(step: &Quadrature, u: &[f64]) -> f64 {
    let heat = log_heat_of_nodes(step, EPSILON, u);
    dual_of_source(step, u).iter().sum::<f64>() + transform(step, &heat).dual.iter().sum::<f64>()
}

/// The cotangent of −J/ε.
fn d_dual(step: &Quadrature, u: &[f64]) -> Vec<f64> {
    let heat = log_heat_of_nodes(step, EPSILON, u);
    cotangent_phi(step, EPSILON, u, &transform(step, &heat).ratio)
}

#[test]
fn cotangents_of_the_dual_value() {
    for step in steps() {
        let u = noise(&mut ChaCha8Rng::seed_from_u64(5), step.source.len());
        let cotangent = d_dual(&step, &u);
        let places: Vec<usize> = (0..u.len()).collect();
        let ascent = differences(&u, &places, STEP, |u| dual(&step, u));
        let descent: Vec<f64> = ascent.into_iter().map(|d| -d).collect();
        assert_close("cotangent_phi", &cotangent, &descent, BOUND);
        // J does not change when a constant is added to u, because γ and p_D both have mass 1.
        let raised: Vec<f64> = u.iter().map(|u| u + 3.0).collect();
        assert!((dual(&step, &raised) - dual(&step, &u)).abs() < 1e-12);
        assert!(cotangent.iter().sum::<f64>().abs() < 1e-12);
    }
}

#[test]
fn cotangents_of_the_regression() {
    for step in steps() {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        let (w, regression_target) = (noise(&mut rng, step.target.len()), noise(&mut rng, step.target.len()));
        let places: Vec<usize> = (0..w.len()).collect();
        let expected = differences(&w, &places, STEP, |w| cotangent_psi(&step, w, &regression_target).1.iter().sum());
        assert_close("cotangent_psi", &cotangent_psi(&step, &w, &regression_target).0, &expected, BOUND);
    }
}

#[test]
fn gradient_of_a_whole_step() {
    let [step, _] = steps();
    let config = Config { activation: Activation::Silu, epsilon: EPSILON, ..Config::default() };
    let run = Run::new(config, Preset::Moons);
    let points: Vec<[f64; 2]> = step.source.points().collect();
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut network: Network<f64> = Network::new(&run.parameters[0]);
    // The output layer starts at zero, where the other layers have no gradient.
    network.theta[run.shape.readout..].iter_mut().for_each(|v| *v = rng.random::<f64>() - 0.5);
    let potential = |theta: &[f64]| {
        let network = Network { theta: theta.to_vec(), ..network.clone() };
        forward(&run.shape, &network, Activation::Silu, &run.step_sampler.base(&run.config)[0], &points)
    };
    let (u, activations) = potential(&network.theta);
    let gradient = backward(&run.shape, &network, &activations, &d_dual(&step, &u), false);
    for seed in 0..5 {
        let direction = noise(&mut ChaCha8Rng::seed_from_u64(100 + seed), run.shape.len);
        let along = |offset: f64| {
            let moved: Vec<f64> = network.theta.iter().zip(&direction).map(|(t, d)| t + offset * d).collect();
            dual(&step, &potential(&moved).0)
        };
        let ascent = (along(STEP) - along(-STEP)) / (2.0 * STEP);
        assert_close(&format!("J along direction {seed}"), &[-dot(&gradient, &direction)], &[ascent], BOUND);
    }
}

#[test]
fn adam_follows_its_formula() {
    let mut run = Run::new(Config::default(), Preset::Rings);
    let gradients: [f64; 3] = [0.5, -2.0, 1e-3];
    let (mut theta, mut adam) = (vec![1.0], OptimiserState::new(&[1.0]));
    let (mut expected, mut average) = (1.0, 1.0);
    for (n, step) in run.steps(3).iter().enumerate() {
        adam.step(&step.update, &mut theta, &gradients[n..=n]);
        // Adam's moments as explicit sums over all gradients so far.
        let sum = |beta: f64, power: i32| {
            let terms = (0..=n).map(|k| beta.powi((n - k) as i32) * gradients[k].powi(power));
            (1.0 - beta) * terms.sum::<f64>() / (1.0 - beta.powi(n as i32 + 1))
        };
        expected -= step.update.learning_rate * sum(0.9, 1) / (sum(0.99, 2).sqrt() + 1e-8);
        let decay = (1.0 + n as f64) / (10.0 + n as f64);
        average = decay * average + (1.0 - decay) * expected;
        assert_close("theta", &theta, &[expected], 1e-12);
        assert_close("average", &adam.average, &[average], 1e-12);
    }
}

#[test]
fn gradient_descent_follows_its_formula() {
    let config = Config {
        optimiser: Optimiser::Sgd,
        learning_rate: 1e-2,
        learning_rate_halving: f64::INFINITY,
        ..Config::default()
    };
    let mut run = Run::new(config, Preset::Rings);
    let (mut theta, mut state) = (vec![1.0], OptimiserState::new(&[1.0]));
    let mut average = 1.0;
    for (n, step) in run.steps(3).iter().enumerate() {
        state.step(&step.update, &mut theta, &[0.5]);
        let decay = (1.0 + n as f64) / (10.0 + n as f64);
        let expected = 1.0 - 1e-2 * 0.5 * (n + 1) as f64;
        average = decay * average + (1.0 - decay) * expected;
        assert_close("theta", &theta, &[expected], 1e-12);
        assert_close("average", &state.average, &[average], 1e-12);
    }
    assert!(state.first_moment == [0.0] && state.second_moment == [0.0]);
}

/// A step of the paper's recipe on few points, with a penalty large enough to matter.
fn monte_carlo_step() -> (Run, StepInputs, MonteCarlo) {
    let config = Config {
        activation: Activation::Silu,
        fourier_features: 3,
        batch: 7,
        draws: 5,
        penalty: 0.3,
        epsilon: 0.7,
        gaussian_base: true,
        ..Config::paper()
    };
    let mut run = Run::new(config, Preset::Moons);
    let step = run.steps(1).remove(0);
    let Points::MonteCarlo(points) = step.points.clone() else { panic!("the paper's recipe") };
    (run, step, points)
}

/// The objective that a side minimises, written out: −mean u(x_b) + mean L_k + α ε mean (w(y_k) + L_k − log p_N(y_k))².
fn monte_carlo_objective(points: &MonteCarlo, side: Side, epsilon: f64, output: &[f64], other: &[f64]) -> f64 {
    let (batch, draws) = (points.batch(), points.draws);
    let mean = |terms: Vec<f64>| terms.iter().sum::<f64>() / batch as f64;
    let heat = |k: usize| {
        let group = &output[batch + k * draws..][..draws];
        (group.iter().map(|u| u.exp()).sum::<f64>() / draws as f64).ln()
    };
    let miss = |k: usize| other[k] + heat(k) - f64::from(points.log_densities[side.other()][k]);
    let penalty = mean((0..batch).map(|k| miss(k).powi(2)).collect());
    mean((0..batch).map(heat).collect()) - mean(output[..batch].to_vec()) + points.penalty * epsilon * penalty
}

#[test]
fn cotangents_of_the_monte_carlo_objectives() {
    let (_, step, points) = monte_carlo_step();
    for side in Side::BOTH {
        let mut rng = ChaCha8Rng::seed_from_u64(9 + side as u64);
        let output: Vec<f64> = noise(&mut rng, points.rows()).iter().map(|v| 3.0 * v).collect();
        let other: Vec<f64> = noise(&mut rng, points.batch()).iter().map(|v| 3.0 * v).collect();
        let objective = |output: &[f64]| monte_carlo_objective(&points, side, step.epsilon, output, &other);
        let (cotangent, terms) = cotangent_monte_carlo(&points, side, step.epsilon, &output, &other);
        let places: Vec<usize> = (0..output.len()).collect();
        let expected = differences(&output, &places, STEP, objective);
        assert_close(&format!("side {side:?}"), &cotangent, &expected, BOUND);
        // The terms are those of the semi-dual only: a constant added to the potential changes the penalty alone.
        let raised: Vec<f64> = output.iter().map(|u| u + 3.0).collect();
        let value =
            |output: &[f64]| cotangent_monte_carlo(&points, side, step.epsilon, output, &other).1.iter().sum::<f64>();
        assert_close("semi-dual, raised", &[value(&raised)], &[terms.iter().sum::<f64>()], 1e-12);
        assert!((objective(&raised) - objective(&output)).abs() > 0.1);
        // Without the penalty the objective is minus the semi-dual, up to the constant mean of log p.
        let free = MonteCarlo { penalty: 0.0, ..points.clone() };
        let densities = &points.log_densities[side.other()];
        let constant = densities.iter().map(|&v| f64::from(v)).sum::<f64>() / points.batch() as f64;
        let objective = monte_carlo_objective(&free, side, step.epsilon, &output, &other);
        assert_close("semi-dual", &[constant - objective], &[value(&output)], 1e-12);
    }
}

#[test]
fn gradients_of_a_whole_monte_carlo_step() {
    let (run, step, points) = monte_carlo_step();
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut trainer = run.on_cpu();
    // The output layers start at zero, where the other layers have no gradient; so they are set at random here. With
    // plain descent at rate 1 the change of the weights is the negative gradient.
    for learner in [&mut trainer.phi, &mut trainer.psi] {
        learner.network.theta[run.shape.readout..].iter_mut().for_each(|v| *v = rng.random::<f64>() - 0.5);
    }
    let update = Update { optimiser: Optimiser::Sgd, learning_rate: 1.0, ..step.update };
    let step = StepInputs { update, ..step };
    let before = trainer.clone();
    trainer.step(&step);
    let theta = |trainer: &Trainer<f64>, side: Side| {
        if side == Side::Phi { trainer.phi.network.theta.clone() } else { trainer.psi.network.theta.clone() }
    };
    for side in Side::BOTH {
        // ψ's half step uses the φ that was just updated.
        let other = if side == Side::Phi { &before.psi.network } else { &trainer.phi.network };
        let own = if side == Side::Phi { &before.phi.network } else { &before.psi.network };
        let evaluate = |network: &Network<f64>, side: Side, points: &[[f64; 2]]| {
            forward(&run.shape, network, Activation::Silu, &step.base[side], points).0
        };
        let centres: Vec<[f64; 2]> = points.batches[side.other()].iter().map(|x| x.map(f64::from)).collect();
        let at_centres = evaluate(other, side.other(), &centres);
        let rows = points_of_draws(&points, side, step.epsilon);
        let start = theta(&before, side);
        let gradient: Vec<f64> = start.iter().zip(theta(&trainer, side)).map(|(a, b)| a - b).collect();
        for seed in 0..5 {
            let direction = noise(&mut ChaCha8Rng::seed_from_u64(200 + seed), run.shape.len);
            let along = |offset: f64| {
                let moved = start.iter().zip(&direction).map(|(t, d)| t + offset * d).collect();
                let network = Network { theta: moved, ..own.clone() };
                monte_carlo_objective(&points, side, step.epsilon, &evaluate(&network, side, &rows), &at_centres)
            };
            let slope = (along(STEP) - along(-STEP)) / (2.0 * STEP);
            assert_close(&format!("side {side:?}, direction {seed}"), &[dot(&gradient, &direction)], &[slope], BOUND);
        }
        assert!(gradient[run.shape.readout + HIDDEN].abs() > 1e-6, "the penalty moves the output's bias");
    }
}

#[test]
fn a_wrong_gradient_would_be_noticed() {
    let [step, _] = steps();
    let u = noise(&mut ChaCha8Rng::seed_from_u64(8), step.source.len());
    let places: Vec<usize> = (0..u.len()).collect();
    let ascent = differences(&u, &places, STEP, |u| dual(&step, u));
    // Two wrong gradients: with the sign as printed in the paper, and scaled by the area of a lattice cell.
    assert!(relative_error(&d_dual(&step, &u), &ascent) > 1.0);
    let scaled: Vec<f64> = d_dual(&step, &u).iter().map(|d| -d * step.source.lattice.cell_area()).collect();
    assert!(relative_error(&scaled, &ascent) > 0.1);
}
