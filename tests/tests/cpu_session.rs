//! The session on the CPU: its exact solver, audits during training, and what pictures show.

use flowsketch_core::checkpoint::{Checkpoint, Snapshot};
use flowsketch_core::config::{Activation, Config, Optimiser};
use flowsketch_core::cpu::session::{CpuSession, Subject};
use flowsketch_core::exact::audit::AuditReport;
use flowsketch_core::exact::flow::ExactFlow;
use flowsketch_core::exact::sinkhorn::{Solution, Stop, marginal_error, solve};
use flowsketch_core::heat::flow::flow_by_products;
use flowsketch_core::heat::products::HeatProducts;
use flowsketch_core::measure::{Brush, Density, Drawing, Preset, Target, Tool, target_density};
use flowsketch_core::numeric::MASKED_BELOW;
use flowsketch_core::potentials::{Pair, SecondPotential, Shown, TabulatedPotentials};
use flowsketch_core::reference::flow::flow;
use flowsketch_core::run::Onward;
use flowsketch_study::sources;
use flowsketch_tests::compare::{assert_close, relative_error};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const LEARNED: Shown = Shown::Learned(SecondPotential::Transform);

fn step(session: &mut CpuSession, steps: u32) -> AuditReport {
    session.train(steps);
    let report = session.tabulate();
    session.audit(&report, SecondPotential::Transform);
    session.work_on_host(MINUTE).expect("an audit of the flow")
}

#[test]
fn it_solves_trains_and_audits() {
    let mut session =
        CpuSession::new(Config { epsilon: 1.0, ..Config::default() }, &Preset::Moons.density(), Target::Normal);
    assert!(session.exact().flow().is_none() && session.exact().has_work());
    assert!(session.flow(Shown::Exact, 0.5).is_none(), "neither flow is there yet");
    // Work is done in slices: one slice does not finish the solve.
    session.work_on_host(Duration::ZERO);
    assert!(session.exact().flow().is_none());
    session.work_on_host(MINUTE);
    let optimum = session.exact().flow().expect("the exact flow is solved").optimum;
    assert_eq!(session.shown(Shown::Exact), Shown::Exact);

    let first = step(&mut session, 0);
    let last = step(&mut session, 12);
    assert_eq!((session.step(), session.evaluations()), (12, 12 * 1300));
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
    let mut session =
        CpuSession::new(Config { epsilon: 0.5, ..Config::default() }, &Preset::Rings.density(), Target::Normal);
    session.work_on_host(MINUTE);
    let cold = session.exact().flow().expect("solved").solution.sweeps;
    session.set_epsilon(0.45);
    assert!(session.exact().flow().is_none() && session.shown(Shown::Exact) == Shown::Exact, "the flow before stays");
    session.work_on_host(MINUTE);
    let warm = session.exact().flow().expect("solved");
    assert!(warm.epsilon == 0.45 && warm.solution.sweeps < cold, "{} sweeps after {cold}", warm.solution.sweeps);
    session.set_epsilon(f64::NAN);
    assert!(session.exact().flow().is_some());
    session.load(&Preset::Moons.density());
    assert!(session.exact().flow().is_none());
    assert_eq!(session.shown(Shown::Exact), LEARNED);
}

/// ε changes with every sweep.
#[test]
fn a_drag_of_epsilon_gives_one_solved_flow_after_another() {
    let mut session =
        CpuSession::new(Config { epsilon: 0.6, ..Config::default() }, &Preset::Moons.density(), Target::Normal);
    session.work_on_host(MINUTE);
    let (lattice, source) = Preset::Moons.density().subsample(3);
    let target = target_density(&lattice);
    let mut solved = vec![session.exact().flow().expect("solved").clone()];
    let path: Vec<f64> = (1..=100).map(|k| 0.6 * 0.985_f64.powi(k)).collect();
    let (mut dragged, [mut sweeps, mut plain]) = (path.iter(), [0; 2]);
    while dragged.len() > 0 || session.exact().has_work() {
        if let Some(epsilon) = dragged.next() {
            session.set_epsilon(*epsilon);
        }
        session.work_on_host(Duration::ZERO);
        let (flow, last) = (session.exact().last_flow().expect("one is there"), solved.last().expect("one was"));
        assert_eq!(session.epsilon_of(Shown::Exact), flow.epsilon);
        if flow.epsilon != last.epsilon {
            let (Solution { u, w, .. }, heat) = (&flow.solution, HeatProducts::new(&lattice, flow.epsilon));
            let of = |density: &[f64], a: &[f64], b: &[f64]| marginal_error(&lattice, density, a, &heat.average(b));
            let errors = [of(&source, u, w), of(&target, w, u)];
            assert!(errors.iter().all(|error| *error <= 1e-4), "epsilon = {}: {errors:?}", flow.epsilon);
            // A start from the last potential alone, in units of cost, would take more sweeps.
            let scale = |w: &f64| if *w > MASKED_BELOW { w * last.epsilon / flow.epsilon } else { *w };
            let start: Vec<f64> = last.solution.w.iter().map(scale).collect();
            plain += solve(&lattice, &source, &target, flow.epsilon, Some(&start), &Stop::default()).sweeps;
            sweeps += flow.solution.sweeps;
            let drawn =
                flow_by_products(&Pair { lattice, epsilon: flow.epsilon, u: u.clone(), w: w.clone() }, 0.3).concat();
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
    let difference = Shown::Difference(SecondPotential::Transform);
    let mut session =
        CpuSession::new(Config { epsilon: 0.5, ..Config::default() }, &Preset::Moons.density(), Target::Normal);
    session.work_on_host(MINUTE);
    session.tabulate();
    assert!(session.flow(difference, 0.5).is_some() && session.potentials(difference).is_some());
    session.set_epsilon(0.4);
    assert!(session.epsilon_beside(difference) == 0.5 && !session.is_behind(difference), "as long as that is exact");
    assert!(session.is_behind(LEARNED) && session.epsilon_of(LEARNED) == 0.5);
    session.work_on_host(MINUTE);
    assert!(session.is_behind(difference));
    assert!(session.flow(difference, 0.5).is_none() && session.potentials(difference).is_none());
    assert_eq!(session.tabulate_at(session.epsilon_beside(difference)).epsilon, 0.4);
    assert!(session.flow(difference, 0.5).is_some() && session.epsilon_of(difference) == 0.4);
    // A tabulation at an ε of the drag has no estimate, because the run trains at another ε.
    session.train(1);
    assert!(session.tabulate_at(0.45).estimate.is_none() && session.tabulate().estimate.is_some());
}

#[test]
fn the_flow_follows_t_the_weights_and_what_is_shown() {
    let mut session = CpuSession::new(Config::default(), &Preset::Circles.density(), Target::Normal);
    session.tabulate();
    session.work_on_host(MINUTE);
    let mut field = |shown, t| session.flow(shown, t).expect("a flow").field.concat();
    let [early, late, exact] = [field(LEARNED, 0.2), field(LEARNED, 0.8), field(Shown::Exact, 0.2)];
    let network = field(Shown::Learned(SecondPotential::Network), 0.2);
    for other in [&late, &exact, &network] {
        assert!(relative_error(&early, other) > 0.0 && early != *other);
    }
    assert_eq!(field(LEARNED, 0.2), early);
    assert_eq!(field(LEARNED, f64::NAN), field(LEARNED, 0.0));
    let difference = session.flow(Shown::Difference(SecondPotential::Transform), 0.2).expect("a difference");
    assert!(difference.field.concat() == early && difference.reference.expect("the exact flow").concat() == exact);
    session.train(3);
    assert_eq!(session.flow(LEARNED, 0.2).unwrap().field.concat(), early, "not tabulated yet");
    session.tabulate();
    assert!(session.flow(LEARNED, 0.2).unwrap().field.concat() != early);
}

#[test]
fn flows_by_products_are_the_twins_flows_at_every_time() {
    let (lattice, source) = Preset::Checkerboard.density().subsample(9);
    let u: Vec<f64> = source.iter().map(|p| 3.0 * p.sqrt() - 1.0).collect();
    let w: Vec<f64> = lattice.points().map(|[x, y]| (x - 0.3 * y).cos() - 0.2 * x * x).collect();
    for t in [0.0, 1e-3, 0.02, 0.3, 0.97, 1.0] {
        let found = flow_by_products(&Pair { lattice, epsilon: 0.2, u: u.clone(), w: w.clone() }, t).concat();
        assert_close(&format!("t = {t}"), &found, &flow(&u, &w, &lattice, 0.2, t).concat(), 1e-9);
    }
}

#[test]
fn a_run_goes_on_from_where_another_stood() {
    let (config, source) = (Config::default(), Preset::Pinwheel.density());
    let start = Checkpoint { snapshots: Snapshot::pair(&config, &config.shape()), step: 0, evaluations: 0 };
    let mut runs = [
        CpuSession::new(config.clone(), &source, Target::Normal),
        CpuSession::new(config.clone(), &source, Target::Normal).resumed(&start),
    ];
    let [a, b] = runs.each_mut().map(|session| {
        session.train(2);
        session.tabulate()
    });
    assert_eq!(a, b);
    let later = CpuSession::new(config, &source, Target::Normal).resumed(&Checkpoint {
        step: 70,
        evaluations: 294_000,
        ..start
    });
    assert_eq!((later.step(), later.evaluations()), (70, 294_000));
}

#[test]
fn other_settings_go_on_from_the_weights_or_start_again() {
    let config = Config { batch: 100, draws: 4, ..Config::paper() };
    let mut session = CpuSession::new(config.clone(), &Preset::Moons.density(), Target::Normal);
    session.train(20);
    let before = session.tabulate().metrics;
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
    assert_eq!(session.tabulate().metrics, before, "the weights are others");
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
        let fresh = &mut CpuSession::new(other, session.source(), Target::Normal);
        fresh.train(2);
        assert_eq!(session.tabulate(), fresh.tabulate());
    }
}

/// The required lattice depends on ε and the source; the learned, exact, compared and drawn fields all use it.
#[test]
fn the_flow_lattice_follows_the_source_and_epsilon() {
    let difference = Shown::Difference(SecondPotential::Transform);
    let mut session =
        CpuSession::new(Config { epsilon: 0.2, ..Config::default() }, &Preset::Moons.density(), Target::Normal);
    session.work_on_host(MINUTE);
    let thin = sources::cross(0.05).density;
    session.load(&thin);
    for (epsilon, count) in [(0.2, 162), (0.05, 216), (0.5, 162)] {
        session.set_epsilon(epsilon);
        // The flow of the previous ε stays on its lattice until the next one is solved.
        if let Some(before) = session.exact().last_flow().map(|flow| (flow.epsilon, flow.lattice)) {
            session.tabulate_at(before.0);
            assert_eq!(session.tabulation().map(TabulatedPotentials::lattice), Some(before.1));
            assert!(session.flow(difference, 0.5).is_some() && session.flow(Shown::Exact, 0.0).is_some());
        }
        session.work_on_host(MINUTE);
        let exact = session.exact().flow().expect("solved");
        assert_eq!((exact.epsilon, exact.lattice.count, exact.solution.u.len()), (epsilon, count, count * count));
        assert!(exact.solution.error <= 1e-4);
        let audit = step(&mut session, 1);
        assert!(audit.epsilon == epsilon && audit.findings.l1_rho.iter().all(|l1| l1.is_finite()));
        let flow = session.potentials(difference).expect("both are there");
        assert_eq!([&flow.potentials, &flow.reference.expect("it is there")].map(|p| p.lattice().count), [count; 2]);
        let Subject { lattice, field, reference } = session.flow(difference, 0.0).expect("both are there");
        let probe = [field.len(), reference.expect("it is a difference").len()];
        assert_eq!((lattice.count, probe), (count, [count * count; 2]));
    }
    // Where the flow is smooth it is drawn on the coarsest lattice.
    let Subject { lattice, field, .. } = session.flow(Shown::Exact, 0.5).expect("solved");
    assert_eq!((lattice.count, field.len()), (108, 108 * 108));
    session.load(&Preset::Rings.density());
    session.work_on_host(MINUTE);
    assert_eq!(session.exact().flow().expect("solved").lattice.count, 108);
    assert_eq!(step(&mut session, 1).epsilon, 0.5);
}

/// A growing stroke as `count` drawings; the last one is the whole stroke.
fn drawings(count: usize) -> Vec<Density> {
    let mut drawing = Drawing::default();
    let at = |k: usize| {
        let s = k as f64 / (8 * count) as f64;
        [-2.0 + 4.0 * s, (5.0 * s).sin()]
    };
    drawing.begin(Tool::Draw, Brush { radius: 0.3, softness: 0.8 }, at(0));
    let mut taken = vec![];
    for k in 1..=8 * count {
        drawing.extend(at(k));
        if k % 8 == 0 {
            taken.push(drawing.density().expect("there is ink"));
        }
    }
    taken
}

/// Works until the solve is finished to its full accuracy.
fn solve_all(session: &mut CpuSession) -> ExactFlow {
    while session.exact().has_work() {
        session.work_on_host(MINUTE);
    }
    session.exact().flow().expect("solved").clone()
}

/// Each drawing has a draft after a few sweeps, closer than one without a start, and its own exact flow if the pen
/// rests.
#[test]
fn a_drawing_that_changes_comes_to_the_exact_flow_of_one_that_came_at_once() {
    for epsilon in [0.3, 0.05] {
        let config = Config { epsilon, ..Config::default() };
        let mut session = CpuSession::new(config.clone(), &Preset::Moons.density(), Target::Normal);
        solve_all(&mut session);
        let (mut warm, mut cold) = (vec![], vec![]);
        for (k, drawing) in drawings(24).iter().enumerate() {
            session.follow(drawing, Onward::On, k % 8 == 7);
            assert!(session.exact().is_behind() && session.exact().flow().is_none());
            assert_eq!(session.shown(Shown::Exact), Shown::Exact, "the last flow stays");
            let before = session.flow(Shown::Exact, 0.4).expect("the last flow").field.concat();
            session.work_on_host(MINUTE);
            assert!(!session.exact().is_behind() && session.exact().flow().is_none() && session.exact().has_work());
            let Solution { sweeps, error, .. } = session.exact().last_flow().expect("a draft").solution;
            assert!(sweeps <= 16 && error < 0.1, "epsilon = {epsilon}: {sweeps} sweeps, error {error}");
            assert!(session.flow(Shown::Exact, 0.4).expect("the draft").field.concat() != before, "the picture stays");
            warm.push(error);
            // The pen moves on, or rests.
            if k % 8 < 7 {
                continue;
            }
            let found = solve_all(&mut session);
            let mut fresh = CpuSession::new(config.clone(), drawing, Target::Normal);
            let lattice = *fresh.lattice();
            let [source, target] = fresh.densities();
            let as_many = Stop { tolerance: 0.0, max_sweeps: sweeps };
            cold.push((error, solve(&lattice, source, target, epsilon, None, &as_many).error));
            let expected = solve_all(&mut fresh);
            assert!((found.optimum - expected.optimum).abs() < 1e-3, "{} for {}", found.optimum, expected.optimum);
            let [found, expected] = [&mut session, &mut fresh].map(|session| {
                let flow = session.flow(Shown::Exact, 0.5).expect("a flow");
                flow.field.iter().map(|f| f64::from(f[0]).exp()).collect::<Vec<_>>()
            });
            let l1 = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).sum::<f64>() * lattice.cell_area();
            // Each of them is within 1e-4 of its own source.
            assert!(l1 < 4e-4, "densities at t = ½ are {l1} apart");
        }
        println!("epsilon = {epsilon}: errors of drafts {warm:.4?}, beside those from nothing {cold:.4?}");
        // The whole stroke is symmetric, which is easy to solve without a start.
        assert!(cold[..2].iter().all(|(warm, cold)| 3.0 * warm < *cold), "{cold:?}");
    }
}

/// A new drawing comes every few sweeps, before the last one is solved.
#[test]
fn of_drawings_that_come_too_fast_the_newest_counts() {
    let mut session =
        CpuSession::new(Config { epsilon: 0.1, ..Config::default() }, &Preset::Moons.density(), Target::Normal);
    solve_all(&mut session);
    let (before, drawings) = (session.exact().solutions(), drawings(40));
    for (k, drawing) in drawings.iter().enumerate() {
        session.follow(drawing, Onward::On, k == 39);
        (0..3).for_each(|_| _ = session.work_on_host(Duration::ZERO));
    }
    let meanwhile = session.exact().solutions() - before;
    assert!((5..30).contains(&meanwhile), "{meanwhile} flows while 40 drawings came");
    let is_same = |session: &mut CpuSession, drawing| {
        let found = solve_all(session);
        let mut fresh = CpuSession::new(session.config().clone(), drawing, Target::Normal);
        let expected = solve_all(&mut fresh);
        assert_eq!((found.epsilon, session.densities()), (expected.epsilon, fresh.densities()));
        assert!((found.optimum - expected.optimum).abs() < 1e-3, "{} for {}", found.optimum, expected.optimum);
    };
    is_same(&mut session, &drawings[39]);
    // ε also changes, while one problem is being solved and another waits.
    session.follow(&drawings[3], Onward::On, false);
    session.work_on_host(Duration::ZERO);
    session.follow(&drawings[20], Onward::On, true);
    session.set_epsilon(0.2);
    is_same(&mut session, &drawings[20]);
    session.set_epsilon(0.18);
    session.work_on_host(Duration::ZERO);
    session.follow(&drawings[3], Onward::Warm, true);
    is_same(&mut session, &drawings[3]);
}

#[test]
fn a_run_follows_a_drawing_and_goes_on_to_learn_it() {
    let mut session =
        CpuSession::new(Config { epsilon: 0.5, ..Config::default() }, &Preset::Checkerboard.density(), Target::Normal);
    session.train(60);
    let learned = session.tabulate().metrics;
    let (drawings, weights) = (drawings(6), session.checkpoint().snapshots);
    // Warm: the weights and their average stay, the optimiser state is reset, and the base is that of the new moments.
    session.follow(&drawings[0], Onward::Warm, false);
    let Checkpoint { snapshots, step, evaluations } = session.checkpoint();
    assert_eq!((step, evaluations), (0, 0));
    for (now, then) in snapshots.iter().zip(&weights) {
        let (now, then) = (&now.state, &then.state);
        assert!(now.theta == then.theta && now.average == then.average, "the weights are others");
        let moments = [&now.first_moment, &now.second_moment];
        assert!(moments.into_iter().flatten().all(|v| *v == 0.0) && then.first_moment.iter().any(|v| *v != 0.0));
    }
    // Measures jump when the source changes; this is not divergence.
    let mut worst = learned.kl_source;
    for drawing in &drawings {
        session.follow(drawing, Onward::On, false);
        for _ in 0..2 {
            worst = session.tabulate().metrics.kl_source.max(worst);
        }
        assert_eq!(session.divergence(), None, "the source changed, but the run did not diverge");
        session.train(2);
    }
    assert!(worst > learned.kl_source + 1.0, "nothing jumped: {worst}");
    assert_eq!(session.step(), 2 * drawings.len() as u64);
    let first = session.tabulate().metrics.kl_source;
    session.train(80);
    let last = session.tabulate();
    assert!(last.metrics.kl_source < 0.5 * first && last.metrics.kl_source < 0.1, "{first} to {last:?}");
    assert_eq!(session.step(), 2 * drawings.len() as u64 + 80);
    // Afresh: as a new run, except that the exact flow stays until the next one is solved.
    session.work_on_host(MINUTE);
    session.follow(&drawings[5], Onward::Afresh, true);
    assert!(session.exact().last_flow().is_some() && session.tabulation().is_none());
    let mut fresh = CpuSession::new(session.config().clone(), &drawings[5], Target::Normal);
    let both = [&mut session, &mut fresh].map(|session| {
        session.train(2);
        session.tabulate()
    });
    assert_eq!(both[0], both[1]);
}

#[test]
fn a_difference_is_of_one_source() {
    let difference = Shown::Difference(SecondPotential::Transform);
    let mut session =
        CpuSession::new(Config { epsilon: 0.5, ..Config::default() }, &Preset::Moons.density(), Target::Normal);
    session.work_on_host(MINUTE);
    session.tabulate();
    assert!(session.can_be_drawn(difference) && session.flow(difference, 0.5).is_some());
    session.follow(&Preset::Rings.density(), Onward::On, true);
    let is_one = |session: &mut CpuSession| {
        let reference = session.potentials(LEARNED).expect("a learned flow").reference;
        let found = [session.flow(difference, 0.5).is_some(), session.potentials(difference).is_some()];
        assert_eq!([session.can_be_drawn(difference), reference.is_some()], found);
        assert!(session.can_be_drawn(LEARNED) && session.flow(LEARNED, 0.5).is_some());
        found[0] && found[1]
    };
    assert!(!is_one(&mut session), "neither is of the new source");
    session.work_on_host(MINUTE);
    assert!(!is_one(&mut session), "the learned one is of the source before");
    session.tabulate();
    assert!(is_one(&mut session));
    session.follow(&Preset::Moons.density(), Onward::On, true);
    session.tabulate();
    assert!(!is_one(&mut session), "the exact one is of the source before");
    session.work_on_host(MINUTE);
    assert!(is_one(&mut session));
}
