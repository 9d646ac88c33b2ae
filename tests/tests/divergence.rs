//! Runs that diverge are detected and explained, and healthy ones are not stopped. No GPU: runs are on the CPU.

use flowsketch_core::config::Config;
use flowsketch_core::divergence_monitor::{DivergenceMonitor, Set, Symptom, explain, gap_of};
use flowsketch_core::headless::Run;
use flowsketch_core::measure::{Preset, Sampler, Target};
use flowsketch_core::metrics::{Measurement, Metrics};
use flowsketch_core::random::normal_pair;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

/// Share of the points y of the Normal with one of their N draws within the square [from, 4]².
fn counted(epsilon: f64, draws: u32, from: f64) -> f64 {
    let points = 20_000;
    let hit = |k: u32| {
        let y = normal_pair::<f64>([1, 0], 0, k);
        (0..draws).any(|i| {
            let draw = normal_pair::<f64>([2, 0], 0, k * draws + i);
            (0..2).all(|axis| (from..=4.0).contains(&(y[axis] + epsilon.sqrt() * draw[axis])))
        })
    };
    (0..points).filter(|&k| hit(k)).count() as f64 / f64::from(points)
}

#[test]
fn the_checkerboards_corners_are_hit_too_rarely() {
    let source = Preset::Checkerboard.density();
    let gap = |epsilon, from: f64| gap_of(&source, epsilon, 100, 0, [[from, 4.0]; 2]);
    for (epsilon, from, mass) in [(1.0, 2.5, 0.0703), (1.0, 3.0, 0.0313), (0.5, 3.0, 0.0313)] {
        let gap = gap(epsilon, from);
        let counted = counted(epsilon, 100, from);
        println!("epsilon = {epsilon}: {gap} Counted: {:.2} %.", 100.0 * counted);
        assert!((gap.mass - mass).abs() < 1e-4 && gap.excess() > 0.0, "{gap:?}");
        // Four standard errors of the count.
        assert!((gap.hit - counted).abs() < 4.0 * (counted / 20_000.0).sqrt(), "{gap:?}: counted {counted}");
    }
    assert_eq!(
        gap(1.0, 3.0).to_string(),
        "No maximiser exists with 100 draws: the square [3, 4]² holds 3.1 % of the source, but one of 100 draws \
         falls into it for only 1.5 % of the points y of the Normal."
    );
    let worst = explain(&source, 1.0, 100).expect("a set that the draws miss");
    println!("{worst}");
    assert!(worst.excess() >= gap(1.0, 3.0).excess());
}

#[test]
fn other_sources_are_explained_where_they_run_away() {
    // The paper's 100 draws are enough for two spirals at ε = 1, and 4 are not.
    let spirals = Preset::TwoSpirals.density();
    assert_eq!(explain(&spirals, 1.0, 100), None);
    assert!(explain(&spirals, 1.0, 4).is_some_and(|gap| gap.excess() > 0.1));
    // The centre of the Normal, where this source has no mass: here ψ lacks draws.
    let gap = explain(&Preset::EightGaussians.density(), 0.5, 100).expect("a set that the draws miss");
    assert!(gap.side == 1 && gap.to_string().ends_with("of the points x of the source."), "{gap}");
    // A thin source is missed where its density is high.
    let gap = explain(&Preset::Gaussian.density(), 1.0, 4).expect("a set that the draws miss");
    assert!(gap.side == 0 && gap.set == Set::Densest, "{gap}");
    println!("{gap}");
}

/// A run on the CPU, measured every ten steps until it has diverged or `steps` are done.
fn watched(config: Config, preset: Preset, steps: u64) -> Run {
    let mut run = Run::on_cpu(config, &preset.density(), Target::Normal);
    while run.step() < steps && run.divergence().is_none() {
        let next = run.step() + 10;
        while run.step() < next {
            run.train(next - run.step()).expect("it trains");
        }
        let measurement = run.measure().expect("it is measured").0;
        println!("{} {}: {:?} {:?}", preset.name(), measurement.step, measurement.estimate, measurement.metrics);
    }
    run
}

#[test]
fn a_run_without_a_maximiser_is_noticed_and_explained() {
    let config = Config { draws: 4, batch: 200, learning_rate: 1e-2, ..Config::paper() };
    let run = watched(config, Preset::Checkerboard, 200);
    let divergence = run.divergence().expect("it diverges within a few steps");
    println!("{divergence}");
    assert!(divergence.step <= 60, "{divergence:?}");
    assert!(divergence.gap.is_some_and(|gap| gap.excess() > 0.1), "{divergence:?}");
    assert!(divergence.to_string().contains("No maximiser exists with 4 draws: "));
}

#[test]
fn healthy_runs_are_left_alone() {
    // The paper's number of draws, at fewer points.
    let config = Config { batch: 40, learning_rate: 3e-3, ..Config::paper() };
    assert_eq!(watched(config, Preset::TwoSpirals, 50).divergence(), None);
    for preset in Preset::ALL {
        let config = Config { batch: 300, epsilon: 0.2, ..Config::default() };
        assert_eq!(watched(config, preset, 20).divergence(), None);
    }
}

/// A far too large learning rate, by the recipe that has no draws.
#[test]
fn a_run_by_quadrature_is_told_of_settings_that_it_has() {
    let config = Config { batch: 300, learning_rate: 30.0, epsilon: 0.2, ..Config::default() };
    let run = watched(config, Preset::TwoSpirals, 200);
    let sentence = run.divergence().expect("it diverges").to_string();
    println!("{sentence}");
    assert!(sentence.contains("batch") && !sentence.contains("draws"), "{sentence}");
}

fn report(estimate: Option<f64>, dual: f64, kl_source: f64) -> Measurement {
    let metrics = Metrics { dual, kl_source, tv_source: 0.5, mass: 0.0, maximality_phi: 0.1 };
    Measurement { step: 1, evaluations: 1, epsilon: 0.5, metrics, estimate }
}

#[test]
fn the_watch_waits_for_a_second_sign() {
    let mut monitor = DivergenceMonitor::default();
    assert_eq!(monitor.observe(&report(Some(0.7), 0.0, 1.0)), None);
    // No symptom: at ε = 0.5 one nat is 0.5 in units of cost.
    assert_eq!(monitor.observe(&report(Some(0.4), 0.0, 1.0)), None);
    assert_eq!(monitor.observe(&report(Some(0.6), 0.0, 1.0)), None);
    let overestimate = Symptom::Overestimate { estimate: 0.6, dual: -1.0 };
    assert_eq!(monitor.observe(&report(Some(0.6), -1.0, 1.0)), Some(overestimate));

    let mut monitor = DivergenceMonitor::default();
    assert_eq!(monitor.observe(&report(None, 0.0, 0.7)), None);
    assert_eq!(monitor.observe(&report(None, 0.0, 1.8)), None);
    assert_eq!(monitor.observe(&report(None, 0.0, 1.9)), Some(Symptom::SourceLost { best: 0.7, now: 1.9 }));
    assert_eq!(DivergenceMonitor::default().observe(&report(None, f64::NAN, 0.7)), Some(Symptom::NotFinite));
    assert_eq!(DivergenceMonitor::default().observe(&report(Some(f64::INFINITY), 0.0, 0.7)), Some(Symptom::NotFinite));
}

#[test]
fn sampling_is_what_the_criterion_takes_it_for() {
    // The share of the source within the square, counted as the run draws it.
    let source = Preset::Checkerboard.density();
    let points = Sampler::new(&source).independent_with_density(40_000, &mut ChaCha8Rng::seed_from_u64(1));
    let inside = points.iter().filter(|(x, _)| x.iter().all(|c| (2.5..=4.0).contains(c))).count() as f64 / 40_000.0;
    let mass = gap_of(&source, 1.0, 100, 0, [[2.5, 4.0]; 2]).mass;
    assert!((inside - mass).abs() < 4.0 * (mass / 40_000.0).sqrt(), "{inside} {mass}");
}
