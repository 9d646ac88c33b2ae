//! The balanced quadrature: its sums against integrals, its matrix products against its twin for extreme potentials,
//! and runs on sources that no lattice resolves. No GPU.

use flowsketch_core::config::Config;
use flowsketch_core::cpu::session::CpuSession;
use flowsketch_core::exact::sinkhorn::Stop;
use flowsketch_core::headless::ExactReference;
use flowsketch_core::heat::nodes::NodeHeat;
use flowsketch_core::measure::{Density, Preset, Target, density_lattice};
use flowsketch_core::potentials::SecondPotential;
use flowsketch_core::quadrature::Quadrature;
use flowsketch_core::reference::transform::{cotangent_phi, log_heat_of_nodes};
use flowsketch_core::step_sampler::{Points, StepSampler};
use flowsketch_core::transform::{log_shares, transform};
use flowsketch_study::sources;
use flowsketch_tests::compare::{assert_close, relative_error};

fn steps(config: &Config, source: &Density, target: Target, count: usize) -> Vec<Quadrature> {
    let mut step_sampler = StepSampler::start(config, source).to(target);
    let step = |_| match step_sampler.advance(config).points {
        Points::Quadrature(points) => points,
        Points::MonteCarlo(_) => panic!("the default recipe"),
    };
    (0..count).map(step).collect()
}

/// Mean and standard error.
fn statistics(values: &[f64]) -> [f64; 2] {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0);
    [mean, (variance / count).sqrt()]
}

/// A ridge along a line of σ 0.05, which a lattice of spacing 0.54 hits or misses, and a bump beside it.
#[test]
fn its_sums_are_integrals_without_bias() {
    let source = sources::cross(0.05);
    let f = |x: [f64; 2]| {
        let ridge = (-0.5 * ((x[1] - 0.31) / 0.05).powi(2) - 0.5 * x[0] * x[0]).exp();
        ridge + 0.05 * (-2.0 * ((x[0] - 2.0).powi(2) + (x[1] - 2.5).powi(2))).exp()
    };
    let lattice = density_lattice();
    let integral = lattice.points().map(f).sum::<f64>() * lattice.cell_area();
    let steps = steps(&Config::default(), &source.density, Target::Normal, 400);
    let balanced: Vec<f64> = steps
        .iter()
        .map(|step| step.source.points().zip(&step.source.log_areas).map(|(x, log_area)| f(x) * log_area.exp()).sum())
        .collect();
    let alone: Vec<f64> = steps
        .iter()
        .map(|step| step.source.lattice.points().map(f).sum::<f64>() * step.source.lattice.cell_area())
        .collect();
    let ([mean, error], [_, error_alone]) = (statistics(&balanced), statistics(&alone));
    println!("{mean} ± {error} for {integral}; by the lattice alone ± {error_alone}");
    assert!((mean - integral).abs() < 4.0 * error, "{mean} ± {error} for {integral}");
    // The batch resolves the ridge.
    assert!(10.0 * error < error_alone, "{error} for {error_alone} of the lattice alone");
    // Without the balance heuristic, with full weights for both sets of nodes, the sum would be twice the integral.
    assert!((2.0 * mean - integral).abs() > 40.0 * error);
}

/// Potentials with a range of some hundred nats, and a dot in a corner whose Gaussians underflow in f64 at the far
/// corner.
#[test]
fn its_products_are_its_twin_where_numbers_are_extreme() {
    let config = |epsilon| Config {
        epsilon,
        batch: 60,
        source_nodes: 12,
        target_nodes: 11,
        target_batch: 20,
        ..Config::default()
    };
    for (density, epsilon, curve) in [
        (Preset::Moons.density(), 0.5, 0.3),
        (sources::dot(0.05).density, 0.05, -190.0),
        (sources::dot(0.05).density, 0.05, 40.0),
        (sources::word(0.03).density, 0.05, 9.0),
    ] {
        for target in [Target::Normal, Target::new(&Preset::Rings.density())] {
            let points = steps(&config(epsilon), &density, target, 1).remove(0);
            let u: Vec<f64> = points
                .source
                .points()
                .map(|x| curve * (x[0] * x[0] + 0.7 * x[1] * x[1]) + (3.0 * x[0]).sin())
                .collect();
            let expected = log_heat_of_nodes(&points, epsilon, &u);
            let shares: Vec<f64> = log_shares(&points.source, epsilon).zip(&u).map(|(share, u)| share + u).collect();
            let mut heat = NodeHeat::new(&points, epsilon);
            let found = heat.average(&shares);
            assert_close("L", &found, &expected, 1e-11);
            let ratio = transform(&points, &expected).ratio;
            let received: Vec<f64> = heat.received(&shares, &ratio);
            let weights: Vec<f64> = points.source.weights().collect();
            let expected: Vec<f64> = cotangent_phi(&points, epsilon, &u, &ratio)
                .iter()
                .zip(&weights)
                .map(|(d, weight)| d + weight)
                .collect();
            assert_close("what nodes receive", &received, &expected, 1e-8);
            assert!((received.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            assert!(relative_error(&weights, &expected) > 1e-3, "a wrong field passes the comparison");
        }
    }
}

/// With the first version's sum, over a lattice alone, all of these got worse with more training.
#[test]
fn thin_sources_are_learned_and_stay_learned() {
    for (source, epsilon) in
        [(sources::cross(0.06), 0.2), (sources::diagonals(0.03), 1.0), (sources::dot_and_blob(0.05), 0.05)]
    {
        let mut session = CpuSession::new(Config { epsilon, ..Config::default() }, &source.density, Target::Normal);
        let kls = [200_000, 500_000, 1_000_000].map(|evaluations| {
            while session.evaluations() < evaluations {
                session.train(1);
            }
            session.tabulate().metrics.kl_source
        });
        println!("{} at ε = {epsilon}: {kls:.4?}", source.name);
        assert!(kls[2] < 0.01 && session.divergence().is_none(), "{}: {kls:?}", source.name);
        assert!(kls[1] < 1.5 * kls[0] && kls[2] < 1.5 * kls[0].min(kls[1]), "{}: {kls:?}", source.name);
    }
}

/// A regression test: ψ's network had a large error in the corners of the box, with L1 of 1.3 and more here.
#[test]
fn both_networks_agree_on_the_checkerboard_at_small_epsilon() {
    let (source, epsilon) = (Preset::Checkerboard.density(), 0.1);
    let mut session = CpuSession::new(Config { epsilon, ..Config::default() }, &source, Target::Normal);
    while session.evaluations() < 1_500_000 {
        session.train(1);
    }
    session.tabulate();
    let mut truth = ExactReference::new(&source, &Target::Normal, epsilon, &Stop::default());
    let tabulation = session.tabulation().expect("it was tabulated");
    let l1 = truth.audit(tabulation, SecondPotential::Network).l1_rho;
    println!("L1 of both networks: {l1:.4?}");
    assert!(l1.iter().all(|l1| *l1 < 0.06), "{l1:?}");
}

/// With ReLU, in one run of eight all units of ψ's last hidden layer stayed at 0 after the first steps: its error was
/// 0.07 to 0.27.
#[test]
fn no_network_dies() {
    let runs = [
        (Preset::Rings, 0),
        (Preset::Checkerboard, 6),
        (Preset::Circles, 6),
        (Preset::TwoSpirals, 1),
        (Preset::Pinwheel, 2),
    ];
    for (preset, seed) in runs {
        let config = Config { epsilon: 1.0, seed, ..Config::default() };
        let mut session = CpuSession::new(config, &preset.density(), Target::Normal);
        while session.evaluations() < 1_000_000 {
            session.train(1);
        }
        let error = session.tabulate().metrics.maximality_phi;
        println!("{}, seed {seed}: {error:.4}", preset.name());
        assert!(error < 0.03, "{}, seed {seed}: ψ is {error} from the transform of φ", preset.name());
    }
}

/// The region where ψ's network is used contains practically all of the mass of p_N.
#[test]
fn the_network_of_psi_is_used_where_its_target_has_mass() {
    let config = Config::default();
    for (target, least) in [(Target::Normal, 1.0 - 2e-5), (Target::new(&Preset::Moons.density()), 1.0 - 1e-3)] {
        let step = steps(&Config { target_nodes: 60, ..config.clone() }, &Preset::Rings.density(), target, 1).remove(0);
        let weights: Vec<f64> = (0..step.target.len()).map(|k| step.regression_weight(k)).collect();
        let used: f64 = step.target.weights().zip(&weights).filter(|(_, used)| **used > 0.0).map(|(p, _)| p).sum();
        assert!(used > least, "{used} of the target is used");
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-3, "weights of the regression add up to 1");
        assert!(weights.contains(&0.0), "no point is left out");
    }
}
