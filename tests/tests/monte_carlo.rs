//! The paper's recipe against closed forms and its definition, and its random numbers. No GPU.

use flowsketch_core::config::Config;
use flowsketch_core::gaussian::Quadratic;
use flowsketch_core::measure::{Preset, Sampler};
use flowsketch_core::monte_carlo::MonteCarlo;
use flowsketch_core::network::Side;
use flowsketch_core::random::{hash, normal_pair};
use flowsketch_core::reference::monte_carlo::{cotangent_monte_carlo, points_of_draws};
use flowsketch_core::reference::potential::{backward, forward};
use flowsketch_core::reference::semidual::Semidual;
use flowsketch_core::step_sampler::Points;
use flowsketch_tests::run::Run;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, (variance / count).sqrt())
}

#[test]
fn hashes_are_literal() {
    // Expected values computed once with integers of arbitrary size.
    assert_eq!(hash([0, 0, 0, 0]), [251852587, 760654399, 850458251, 3542457295]);
    assert_eq!(hash([1, 2, 3, 4]), [908262196, 4044652748, 3775953455, 45698710]);
    assert_eq!(hash([u32::MAX, 0, 7, 1 << 31]), [247531135, 508035740, 4146079465, 660823736]);
}

#[test]
fn draws_are_independent_and_normal() {
    let seed = [7, 9];
    let count = 400_000;
    let draws: Vec<[f64; 2]> = (0..count).map(|k| normal_pair(seed, 0, k)).collect();
    let close = |what: &str, values: Vec<f64>, expected: f64| {
        let (mean, error) = mean_and_error(&values);
        println!("{what}: {mean:.5} ± {error:.5}, expected {expected}");
        assert!((mean - expected).abs() < 4.5 * error, "{what}: {mean} ± {error} is not {expected}");
    };
    for axis in [0, 1] {
        for (power, expected) in [(1, 0.0), (2, 1.0), (3, 0.0), (4, 3.0), (6, 15.0)] {
            close(&format!("moment {power}"), draws.iter().map(|d| d[axis].powi(power)).collect(), expected);
        }
        // The distribution function at some points.
        for (level, expected) in [(-2.0, 0.022_750_13), (-0.5, 0.308_537_54), (1.0, 0.841_344_75)] {
            let below = draws.iter().map(|d| f64::from(u8::from(d[axis] < level))).collect();
            close(&format!("share below {level}"), below, expected);
        }
    }
    // No correlation between neighbours in a group, neighbouring groups, the two coordinates, the sides, the next seed.
    close("across axes", draws.iter().map(|d| d[0] * d[1]).collect(), 0.0);
    close("squares across axes", draws.iter().map(|d| d[0].powi(2) * d[1].powi(2)).collect(), 1.0);
    for lag in [1, 2, 100, 1000] {
        let lagged = |f: fn(f64) -> f64| draws.iter().zip(&draws[lag..]).map(|(a, b)| f(a[0]) * f(b[0])).collect();
        close(&format!("lag {lag}"), lagged(|v| v), 0.0);
        close(&format!("squares, lag {lag}"), lagged(|v| v * v), 1.0);
    }
    for (what, seed, side) in [("side", seed, 1), ("low seed", [8, 9], 0), ("high seed", [7, 10], 0)] {
        let other = |k: u32| normal_pair::<f64>(seed, side, k)[0];
        close(what, draws.iter().zip(0..).map(|(d, k)| d[0] * other(k)).collect(), 0.0);
    }
}

#[test]
fn independent_points_have_the_law_of_the_density() {
    let density = Preset::Checkerboard.density();
    let sampler = Sampler::new(&density);
    let points = sampler.independent_with_density(200_000, &mut ChaCha8Rng::seed_from_u64(3));
    let moments = density.moments();
    for axis in [0, 1] {
        let (mean, error) = mean_and_error(&points.iter().map(|(x, _)| x[axis]).collect::<Vec<_>>());
        assert!((mean - moments.mean[axis]).abs() < 4.0 * error, "{mean} ± {error}, {moments:?}");
    }
    // Neighbours in the batch are independent; in a stratified batch they would not be.
    let lagged: Vec<f64> = points.windows(2).map(|pair| pair[0].0[0] * pair[1].0[0]).collect();
    let (mean, error) = mean_and_error(&lagged);
    assert!((mean - moments.mean[0].powi(2)).abs() < 4.0 * error);
    // Half of the square [−4, 4]² has the density 1/32.
    assert!(points.iter().all(|&(_, log_density)| (f64::from(log_density) + 32f64.ln()).abs() < 1e-3));
}

/// The Gaussian preset with its exact potentials, which are the base alone.
fn gaussian(batch: usize, draws: usize) -> (MonteCarlo, [Quadratic; 2], f64) {
    let config = Config { gaussian_base: true, batch, draws, penalty: 0.0, ..Config::paper() };
    let mut run = Run::new(config, Preset::Gaussian);
    let step = run.steps(1).remove(0);
    let Points::MonteCarlo(points) = step.points else { panic!("the paper's recipe") };
    (points, step.base, step.epsilon)
}

fn values(base: &Quadratic, points: &[[f64; 2]]) -> Vec<f64> {
    points.iter().map(|&x| base.at(x)).collect()
}

#[test]
fn the_transform_at_the_gaussian_is_the_other_potential() {
    // log mean exp is biased by half its squared error.
    let (points, base, epsilon) = gaussian(40, 20_000);
    for side in Side::BOTH {
        let rows = points_of_draws::<f64>(&points, side, epsilon);
        let output = values(&base[side], &rows);
        let centres: Vec<[f64; 2]> = points.batches[side.other()].iter().map(|x| x.map(f64::from)).collect();
        let other = values(&base[side.other()], &centres);
        let (_, terms) = cotangent_monte_carlo(&points, side, epsilon, &output, &other);
        for (k, group) in output[points.batch()..].chunks(points.draws).enumerate() {
            let found = terms[points.batch() + k] * points.batch() as f64;
            // The standard error of log mean exp is the relative standard error of the mean.
            let top = group.iter().copied().fold(f64::MIN, f64::max);
            let (mean, error) = mean_and_error(&group.iter().map(|u| (u - top).exp()).collect::<Vec<_>>());
            let error = error / mean;
            // log p_D is constant on a cell of width 1/30, so it differs from the value at the point.
            let cell = if side == Side::Phi { 1e-5 } else { 0.1 };
            assert!((found - other[k]).abs() < 4.5 * error + cell, "{side:?}, {k}: {found} ± {error}, {}", other[k]);
            assert!(error < 0.15, "{error}");
        }
    }
}

#[test]
fn the_gaussian_is_stationary() {
    // A softmax over N draws has a bias of order 1/N: at N = 100 the slope along x is −0.08, five standard errors.
    let (points, base, epsilon) = gaussian(1500, 3000);
    for side in Side::BOTH {
        let rows = points_of_draws::<f64>(&points, side, epsilon);
        let output = values(&base[side], &rows);
        let (cotangent, _) = cotangent_monte_carlo(&points, side, epsilon, &output, &vec![0.0; points.batch()]);
        // The objective's derivative along each of these fields vanishes.
        type Field = fn([f64; 2]) -> f64;
        let fields: [(&str, Field); 6] = [
            ("x", |x| x[0]),
            ("y", |x| x[1]),
            ("xx", |x| x[0] * x[0]),
            ("xy", |x| x[0] * x[1]),
            ("sin", |x| (1.3 * x[0] - 0.4 * x[1]).sin()),
            ("bump", |x| (-(x[0] - 1.0).powi(2) - x[1].powi(2)).exp()),
        ];
        for (name, field) in fields {
            // One term for each point of the batch with one group of draws: the terms are independent of each other.
            let along = |row: usize| points.batch() as f64 * cotangent[row] * field(rows[row]);
            let terms: Vec<f64> = (0..points.batch())
                .map(|k| {
                    let first = points.batch() + k * points.draws;
                    along(k) + (first..first + points.draws).map(along).sum::<f64>()
                })
                .collect();
            let (mean, error) = mean_and_error(&terms);
            println!("side {side:?}, {name}: {mean:.4} ± {error:.4}");
            assert!((mean).abs() < 4.0 * error, "side {side:?}, {name}: {mean} ± {error}");
            assert!(error < 0.1);
        }
        // Negative control: a slightly wrong potential is not stationary.
        let wrong: Vec<f64> = output.iter().zip(&rows).map(|(u, x)| u + 0.3 * x[0]).collect();
        let (cotangent, _) = cotangent_monte_carlo(&points, side, epsilon, &wrong, &vec![0.0; points.batch()]);
        let slope: f64 = cotangent.iter().zip(&rows).map(|(d, x)| d * x[0]).sum();
        assert!(slope > 0.05, "{slope}");
    }
}

#[test]
fn parts_of_the_rows_come_to_the_bits_of_all_at_once() {
    let config = Config { batch: 40, draws: 100, penalty: 0.3, gaussian_base: true, ..Config::paper() };
    let mut run = Run::new(config, Preset::Moons);
    let mut trainer = run.on_cpu();
    // From the second step on all layers have a gradient.
    trainer.step(&run.steps(1)[0]);
    let step = run.steps(1).remove(0);
    let Points::MonteCarlo(points) = &step.points else { panic!("the paper's recipe") };
    for side in Side::BOTH {
        let mut parted = Semidual::new(&trainer.networks(), &step, points, side);
        let mut parts = 1;
        while parted.advance(&trainer.networks(), &step, points, true) {
            parts += 1;
        }
        assert_eq!(parts, 5);
        let network = &trainer.learner(side).network;
        let (output, activations) = forward(&run.shape, network, run.config.activation, &step.base[side], &parted.rows);
        let (d_output, terms) = cotangent_monte_carlo(points, side, step.epsilon, &output, &parted.at_centres);
        let d_theta = backward(&run.shape, network, &activations, &d_output, true);
        assert!(d_theta.iter().filter(|d| **d != 0.0).count() > d_theta.len() / 2);
        assert!(parted.output == output && parted.terms == terms);
        assert!(parted.d_output == d_output && parted.d_theta == d_theta, "side {side:?}");
    }
}

#[test]
fn the_papers_step_is_the_papers() {
    let mut run = Run::new(Config::paper(), Preset::TwoSpirals);
    assert_eq!(run.steps(1)[0].evaluations(), 202_000);
    assert_eq!(Config::paper().validate(), Ok(()));
    assert_eq!(Config::default().validate(), Ok(()));
    let too_large = Config { draws: 1000, ..Config::paper() };
    let sentence = too_large.validate().unwrap_err();
    assert!(sentence.contains("1000 with 1000 draws") && sentence.contains("1001000 evaluations"), "{sentence}");
    assert!(Config { batch: usize::MAX, ..Config::paper() }.validate().is_err());
    assert!(Config { draws: 0, ..Config::paper() }.validate().is_err());
    assert!(Config { learning_rate: f64::NAN, ..Config::paper() }.validate().is_err());
}
