//! Runs without a page: both backends take the same steps. Needs an adapter.

use flowsketch_core::config::{Config, Optimiser};
use flowsketch_core::exact::sinkhorn::Stop;
use flowsketch_core::headless::{ExactReference, Run};
use flowsketch_core::measure::{Preset, Target};
use flowsketch_core::potentials::SecondPotential;
use flowsketch_tests::compare::assert_close;
use flowsketch_tests::device::gpu;

#[test]
fn both_backends_take_the_same_steps_of_the_papers_recipe() {
    // Plain descent: where a gradient is almost zero, Adam's first steps follow the sign of its rounding error.
    let config = Config { batch: 300, draws: 20, optimiser: Optimiser::Sgd, learning_rate: 0.05, ..Config::paper() };
    let source = Preset::TwoSpirals.density();
    let mut runs = [Run::on_gpu(gpu(), config.clone(), &source), Run::on_cpu(config, &source, Target::Normal)];
    let [gpu, cpu] = runs.each_mut().map(|run| {
        while run.step() < 5 {
            run.train(5 - run.step()).unwrap();
        }
        assert_eq!((run.step(), run.evaluations()), (5, 63_000));
        run.measure().unwrap()
    });
    assert_close("u", &gpu.1.u, &cpu.1.u, 1e-3);
    assert_close("psi", &gpu.1.psi, &cpu.1.psi, 1e-3);
    assert!((gpu.0.metrics.kl_source - cpu.0.metrics.kl_source).abs() < 1e-3, "{:?}\n{:?}", gpu.0, cpu.0);
    assert!(gpu.1.u.iter().any(|u| u.abs() > 1e-3), "nothing was learned");
}

#[test]
fn both_backends_take_the_same_steps() {
    let config = Config { epsilon: 1.0, ..Config::default() };
    let source = Preset::TwoSpirals.density();
    let mut runs = [Run::on_gpu(gpu(), config.clone(), &source), Run::on_cpu(config, &source, Target::Normal)];
    let mut truth = ExactReference::new(&source, &Target::Normal, 1.0, &Stop::default());
    let [gpu, cpu] = runs.each_mut().map(|run| {
        while run.step() < 3 {
            run.train(3 - run.step()).unwrap();
        }
        assert_eq!((run.step(), run.evaluations()), (3, 3_900));
        run.measure().unwrap()
    });
    // Adam divides gradients by their size, which amplifies rounding, so the runs separate after some more steps.
    assert_close("u", &gpu.1.u, &cpu.1.u, 1e-3);
    assert_close("psi", &gpu.1.psi, &cpu.1.psi, 1e-3);
    assert!(
        (gpu.0.metrics.kl_source - cpu.0.metrics.kl_source).abs() < 1e-3,
        "{gpu:?}\n{cpu:?}",
        gpu = gpu.0,
        cpu = cpu.0
    );
    let [a, b] = [gpu.1, cpu.1].map(|tabulation| truth.audit(&tabulation, SecondPotential::Network));
    assert!((a.l1_rho[1] - b.l1_rho[1]).abs() < 1e-3 && a.l1_rho[1] > 1e-3, "{a:?}\n{b:?}");
    assert!(a.optimum == truth.exact.optimum);
}
