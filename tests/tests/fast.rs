//! The fast CPU backend: equal to its f64 twin. No GPU.

use flowsketch_core::config::{Activation, Config, Optimiser};
use flowsketch_core::cpu::trainer::Trainer;
use flowsketch_core::cpu::work::Portion;
use flowsketch_core::measure::{Preset, Target};
use flowsketch_tests::compare::assert_close;
use flowsketch_tests::run::Run;

/// Two steps: in the first only the output layer has a gradient. Compared as in `training.rs`: losses, and gradients by
/// Adam's first moments.
fn two_steps_equal_the_f64_twin(config: Config) {
    let mut run = Run::new(config, Preset::TwoSpirals);
    println!("{:?}", run.config);
    let mut fast = Trainer::new(run.shape.clone(), run.config.activation, &run.parameters);
    let mut twin = run.on_cpu();
    for step in run.steps(2) {
        let (found, expected) = (fast.step(&step), twin.step(&step));
        assert_close("loss of phi", &[found.phi as f32], &[expected.phi], 1e-5);
        assert_close("loss of psi", &[found.psi as f32], &[expected.psi], 1e-5);
    }
    let [phi, psi] = fast.states();
    let expected = [twin.phi, twin.psi].map(|learner| (learner.state, learner.network));
    match run.config.optimiser {
        Optimiser::Adam => {
            assert_close("gradient of phi", &phi.first_moment, &expected[0].0.first_moment, 1e-4);
            assert_close("gradient of psi", &psi.first_moment, &expected[1].0.first_moment, 1e-4);
        }
        Optimiser::Sgd => {
            assert_close("phi", &phi.theta, &expected[0].1.theta, 1e-5);
            assert_close("psi", &psi.theta, &expected[1].1.theta, 1e-5);
            assert_close("average of phi", &phi.average, &expected[0].0.average, 1e-5);
        }
    }
}

#[test]
fn quadrature_steps_equal_the_f64_twin() {
    let start = Config { batch: 333, ..Config::default() };
    two_steps_equal_the_f64_twin(start.clone());
    two_steps_equal_the_f64_twin(Config { epsilon: 0.05, fourier_features: 0, ..start.clone() });
    two_steps_equal_the_f64_twin(Config { epsilon: 1.0, activation: Activation::Silu, fourier_features: 5, ..start });
}

#[test]
fn monte_carlo_steps_equal_the_f64_twin() {
    // Groups that fill one tile and part of the next, groups that share a tile, and groups of one draw.
    for draws in [100, 7, 1] {
        let start = Config { batch: 37, draws, penalty: 0.3, ..Config::paper() };
        two_steps_equal_the_f64_twin(start.clone());
        let optimiser = Optimiser::Sgd;
        two_steps_equal_the_f64_twin(Config { optimiser, fourier_features: 16, average_decay: 0.9, ..start });
    }
}

#[test]
fn tabulation_equals_the_f64_twin() {
    let mut run = Run::new(Config::default(), Preset::Checkerboard);
    let mut fast = Trainer::new(run.shape.clone(), run.config.activation, &run.parameters);
    let mut twin = run.on_cpu();
    for step in run.steps(3) {
        fast.step(&step);
        twin.step(&step);
    }
    let (lattice, base) = (run.flow_lattice().0, run.step_sampler.base(&run.config));
    let (found, expected) = (fast.tabulate(&base, &Target::Normal, &lattice, 0.2), twin.tabulate(&base, &lattice, 0.2));
    assert_close("u", &found.u, &expected.u, 1e-3);
    assert_close("psi", &found.psi, &expected.psi, 1e-3);
    let inside = |values: &[f32]| values.iter().copied().filter(|v| *v > -1e29).collect::<Vec<f32>>();
    assert_close("w", &inside(&found.w), &inside(&expected.w), 1e-3);
    assert_close("log rho_0", &found.log_rho_0, &expected.log_rho_0, 1e-3);
}

/// Steps that stop after every piece, and with phases on all cores in between. Until a step is done nothing of it is
/// visible, even when φ has been updated and ψ has not.
#[test]
fn steps_in_pieces_give_the_same_bits() {
    let bits =
        |trainer: &Trainer| trainer.states().map(|v| v.map(|v| v.into_iter().map(f32::to_bits).collect::<Vec<_>>()));
    for config in [
        Config { batch: 333, ..Config::default() },
        Config { batch: 37, draws: 100, penalty: 0.3, ..Config::paper() },
        // More units than points; groups that share a tile; an average.
        Config { batch: 11, draws: 7, optimiser: Optimiser::Sgd, average_decay: 0.9, ..Config::paper() },
    ] {
        let mut run = Run::new(config, Preset::TwoSpirals);
        let mut whole = Trainer::new(run.shape.clone(), run.config.activation, &run.parameters);
        let [mut pieces, mut mixed] = [whole.clone(), whole.clone()];
        let (lattice, base) = (run.flow_lattice().0, run.step_sampler.base(&run.config));
        for step in run.steps(3) {
            let before = bits(&whole);
            let tabulate = |trainer: &Trainer| trainer.tabulate(&base, &Target::Normal, &lattice, step.epsilon);
            let tabulated = tabulate(&whole);
            let losses = whole.step(&step);
            pieces.begin(step.clone());
            mixed.begin(step.clone());
            let mut count = 0;
            let found = loop {
                assert!(bits(&pieces) == before && pieces.under_way() == Some(&step));
                if count % 40 == 39 {
                    assert!(tabulate(&pieces) == tabulated);
                }
                count += 1;
                if let Some(losses) = pieces.advance(Portion::Piece) {
                    break losses;
                }
            };
            assert!(count > 40 && pieces.under_way().is_none(), "{count} pieces");
            let mut portions = [Portion::Piece, Portion::Piece, Portion::Phase].into_iter().cycle();
            let mixed_losses = loop {
                if let Some(losses) = mixed.advance(portions.next().unwrap()) {
                    break losses;
                }
            };
            assert_eq!((found, mixed_losses), (losses, losses));
            assert!(bits(&whole) != before && bits(&pieces) == bits(&whole) && bits(&mixed) == bits(&whole));
        }
    }
}

/// A step is dropped explicitly, or because the learners are those of another run. It leaves no trace.
#[test]
fn a_step_under_way_can_be_dropped() {
    for config in [Config { batch: 333, ..Config::default() }, Config { batch: 37, draws: 9, ..Config::paper() }] {
        let mut run = Run::new(config, Preset::Moons);
        let steps = run.steps(2);
        let fresh = Trainer::new(run.shape.clone(), run.config.activation, &run.parameters);
        let mut whole = fresh.clone();
        whole.step(&steps[1]);
        let mut pieces = 0;
        let mut count = fresh.clone();
        count.begin(steps[0].clone());
        while count.advance(Portion::Piece).is_none() {
            pieces += 1;
        }
        for stop in (1..pieces).step_by(7) {
            let mut dropped = fresh.clone();
            dropped.begin(steps[0].clone());
            (0..stop).for_each(|_| assert_eq!(dropped.advance(Portion::Piece), None));
            if stop % 2 == 0 {
                dropped.set_states(fresh.states().each_ref());
            } else {
                dropped.drop_step();
            }
            assert!(dropped.under_way().is_none() && dropped.states() == fresh.states());
            dropped.step(&steps[1]);
            assert!(dropped.states() == whole.states(), "after {stop} pieces");
        }
    }
}

/// For any number of threads.
#[test]
fn one_seed_gives_the_same_bits() {
    let ten_steps = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut run = Run::new(Config::default(), Preset::TwoSpirals);
            let mut fast = Trainer::new(run.shape.clone(), run.config.activation, &run.parameters);
            run.steps(10).iter().for_each(|step| _ = fast.step(step));
            fast.states().map(|state| state.theta.iter().map(|v| v.to_bits()).collect::<Vec<_>>())
        })
    };
    let [one, two, three] = [1, 2, 3].map(ten_steps);
    assert!(one == two && two == three);
    assert!(one[0] != one[1]);
}
