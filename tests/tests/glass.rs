//! One training step under glass: that it is the step the trainers take, and that each stage is what it says.

use flowsketch_core::config::Config;
use flowsketch_core::cpu::session::CpuSession;
use flowsketch_core::glass::{Field, Glass, Half};
use flowsketch_core::measure::{Preset, Target};

fn sum(field: &Field) -> f64 {
    field.values.iter().map(|&v| f64::from(v)).sum()
}

fn largest(field: &Field) -> f32 {
    field.values.iter().fold(0.0, |most, v| v.abs().max(most))
}

#[test]
fn steps_under_glass_are_those_of_a_run() {
    let (config, source) = (Config { epsilon: 0.5, batch: 300, ..Config::default() }, Preset::Moons.density());
    let mut session = CpuSession::new(config.clone(), &source);
    session.train(40);
    // A run that goes on elsewhere draws other batches than where it was.
    let progress = session.progress();
    let mut session = CpuSession::resume(config.clone(), &source, Target::Normal, &progress);
    let mut glass = Glass::new(config.clone(), &source, Target::Normal, Some(&progress)).expect("it is by quadrature");
    for step in 41..=43 {
        let slide = glass.step(Half::Both, [0.5, 0.5]);
        session.train(1);
        let report = session.recover();
        let estimate = report.estimate.expect("a step was taken");
        assert_eq!((slide.step, report.step), (step, step));
        assert!((slide.dual[0] - estimate).abs() < 2e-4, "J = {} under glass, {estimate} in the run", slide.dual[0]);
    }
}

#[test]
fn each_stage_is_what_it_says() {
    let (config, source) = (Config::default(), Preset::TwoSpirals.density());
    let mut glass = Glass::new(config.clone(), &source, Target::Normal, None).expect("it is by quadrature");
    let mut before = f64::NEG_INFINITY;
    for step in 1..=25 {
        let slide = glass.step(Half::Both, [1.0, -0.3]);
        assert_eq!((slide.batch.len(), slide.step, slide.epsilon), (config.batch, step, config.epsilon));
        // Shares of an average.
        assert!((sum(&slide.average.weights) - 1.0).abs() < 1e-4, "{}", sum(&slide.average.weights));
        assert!(slide.average.weights.values.iter().all(|&weight| weight >= 0.0));
        let far = (slide.average.y[0] - 1.0).hypot(slide.average.y[1] + 0.3);
        assert!(far < slide.miss.spacing, "y is {far} away");
        // Both densities have mass 1; a batch more or less is none of this.
        assert!((sum(&slide.slope) * slide.slope.spacing.powi(2)).abs() < 0.02, "{}", sum(&slide.slope));
        assert!(largest(&slide.phi_change) > 0.0 && largest(&slide.psi_change) > 0.0);
        let elsewhere = glass.average([-2.0, 2.0]).expect("a step was taken");
        assert!((sum(&elsewhere.weights) - 1.0).abs() < 1e-4 && elsewhere.y != slide.average.y);
        assert_eq!(glass.average(slide.average.y).as_ref(), Some(&slide.average));
        if step == 1 {
            // With the output layer at zero ψ's goal is what the Gaussian's formulas leave.
            assert!(largest(&slide.miss) > 0.0);
        }
        before = before.max(slide.dual[0]);
    }
    assert!(before.is_finite());
    // On its own points a step climbs and the regression descends, at the start of a run where gradients are large.
    let slide = Glass::new(config, &source, Target::Normal, None).expect("by quadrature").step(Half::Both, [0.0; 2]);
    assert!(slide.dual[1] > slide.dual[0], "{:?}", slide.dual);
    assert!(slide.loss[1] < slide.loss[0], "{:?}", slide.loss);
}

#[test]
fn half_a_step_leaves_the_other_potential_alone() {
    let (config, source) = (Config::default(), Preset::Rings.density());
    let glass = || Glass::new(config.clone(), &source, Target::Normal, None).expect("it is by quadrature");
    let [both, phi, psi] = [Half::Both, Half::Phi, Half::Psi].map(|half| glass().step(half, [0.0; 2]));
    assert_eq!((&phi.phi_change, largest(&phi.psi_change)), (&both.phi_change, 0.0));
    assert_eq!((&psi.psi_change, largest(&psi.phi_change)), (&both.psi_change, 0.0));
    assert_eq!((psi.dual[0], phi.loss[0]), (psi.dual[1], phi.loss[1]));
}

#[test]
fn the_papers_recipe_is_refused_in_a_sentence() {
    let sentence =
        Glass::new(Config::paper(), &Preset::Rings.density(), Target::Normal, None).expect_err("it has no lattices");
    assert!(sentence.ends_with('.'), "{sentence}");
}

#[test]
fn another_target_has_its_own_density_in_the_goal() {
    let (source, end) = (Preset::Moons.density(), Preset::Rings.density());
    let mut glass = Glass::new(Config::default(), &source, Target::of(Some(&end)), None).expect("it is by quadrature");
    let slide = glass.step(Half::Both, [0.0, 0.0]);
    assert!(slide.miss.values.iter().all(|v| v.is_finite()) && slide.loss.iter().all(|loss| loss.is_finite()));
    assert!((sum(&slide.average.weights) - 1.0).abs() < 1e-4);
}
