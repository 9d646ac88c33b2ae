//! The fast backend for the CPU: equal to its plain twin. No GPU.

use flowsketch_core::config::{Activation, Config};
use flowsketch_core::cpu::fast;
use flowsketch_core::measure::Preset;
use flowsketch_tests::compare::assert_close;
use flowsketch_tests::run::Run;

/// Two steps: in the first only the output layer has a gradient. Compared as in `training.rs`: losses, and gradients by
/// Adam's first moments.
#[test]
fn losses_and_gradients_of_two_steps_equal_the_f64_twin() {
    for (activation, fourier_features, epsilon) in
        [(Activation::Relu, 16, 0.2), (Activation::Silu, 5, 1.0), (Activation::Relu, 0, 0.05)]
    {
        let config = Config { activation, fourier_features, epsilon, batch: 333, ..Config::default() };
        let mut run = Run::new(config, Preset::TwoSpirals);
        let mut fast = fast::Trainer::new(run.shape.clone(), activation, &run.parameters);
        let mut twin = run.on_cpu();
        for step in run.steps(2) {
            let (found, expected) = (fast.step(&step), twin.step(&step));
            println!("{activation:?} {fourier_features} features, epsilon = {epsilon}: {found:?} {expected:?}");
            assert_close("dual", &[found.dual as f32], &[expected.dual], 1e-5);
            assert_close("regression", &[found.regression as f32], &[expected.regression], 1e-5);
        }
        let [phi, psi] = fast.vectors();
        assert_close("gradient of phi", &phi[1], &twin.phi.adam.moment, 1e-4);
        assert_close("gradient of psi", &psi[1], &twin.psi.adam.moment, 1e-5);
    }
}

#[test]
fn recovery_equals_the_f64_twin() {
    let mut run = Run::new(Config::default(), Preset::Checkerboard);
    let mut fast = fast::Trainer::new(run.shape.clone(), run.config.activation, &run.parameters);
    let mut twin = run.on_cpu();
    for step in run.steps(3) {
        fast.step(&step);
        twin.step(&step);
    }
    let (lattice, base) = (run.flow_lattice().0, run.schedule.base(0.2));
    let (found, expected) = (fast.recover(&base, &lattice, 0.2), twin.recover(&base, &lattice, 0.2));
    assert_close("u", &found.u, &expected.u, 1e-3);
    assert_close("psi", &found.psi, &expected.psi, 1e-3);
    let inside = |values: &[f32]| values.iter().copied().filter(|v| *v > -1e29).collect::<Vec<f32>>();
    assert_close("w", &inside(&found.w), &inside(&expected.w), 1e-3);
    assert_close("log rho_0", &found.log_rho_0, &expected.log_rho_0, 1e-3);
}

/// Whatever the number of threads.
#[test]
fn one_seed_gives_the_same_bits() {
    let ten_steps = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut run = Run::new(Config::default(), Preset::TwoSpirals);
            let mut fast = fast::Trainer::new(run.shape.clone(), run.config.activation, &run.parameters);
            run.steps(10).iter().for_each(|step| _ = fast.step(step));
            fast.vectors().map(|vectors| vectors[0].iter().map(|v| v.to_bits()).collect::<Vec<_>>())
        })
    };
    let [one, two, three] = [1, 2, 3].map(ten_steps);
    assert!(one == two && two == three);
    assert!(one[0] != one[1]);
}
