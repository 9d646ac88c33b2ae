//! Mixtures of Gaussians, whose transport is known in closed form: the closed form itself by sums and differences, and
//! against it the exact solver, a learned flow, transported points and the coupling of a point. No GPU.

use flowsketch_core::config::Config;
use flowsketch_core::exact::sinkhorn::{Stop, solve, solve_problem};
use flowsketch_core::explore::{FlowProbe, Given};
use flowsketch_core::headless::Run;
use flowsketch_core::heat::flow::flow_on;
use flowsketch_core::lattice::{Lattice, normalised};
use flowsketch_core::measure::{Density, Problem, Target, coarsest_lattice, density_lattice};
use flowsketch_core::potentials::{Pair, Potentials, SecondPotential};
use flowsketch_core::sampling::{PointwiseFlow, integrate, transport};
use flowsketch_study::mixture::{MixtureBridge, moments, on};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

const TIMES: [f64; 3] = [0.25, 0.5, 0.75];

fn bridge(seed: u64, epsilon: f64, count: usize) -> MixtureBridge {
    MixtureBridge::random(epsilon, count, &mut ChaCha8Rng::seed_from_u64(seed))
}

/// Source and target, as the page would have them.
fn densities(bridge: &MixtureBridge) -> [Density; 2] {
    [0.0, 1.0].map(|t| {
        let values = on(&bridge.rho(t), &density_lattice());
        Density::new(values.iter().map(|&value| value as f32).collect()).expect("it has mass")
    })
}

fn l1(lattice: &Lattice, a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>() * lattice.cell_area()
}

/// L1 distances of ρ_t of a pair from the closed form, at each of [`TIMES`].
fn errors(bridge: &MixtureBridge, pair: &Pair) -> [f64; 3] {
    let lattice = coarsest_lattice();
    TIMES.map(|t| {
        let found: Vec<f64> = flow_on(pair, &lattice, t).iter().map(|f| f[0].exp()).collect();
        l1(&lattice, &found, &on(&bridge.rho(t), &lattice))
    })
}

fn solved(bridge: &MixtureBridge, tolerance: f64) -> Pair {
    let [source, target] = densities(bridge);
    let problem = Problem::new(&source, &Target::new(&target), bridge.epsilon);
    let stop = Stop { tolerance, max_sweeps: 5_000 };
    let solution = solve_problem(&problem, bridge.epsilon, &stop);
    Pair { lattice: problem.lattice, epsilon: bridge.epsilon, u: solution.u, w: solution.w }
}

#[test]
fn the_closed_form_has_mass_one_and_satisfies_the_continuity_equation() {
    let lattice = Lattice::centred(6.0, 240);
    for (seed, epsilon, count) in [(1, 0.05, 2), (2, 0.2, 5), (3, 2.0, 12)] {
        let bridge = bridge(seed, epsilon, count);
        for t in [0.0, 0.3, 1.0] {
            let mixture = bridge.rho(t);
            let rho = on(&mixture, &lattice);
            assert!((rho.iter().sum::<f64>() * lattice.cell_area() - 1.0).abs() < 1e-9);
            // Its components are those of e^{(φ_t + ψ_t)/ε}.
            for (x, expected) in lattice.points().zip(&rho).step_by(977) {
                let found = bridge.at(t, x).log_rho.exp();
                assert!((found - expected).abs() < 1e-12 + 1e-9 * expected, "{found} {expected}");
            }
            let by_sums = moments(&mixture).mean[0];
            let mean: f64 = lattice.points().zip(&rho).map(|(x, rho)| x[0] * rho).sum::<f64>() * lattice.cell_area();
            assert!((by_sums - mean).abs() < 1e-9);
        }
        // ∂_t log ρ + v · ∇ log ρ + div v = 0, by central differences.
        for x in [[0.3, -0.4], [-1.1, 0.8], [1.6, 1.2]] {
            let (t, h) = (0.4, 1e-4);
            let log = |t, x| bridge.at(t, x).log_rho;
            let rate = (log(t + h, x) - log(t - h, x)) / (2.0 * h);
            let slope = [0, 1].map(|axis| {
                let moved = |by: f64| {
                    let mut moved = x;
                    moved[axis] += by;
                    log(t, moved)
                };
                (moved(h) - moved(-h)) / (2.0 * h)
            });
            let local = bridge.at(t, x);
            let residual = rate + local.velocity[0] * slope[0] + local.velocity[1] * slope[1] + local.divergence;
            assert!(residual.abs() < 1e-5 * (1.0 + rate.abs()), "{residual} beside {rate}");
        }
    }
}

/// Required: 1e-4 in L1.
#[test]
fn the_exact_solver_finds_the_closed_form() {
    let mut failures = vec![];
    for (seed, epsilon, count) in [(4, 0.05, 2), (5, 0.1, 7), (6, 0.2, 12), (7, 0.5, 4), (8, 1.0, 3), (9, 2.0, 9)] {
        let bridge = bridge(seed, epsilon, count);
        let pair = solved(&bridge, 1e-5);
        let errors = errors(&bridge, &pair);
        println!("epsilon = {epsilon}, {count} components, {} points: {errors:?}", pair.lattice.count);
        if errors.iter().any(|error| error.is_nan() || *error > 1e-4) {
            failures.push((epsilon, errors));
        }
    }
    assert!(failures.is_empty(), "{failures:?}");
}

/// For a smooth source the error falls faster than the square of the spacing, until it is that of the stopping rule.
#[test]
fn its_error_falls_with_the_spacing_of_the_lattice() {
    let bridge = bridge(10, 0.1, 6);
    let errors = [24, 36, 54].map(|count| {
        let lattice = Lattice::centred(4.5, count);
        let [source, target] = [0.0, 1.0].map(|t| normalised(&lattice, on(&bridge.rho(t), &lattice)));
        let stop = Stop { tolerance: 1e-8, max_sweeps: 5_000 };
        let solution = solve(&lattice, &source, &target, bridge.epsilon, None, &stop);
        let pair = Pair { lattice, epsilon: bridge.epsilon, u: solution.u, w: solution.w };
        errors(&bridge, &pair)[1]
    });
    println!("{errors:?}");
    for pair in errors.windows(2) {
        assert!(pair[1] < pair[0] / 2.25, "{errors:?}");
    }
}

#[test]
fn a_learned_flow_comes_near_the_closed_form() {
    let bridge = bridge(11, 0.5, 4);
    let [source, target] = densities(&bridge);
    let config = Config { epsilon: bridge.epsilon, ..Config::default() };
    let mut run = Run::on_cpu(config, &source, Target::new(&target));
    let mut measured = || {
        let (_, tabulation) = run.measure().unwrap();
        let found = errors(&bridge, &tabulation.pair(SecondPotential::Transform));
        while run.evaluations() < 600_000 {
            run.train(4).unwrap();
        }
        found
    };
    let (before, after) = (measured(), measured());
    println!("{before:?}, then {after:?}");
    assert!(after.iter().all(|error| *error < 2e-3) && before[0] > 0.05);
}

#[test]
fn points_and_the_law_of_one_point_are_those_of_the_closed_form() {
    for (seed, epsilon) in [(12, 0.2), (13, 1.0)] {
        let bridge = bridge(seed, epsilon, 5);
        let pair = solved(&bridge, 1e-7);
        let points = [[0.5, 0.2], [-0.8, 1.0], [1.2, -0.9]];
        // Within 0.01 of the ends averages are narrower than a lattice resolves.
        let moved = transport(&PointwiseFlow::new(&pair), &points, 0.95, 0.05, 1e-9);
        for (point, found) in points.iter().zip(&moved.points) {
            let velocity = |t: f64, x: &[f64; 2]| bridge.at(t, *x).velocity;
            let (expected, _) = integrate(velocity, *point, 0.95, 0.05, 1e-9);
            let off = (found[0] - expected[0]).hypot(found[1] - expected[1]);
            println!("epsilon = {epsilon}: {point:?} goes to {expected:?}, found {off:.1e} beside it");
            assert!(off < 1e-5, "{off}");
        }
        let probe = FlowProbe::new(&Potentials::new(epsilon, &pair.u, &pair.w));
        for (given, t) in [(Given::Source, 0.6), (Given::Source, 1.0), (Given::Target, 0.3), (Given::Target, 0.0)] {
            let law = moments(&bridge.conditional(given, t, points[0]));
            let found = probe.coupling(given, t, points[0]).expect("the point is on the map");
            let [off_x, off_y] = [0, 1].map(|k| found.barycentre[k] - law.mean[k]);
            let spread = (law.covariance[0] + law.covariance[2]).sqrt();
            println!("given {given:?} at {t}: {:?}, {spread:.4}; off by {off_x:.1e}, {off_y:.1e}", law.mean);
            assert!(off_x.hypot(off_y) < 1e-5 && (found.spread - spread).abs() < 1e-4, "{} {spread}", found.spread);
        }
    }
}
