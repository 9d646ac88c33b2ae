//! Targets other than the Normal: closed forms, and runs on the CPU against the exact flow. No GPU.

use flowsketch_core::config::Config;
use flowsketch_core::exact::sinkhorn::Stop;
use flowsketch_core::gaussian::{Moments, density, potentials, potentials_between};
use flowsketch_core::headless::{ExactReference, Run};
use flowsketch_core::heat::log_domain::log_heat;
use flowsketch_core::lattice::{Lattice, normalised};
use flowsketch_core::measure::{Preset, Target};
use flowsketch_core::potentials::SecondPotential;
use flowsketch_core::step_sampler::Points;

const SKEW: Moments = Moments { mean: [0.6, -0.4], covariance: [0.5, 0.3, 0.4] };
const NARROW: Moments = Moments { mean: [-0.5, 0.3], covariance: [0.3, -0.15, 0.7] };

#[test]
fn potentials_between_gaussians_give_both_marginals() {
    let lattice = Lattice::centred(8.0, 160);
    for (source, target, epsilon) in [(SKEW, NARROW, 0.5), (NARROW, SKEW, 0.5), (SKEW, NARROW, 2.0)] {
        let (u, w) = potentials_between(&source, &target, epsilon);
        let [on_u, on_w] = [u, w].map(|q| lattice.points().map(|x| q.at(x)).collect::<Vec<f64>>());
        for (own, other, expected) in [(&on_u, &on_w, source), (&on_w, &on_u, target)] {
            let heat = log_heat(other, &lattice, &lattice, epsilon);
            let pairs = own.iter().zip(heat).zip(lattice.points());
            let error: f64 = pairs.map(|((own, heat), x)| ((own + heat).exp() - density(&expected, x)).abs()).sum();
            let error = error * lattice.cell_area();
            println!("epsilon = {epsilon}: marginal off by {error:.1e} in L1");
            assert!(error < 1e-6, "{error}");
        }
    }
}

#[test]
fn the_normal_is_one_of_them() {
    let normal = Moments { mean: [0.0; 2], covariance: [1.0, 0.0, 1.0] };
    for epsilon in [0.05, 0.2, 1.0] {
        let (expected, found) = (potentials(&SKEW, epsilon), potentials_between(&SKEW, &normal, epsilon));
        for x in [[0.0, 0.0], [1.5, -2.0], [-3.0, 0.5]] {
            for (a, b) in [(expected.0, found.0), (expected.1, found.1)] {
                assert!((a.at(x) - b.at(x)).abs() < 1e-9 * (1.0 + a.at(x).abs()), "{} {}", a.at(x), b.at(x));
            }
        }
    }
}

#[test]
fn weights_of_a_step_add_up_to_one() {
    use flowsketch_core::measure::Sampler;
    use flowsketch_core::step_sampler::StepSampler;
    let source = Preset::Moons.density();
    for target in [Target::Normal, Target::new(&Preset::Checkerboard.density())] {
        let mut step_sampler = StepSampler::new(0, source.moments(), Sampler::new(&source)).to(target);
        let Points::Quadrature(points) = step_sampler.advance(&Config::default()).points else {
            panic!("of quadrature")
        };
        for nodes in [&points.source, &points.target] {
            let sum: f64 = nodes.weights().sum();
            assert!((sum - 1.0).abs() < 1e-9, "{sum}");
            // The plain quadrature of p is 1 up to its error.
            assert!(nodes.log_mass.abs() < 0.05, "{}", nodes.log_mass);
        }
    }
}

/// The same recipe as to the Normal, after 6e5 evaluations.
#[test]
fn a_run_learns_the_way_to_another_density() {
    let (source, end) = (Preset::Moons.density(), Preset::EightGaussians.density());
    let config = Config { epsilon: 0.5, ..Config::default() };
    let mut truth = ExactReference::new(&source, &Target::new(&end), 0.5, &Stop::default());
    let mut run = Run::on_cpu(config.clone(), &source, Target::new(&end));
    let mut first = None;
    while run.evaluations() < 600_000 {
        run.train(4).unwrap();
        first.get_or_insert_with(|| run.measure().unwrap().0);
    }
    let (measurement, tabulation) = run.measure().unwrap();
    let findings = truth.audit(&tabulation, SecondPotential::Network);
    println!("{first:?}\n{measurement:?}\n{findings:?}");
    assert!(measurement.metrics.kl_source < 0.03 && first.unwrap().metrics.kl_source > 0.05, "{measurement:?}");
    assert!(findings.l1_rho.iter().all(|l1| *l1 < 0.05), "{findings:?}");
    // The dual value is close to the optimum for this target.
    assert!((measurement.metrics.dual - truth.exact.optimum).abs() < 0.02, "{measurement:?} {}", truth.exact.optimum);
    // Against the flow to the Normal it is far off.
    let mut other = ExactReference::new(&source, &Target::Normal, 0.5, &Stop::default());
    assert!(other.audit(&tabulation, SecondPotential::Network).l1_rho[2] > 0.5);
    let mass = normalised(&truth.lattice, truth.target.clone()).iter().sum::<f64>() * truth.lattice.cell_area();
    assert!((mass - 1.0).abs() < 1e-9);
}
