//! The session on the CPU: its exact side, audits while training goes on, and what pictures show.

use flowsketch_core::audit::{Completion, target_density};
use flowsketch_core::config::{Activation, Config, Optimiser};
use flowsketch_core::cpu::LOG_ZERO;
use flowsketch_core::cpu::flow::{flow, flow_by_products};
use flowsketch_core::cpu::products::HeatProducts;
use flowsketch_core::cpu::session::{CpuSession, Progress};
use flowsketch_core::cpu::sinkhorn::{Solution, Stop, marginal_error, solve};
use flowsketch_core::exact::AuditReport;
use flowsketch_core::measure::{Preset, Target};
use flowsketch_core::network::{Shape, Snapshot};
use flowsketch_core::session::Shown;
use flowsketch_tests::compare::{assert_close, relative_error};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const LEARNED: Shown = Shown::Learned(Completion::Transform);

fn step(session: &mut CpuSession, steps: u32) -> AuditReport {
    session.train(steps);
    let report = session.recover();
    session.audit(&report, Completion::Transform);
    session.work(MINUTE).expect("an audit of the flow")
}

#[test]
fn it_solves_trains_and_audits() {
    let mut session = CpuSession::new(Config { epsilon: 1.0, ..Config::default() }, &Preset::Moons.density());
    assert!(session.exact().flow().is_none() && session.exact().has_work());
    assert!(session.flow(Shown::Exact, 0.5).is_none(), "neither flow is there yet");
    // Slices: none of them is all of it.
    session.work(Duration::ZERO);
    assert!(session.exact().flow().is_none());
    session.work(MINUTE);
    let optimum = session.exact().flow().expect("the exact flow is solved").optimum;
    assert_eq!(session.shown(Shown::Exact), Shown::Exact);

    let first = step(&mut session, 0);
    let last = step(&mut session, 12);
    assert_eq!((session.step(), session.evaluations()), (12, 12 * 4200));
    assert!(last.step == 12 && last.epsilon == 1.0 && last.findings.optimum == optimum);
    assert!(last.gap > 0.0 && last.gap < first.gap, "the dual value climbs to its optimum");
    assert!((0..3).all(|k| last.findings.l1_rho[k] < first.findings.l1_rho[k]));
    assert!((0..3).all(|k| last.findings.velocity_error[k] < first.findings.velocity_error[k]));
    // The same seed gives the same start.
    session.reset();
    assert_eq!(session.step(), 0);
    let again = step(&mut session, 0);
    assert_eq!(again.findings, first.findings);
}

#[test]
fn another_epsilon_and_another_source_are_solved_for_again() {
    let mut session = CpuSession::new(Config { epsilon: 0.5, ..Config::default() }, &Preset::Rings.density());
    session.work(MINUTE);
    let cold = session.exact().flow().expect("solved").solution.sweeps;
    session.set_epsilon(0.45);
    assert!(session.exact().flow().is_none() && session.shown(Shown::Exact) == Shown::Exact, "the flow before stays");
    session.work(MINUTE);
    let warm = session.exact().flow().expect("solved");
    assert!(warm.epsilon == 0.45 && warm.solution.sweeps < cold, "{} sweeps after {cold}", warm.solution.sweeps);
    session.set_epsilon(f64::NAN);
    assert!(session.exact().flow().is_some());
    session.load(&Preset::Moons.density());
    assert!(session.exact().flow().is_none());
    assert_eq!(session.shown(Shown::Exact), LEARNED);
}

/// ε moves on with every sweep.
#[test]
fn a_drag_of_epsilon_gives_one_solved_flow_after_another() {
    let mut session = CpuSession::new(Config { epsilon: 0.6, ..Config::default() }, &Preset::Moons.density());
    session.work(MINUTE);
    let (lattice, source) = Preset::Moons.density().subsample(3);
    let target = target_density(&lattice);
    let mut solved = vec![session.exact().flow().expect("solved").clone()];
    let path: Vec<f64> = (1..=100).map(|k| 0.6 * 0.985_f64.powi(k)).collect();
    let (mut dragged, [mut sweeps, mut plain]) = (path.iter(), [0; 2]);
    while dragged.len() > 0 || session.exact().has_work() {
        if let Some(epsilon) = dragged.next() {
            session.set_epsilon(*epsilon);
        }
        session.work(Duration::ZERO);
        let (flow, last) = (session.exact().last_flow().expect("one is there"), solved.last().expect("one was"));
        assert_eq!(session.epsilon_of(Shown::Exact), flow.epsilon);
        if flow.epsilon != last.epsilon {
            let (Solution { u, w, .. }, heat) = (&flow.solution, HeatProducts::new(&lattice, flow.epsilon));
            let of = |density: &[f64], a: &[f64], b: &[f64]| marginal_error(&lattice, density, a, &heat.average(b));
            let errors = [of(&source, u, w), of(&target, w, u)];
            assert!(errors.iter().all(|error| *error <= 1e-4), "epsilon = {}: {errors:?}", flow.epsilon);
            // From the potential before, in units of cost, it would take longer.
            let scale = |w: &f64| if *w > 0.5 * LOG_ZERO { w * last.epsilon / flow.epsilon } else { *w };
            let start: Vec<f64> = last.solution.w.iter().map(scale).collect();
            plain += solve(&lattice, &source, &target, flow.epsilon, Some(&start), &Stop::default()).sweeps;
            sweeps += flow.solution.sweeps;
            let drawn = flow_by_products(u, w, &lattice, flow.epsilon, 0.3).concat();
            solved.push(flow.clone());
            let shown = session.flow(Shown::Exact, 0.3).expect("the exact flow").field.concat();
            assert_close("what is drawn", &shown.into_iter().map(f64::from).collect::<Vec<_>>(), &drawn, 1e-6);
        }
    }
    let epsilons: Vec<f64> = solved.iter().map(|flow| flow.epsilon).collect();
    println!("{sweeps} sweeps instead of {plain}, for {} of {} values of ε", epsilons.len(), path.len());
    assert!(epsilons.len() > 20 && epsilons.is_sorted_by(|a, b| a > b));
    assert!(epsilons[1..].iter().all(|epsilon| path.contains(epsilon)) && epsilons.last() == path.last());
    assert!(2 * sweeps < plain, "{sweeps} sweeps instead of {plain}");
}

#[test]
fn a_difference_is_of_one_epsilon() {
    let difference = Shown::Difference(Completion::Transform);
    let mut session = CpuSession::new(Config { epsilon: 0.5, ..Config::default() }, &Preset::Moons.density());
    session.work(MINUTE);
    session.recover();
    assert!(session.flow(difference, 0.5).is_some() && session.potentials(difference).is_some());
    session.set_epsilon(0.4);
    assert!(session.epsilon_beside(difference) == 0.5 && !session.is_behind(difference), "as long as that is exact");
    assert!(session.is_behind(LEARNED) && session.epsilon_of(LEARNED) == 0.5);
    session.work(MINUTE);
    assert!(session.is_behind(difference));
    assert!(session.flow(difference, 0.5).is_none() && session.potentials(difference).is_none());
    assert_eq!(session.recover_at(session.epsilon_beside(difference)).epsilon, 0.4);
    assert!(session.flow(difference, 0.5).is_some() && session.epsilon_of(difference) == 0.4);
    // At an ε on the way nothing is said of training at another.
    session.train(1);
    assert!(session.recover_at(0.45).estimate.is_none() && session.recover().estimate.is_some());
}

#[test]
fn the_flow_follows_t_the_weights_and_what_is_shown() {
    let mut session = CpuSession::new(Config::default(), &Preset::Circles.density());
    session.recover();
    session.work(MINUTE);
    let mut field = |shown, t| session.flow(shown, t).expect("a flow").field.concat();
    let [early, late, exact] = [field(LEARNED, 0.2), field(LEARNED, 0.8), field(Shown::Exact, 0.2)];
    let network = field(Shown::Learned(Completion::Network), 0.2);
    for other in [&late, &exact, &network] {
        assert!(relative_error(&early, other) > 0.0 && early != *other);
    }
    assert_eq!(field(LEARNED, 0.2), early);
    assert_eq!(field(LEARNED, f64::NAN), field(LEARNED, 0.0));
    let difference = session.flow(Shown::Difference(Completion::Transform), 0.2).expect("a difference");
    assert!(difference.field.concat() == early && difference.reference.expect("the exact flow").concat() == exact);
    session.train(3);
    assert_eq!(session.flow(LEARNED, 0.2).unwrap().field.concat(), early, "not recovered yet");
    session.recover();
    assert!(session.flow(LEARNED, 0.2).unwrap().field.concat() != early);
}

#[test]
fn flows_by_products_are_the_twins_flows_at_every_time() {
    let (lattice, source) = Preset::Checkerboard.density().subsample(9);
    let u: Vec<f64> = source.iter().map(|p| 3.0 * p.sqrt() - 1.0).collect();
    let w: Vec<f64> = lattice.points().map(|[x, y]| (x - 0.3 * y).cos() - 0.2 * x * x).collect();
    for t in [0.0, 1e-3, 0.02, 0.3, 0.97, 1.0] {
        let found = flow_by_products(&u, &w, &lattice, 0.2, t).concat();
        assert_close(&format!("t = {t}"), &found, &flow(&u, &w, &lattice, 0.2, t).concat(), 1e-9);
    }
}

#[test]
fn a_run_goes_on_from_where_another_stood() {
    let (config, source) = (Config::default(), Preset::Pinwheel.density());
    let start = Progress { snapshots: Snapshot::pair(&config, &Shape::new(&config)), step: 0, evaluations: 0 };
    let mut runs =
        [CpuSession::new(config.clone(), &source), CpuSession::resume(config.clone(), &source, Target::Normal, &start)];
    let [a, b] = runs.each_mut().map(|session| {
        session.train(2);
        session.recover()
    });
    assert_eq!(a, b);
    let later =
        CpuSession::resume(config, &source, Target::Normal, &Progress { step: 70, evaluations: 294_000, ..start });
    assert_eq!((later.step(), later.evaluations()), (70, 294_000));
}

#[test]
fn other_settings_go_on_from_the_weights_or_start_again() {
    let config = Config { batch: 100, draws: 4, ..Config::paper() };
    let mut session = CpuSession::new(config.clone(), &Preset::Moons.density());
    session.train(20);
    let before = session.recover().metrics;
    let warm = Config {
        batch: 70,
        draws: 3,
        learning_rate: 2e-3,
        penalty: 1e-3,
        optimiser: Optimiser::Sgd,
        average_decay: 0.9,
        ..config.clone()
    };
    session.reconfigure(warm.clone());
    assert_eq!((session.config(), session.step(), session.evaluations()), (&warm, 20, 20 * 2 * 100 * 5));
    assert_eq!(session.recover().metrics, before, "the weights are others");
    session.train(1);
    assert_eq!(session.evaluations(), 20 * 2 * 100 * 5 + 2 * 70 * 4);

    for other in [
        Config { activation: Activation::Silu, ..config.clone() },
        Config { fourier_features: 16, ..config.clone() },
        Config { gaussian_base: true, ..config.clone() },
        Config { seed: 1, ..config.clone() },
        Config { epsilon: 0.5, ..Config::default() },
    ] {
        session.reconfigure(other.clone());
        assert_eq!((session.config(), session.step(), session.evaluations()), (&other, 0, 0));
        session.train(2);
        let fresh = &mut CpuSession::new(other, session.source());
        fresh.train(2);
        assert_eq!(session.recover(), fresh.recover());
    }
}
