//! The session's exact solvers, audits during training, and what pictures show. Needs an adapter.

use flowsketch_core::config::{Activation, Config, Optimiser};
use flowsketch_core::cpu::session::CpuSession;
use flowsketch_core::exact::audit::AuditReport;
use flowsketch_core::exact::sinkhorn::{Sinkhorn, Stop, log_density, marginal_error, solve};
use flowsketch_core::gpu::exact::Solver;
use flowsketch_core::gpu::kernel::Kernels;
use flowsketch_core::gpu::session::{Session, Work};
use flowsketch_core::gpu::{Clock, sinkhorn};
use flowsketch_core::heat::products::HeatProducts;
use flowsketch_core::lattice::normalised;
use flowsketch_core::measure::{Brush, Density, Drawing, Preset, Target, Tool, target_density};
use flowsketch_core::metrics::Measurement;
use flowsketch_core::potentials::{SecondPotential, Shown};
use flowsketch_core::run::Onward;
use flowsketch_study::sources;
use flowsketch_tests::device::{finish, gpu, offers, read};
use flowsketch_tests::run::submit;
use std::time::{Duration, Instant};

#[test]
fn the_kernels_solve_as_the_host_does() {
    let kernels = Kernels::new(gpu());
    for (preset, epsilon, sweeps) in [(Preset::Checkerboard, 1.0, 14), (Preset::TwoSpirals, 0.1, 70)] {
        let (lattice, source) = preset.density().subsample(9);
        let target = target_density(&lattice);
        let mut twin = Sinkhorn::new(&lattice, &source, &target, epsilon, None);
        let on_gpu = sinkhorn::Sinkhorn::new(gpu(), &kernels, &lattice);
        on_gpu.write(&log_density(&source), &log_density(&target), &twin.solution().w);
        submit(gpu(), |pass| {
            on_gpu.encode_start(pass, epsilon);
            (0..sweeps).for_each(|_| on_gpu.encode_sweep(pass, epsilon));
        });
        let never = Stop { tolerance: 0.0, max_sweeps: u32::MAX };
        (0..sweeps).for_each(|_| _ = twin.sweep(&never));
        let [u, w, heat_w] = [&on_gpu.u, &on_gpu.w, &on_gpu.heat_w].map(|buffer| read::<f32>(gpu(), buffer));
        let twin = twin.solution();
        for (name, found, expected) in [("u", &u, &twin.u), ("w", &w, &twin.w), ("heat", &heat_w, &twin.heat_w)] {
            // In nats: potentials reach some hundred, where f32 rounds at 1e-5.
            let worst = found.iter().zip(expected).map(|(a, b)| (f64::from(*a) - b).abs() / b.abs().max(1.0));
            let worst = worst.fold(0.0, f64::max);
            println!("{} epsilon = {epsilon}: {name} off by {worst:.1e}", preset.name());
            assert!(worst < 2e-5, "{}: {name} off by {worst}", preset.name());
        }
        let double = |field: &[f32]| field.iter().map(|&v| f64::from(v)).collect::<Vec<f64>>();
        let error = marginal_error(&lattice, &source, &double(&u), &double(&heat_w));
        assert!((error - twin.error).abs() < 1e-4, "{error} against {}", twin.error);
    }
}

#[test]
fn a_session_says_that_it_has_run_away_until_it_starts_again() {
    let config = Config { draws: 4, batch: 200, learning_rate: 1e-2, ..Config::paper() };
    let mut session = Session::new(gpu(), config, &Preset::Checkerboard.density());
    let mut measurement = None;
    while session.divergence().is_none() && session.step() < 60 {
        session.submit(&Work { steps: 5, tabulate: true, time: 0.0 }, None);
        finish(gpu());
        measurement = session.poll().or(measurement);
    }
    let measurement = measurement.expect("every submission asked for a measurement");
    let divergence = session.divergence().expect("it diverges within a few steps");
    println!("{divergence} {measurement:?}");
    assert!(divergence.step == measurement.step && measurement.estimate.is_some());
    assert!(divergence.to_string().contains("No maximiser exists with 4 draws: "));
    session.reset();
    assert_eq!(session.divergence(), None);
}

/// Passes of 64 sweeps and of one: each time is less than the host waited, and the clock is free again afterwards.
#[test]
fn a_device_with_times_tells_how_long_a_pass_took() {
    let clock = Clock::new(gpu());
    assert_eq!(clock.is_some(), gpu().device.features().contains(wgpu::Features::TIMESTAMP_QUERY));
    let Some(clock) = clock else {
        offers("times", false);
        return;
    };
    let (lattice, _) = Preset::Moons.density().subsample(9);
    let on_gpu = sinkhorn::Sinkhorn::new(gpu(), &Kernels::new(gpu()), &lattice);
    for sweeps in [64, 1] {
        assert!(clock.is_idle() && clock.take_ms().is_none());
        let start = Instant::now();
        let mut encoder = gpu().device.create_command_encoder(&Default::default());
        {
            let descriptor = wgpu::ComputePassDescriptor { label: None, timestamp_writes: Some(clock.writes()) };
            let mut pass = encoder.begin_compute_pass(&descriptor);
            on_gpu.encode_start(&mut pass, 1.0);
            (0..sweeps).for_each(|_| on_gpu.encode_sweep(&mut pass, 1.0));
        }
        clock.encode(&mut encoder);
        gpu().queue.submit([encoder.finish()]);
        finish(gpu());
        let waited = 1e3 * start.elapsed().as_secs_f64();
        assert!(clock.is_settled() && !clock.is_idle());
        let ms = clock.take_ms().expect("the times are back");
        println!("{sweeps} sweeps: {ms} ms of {waited} ms");
        assert!(ms > 0.0 && ms < waited, "{ms} of {waited} ms");
    }
}

fn step(session: &mut Session, steps: u32) -> Option<AuditReport> {
    session.submit(&Work { steps, tabulate: true, time: 0.5 }, None);
    finish(gpu());
    if let Some(measurement) = session.poll() {
        session.audit(&measurement, SecondPotential::Transform);
    }
    session.work_on_host(Duration::from_secs(60))
}

#[test]
fn the_exact_flow_is_there_before_training_and_audits_follow_it() {
    let config = Config { epsilon: 1.0, ..Config::default() };
    let density = Preset::Moons.density();
    let mut session = Session::new(gpu(), config, &density);
    assert!(session.exact().flow().is_none() && session.exact().has_host_work());
    assert_eq!(session.shown(Shown::Exact), Shown::Learned(SecondPotential::Transform));
    // Work is done in slices: one slice does not finish the solve.
    session.work_on_host(Duration::ZERO);
    assert!(session.exact().flow().is_none());
    session.work_on_host(Duration::from_secs(60));
    let optimum = session.exact().flow().expect("the exact flow is solved").optimum;
    assert_eq!(session.shown(Shown::Exact), Shown::Exact);

    let first = step(&mut session, 0).expect("an audit of the first flow");
    let mut last = first;
    for _ in 0..20 {
        last = step(&mut session, 4).unwrap_or(last);
    }
    println!("{first:?}\n{last:?}");
    assert!(last.step > first.step && last.epsilon == 1.0);
    assert!(last.gap > 0.0 && last.gap < first.gap, "the dual value climbs to its optimum");
    assert!(last.findings.optimum == optimum);
    assert!((0..3).all(|k| last.findings.l1_rho[k] < first.findings.l1_rho[k]));
    assert!((0..3).all(|k| last.findings.velocity_error[k] < first.findings.velocity_error[k]));
    assert!(last.findings.marginal_source < first.findings.marginal_source);
    assert!(last.findings.marginal_target < 1e-4 && last.findings.continuity < 0.01);
}

#[test]
fn another_epsilon_and_another_source_are_solved_for_again() {
    let mut session = Session::new(gpu(), Config { epsilon: 0.5, ..Config::default() }, &Preset::Rings.density());
    let solve_now = |session: &mut Session| {
        while session.exact().has_host_work() {
            session.work_on_host(Duration::from_secs(60));
        }
        session.exact().flow().expect("the exact flow is solved").clone()
    };
    solve_now(&mut session);
    session.set_epsilon(0.4);
    assert!(session.exact().flow().is_none() && session.exact().last_flow().is_some());
    let warm = solve_now(&mut session);
    let (lattice, source) = Preset::Rings.density().subsample(3);
    let target = target_density(&lattice);
    let cold = solve(&lattice, &source, &target, 0.4, None, &Stop::default());
    assert!(warm.epsilon == 0.4 && warm.solution.sweeps < cold.sweeps, "{} sweeps", warm.solution.sweeps);
    // ε changes during a solve.
    session.set_epsilon(0.3);
    session.work_on_host(Duration::ZERO);
    session.set_epsilon(0.2);
    assert_eq!(solve_now(&mut session).epsilon, 0.2);
    session.set_epsilon(f64::NAN);
    assert!(session.exact().flow().is_some());
    session.load(&Preset::Moons.density());
    assert!(session.exact().last_flow().is_none());
    let flow = solve_now(&mut session);
    let (lattice, source) = Preset::Moons.density().subsample(3);
    assert!(marginal_error(&lattice, &source, &flow.solution.u, &flow.solution.heat_w) < 2e-4);
}

#[test]
fn the_kernels_solve_within_the_session() {
    let mut session = Session::new(gpu(), Config { epsilon: 0.5, ..Config::default() }, &Preset::Gaussian.density());
    session.set_exact_solver(Solver::Gpu);
    for (preset, epsilon) in [(Preset::Pinwheel, 0.5), (Preset::Pinwheel, 0.3), (Preset::Circles, 0.3)] {
        if session.config().epsilon == epsilon {
            session.load(&preset.density());
        } else {
            session.set_epsilon(epsilon);
        }
        let mut submissions = 0;
        while session.exact().flow().is_none() {
            assert!(session.exact().has_gpu_work() && !session.exact().has_host_work());
            session.submit(&Work { steps: 0, tabulate: false, time: 0.0 }, None);
            finish(gpu());
            session.poll();
            submissions += 1;
            assert!(submissions < 20, "{} is not solved", preset.name());
        }
        let (lattice, source) = preset.density().subsample(3);
        let solution = &session.exact().flow().unwrap().solution;
        let error = marginal_error(&lattice, &source, &solution.u, &solution.heat_w);
        println!("{} epsilon = {epsilon}: {} sweeps, error {error:.1e}", preset.name(), solution.sweeps);
        assert!(error < 1.1e-4 && session.shown(Shown::Exact) == Shown::Exact);
    }
}

/// On the host and by the kernels: ε changes with every submission, before the last one is solved.
#[test]
fn a_drag_of_epsilon_gives_one_solved_flow_after_another() {
    for (solver, moves, ratio, least) in [(Solver::Host, 60, 0.98_f64, 9), (Solver::Gpu, 7, 0.75, 4)] {
        let config = Config { epsilon: 0.6, ..Config::default() };
        let mut session = Session::new(gpu(), config, &Preset::Pinwheel.density());
        session.set_exact_solver(solver);
        session.load(&Preset::Moons.density());
        let path: Vec<f64> = (1..=moves).map(|k| 0.6 * ratio.powi(k)).collect();
        let (mut solved, mut dragged) = (vec![], path.iter());
        while dragged.len() > 0 || session.exact().flow().is_none() {
            if let Some(epsilon) = dragged.next() {
                session.set_epsilon(*epsilon);
            }
            session.submit(&Work { steps: 0, tabulate: false, time: 0.5 }, None);
            finish(gpu());
            session.poll();
            session.work_on_host(Duration::ZERO);
            solved.extend(session.exact().last_flow().filter(|flow| solved.last() != Some(&flow.epsilon)).map(
                |flow| {
                    let [source, target] = marginal_errors(flow.epsilon, &flow.solution.u, &flow.solution.w);
                    assert!(
                        source < 2e-4 && target < 2e-4,
                        "{solver:?}, epsilon = {}: {source}, {target}",
                        flow.epsilon
                    );
                    flow.epsilon
                },
            ));
            assert_eq!(session.epsilon_of(Shown::Exact), *solved.last().unwrap_or(&session.config().epsilon));
        }
        println!("{solver:?}: solved for {solved:?}");
        assert!(solved.len() >= least && solved.is_sorted_by(|a, b| a > b), "{solver:?}: {solved:?}");
        assert!(solved[1..].iter().all(|epsilon| path.contains(epsilon)) && solved.last() == path.last());
    }
}

/// L1 distances of the marginals of γ from the moons and the Normal.
fn marginal_errors(epsilon: f64, u: &[f64], w: &[f64]) -> [f64; 2] {
    let (lattice, source) = Preset::Moons.density().subsample(3);
    let heat = HeatProducts::new(&lattice, epsilon);
    let of = |density: &[f64], a: &[f64], b: &[f64]| marginal_error(&lattice, density, a, &heat.average(b));
    [of(&source, u, w), of(&target_density(&lattice), w, u)]
}

#[test]
fn the_learned_flow_of_a_difference_is_of_the_epsilon_of_the_exact_one() {
    let difference = Shown::Difference(SecondPotential::Transform);
    let mut session = Session::new(gpu(), Config { epsilon: 0.5, ..Config::default() }, &Preset::Moons.density());
    session.work_on_host(Duration::from_secs(60));
    step(&mut session, 2);
    assert!(session.potentials(difference).is_some() && !session.is_behind(difference));
    session.set_epsilon(0.4);
    // The exact flow is still that of 0.5, and so is the difference.
    assert!(session.epsilon_beside(difference) == 0.5 && !session.is_behind(difference));
    assert!(session.is_behind(Shown::Learned(SecondPotential::Transform)));
    session.work_on_host(Duration::from_secs(60));
    assert!(session.is_behind(difference) && session.potentials(difference).is_none());
    step(&mut session, 0);
    let flow = session.potentials(difference).expect("both are of 0.4");
    assert_eq!([flow.potentials.epsilon, flow.reference.expect("the exact one").epsilon], [0.4, 0.4]);
}

/// Waits for all submissions and returns the newest measurement. On a busy machine one poll may miss a finished
/// readback.
fn settle(session: &mut Session) -> Option<Measurement> {
    let mut measurement = None;
    while session.is_under_way() {
        finish(gpu());
        measurement = session.poll().or(measurement);
    }
    measurement
}

/// On the host and by the kernels: drafts of the drawings, a full solution of the newest, and measurements of the
/// newest only.
#[test]
fn it_follows_a_drawing_that_changes() {
    let drawings: Vec<Density> = (1..=6)
        .map(|k| {
            let mut drawing = Drawing::default();
            drawing.begin(Tool::Draw, Brush { radius: 0.35, softness: 0.8 }, [-2.0, -0.5]);
            drawing.extend([-2.0 + 0.6 * f64::from(k), 0.5]);
            drawing.density().expect("there is ink")
        })
        .collect();
    let newest = drawings.last().expect("the last");
    for (solver, submissions) in [(Solver::Host, 4), (Solver::Gpu, 1)] {
        let config = Config { epsilon: 0.3, ..Config::default() };
        let mut session = Session::new(gpu(), config.clone(), &Preset::Gaussian.density());
        session.set_exact_solver(solver);
        session.load(&Preset::Circles.density());
        let submit = |session: &mut Session, steps, tabulate| {
            session.submit(&Work { steps, tabulate, time: 0.5 }, None);
            let measurement = settle(session);
            session.work_on_host(Duration::ZERO);
            measurement
        };
        while session.exact().flow().is_none() {
            submit(&mut session, 0, false);
        }
        let before = session.exact().solutions();
        submit(&mut session, 3, true);
        for (k, drawing) in drawings.iter().enumerate() {
            // Results submitted for the previous drawing are not reported for this one.
            session.submit(&Work { steps: 0, tabulate: true, time: 0.5 }, None);
            session.follow(drawing, if k == 0 { Onward::Warm } else { Onward::On }, false);
            assert!(settle(&mut session).is_none() && session.exact().last_flow().is_some(), "{solver:?}");
            (0..submissions).for_each(|_| _ = submit(&mut session, 0, false));
            assert!(
                !session.can_be_drawn(Shown::Difference(SecondPotential::Transform)) && session.divergence().is_none()
            );
            let measurement = submit(&mut session, 1, true).expect("measures");
            assert_eq!((measurement.step, session.step()), (k as u64 + 1, k as u64 + 1));
        }
        let drafts = session.exact().solutions() - before;
        assert!(drafts >= 2, "{solver:?}: {drafts} flows");
        session.follow(newest, Onward::On, true);
        submit(&mut session, 0, true);
        while session.exact().flow().is_none() {
            submit(&mut session, 0, false);
        }
        assert!(session.can_be_drawn(Shown::Difference(SecondPotential::Transform)));
        let (lattice, source) = newest.subsample(3);
        let expected =
            solve(&lattice, &normalised(&lattice, source), &target_density(&lattice), 0.3, None, &Stop::default());
        let [found, expected] = [&session.exact().flow().expect("solved").solution, &expected]
            .map(|solution| HeatProducts::new(&lattice, 0.3).average(&solution.u));
        let inside = |k: &usize| lattice.point(*k).iter().all(|c| c.abs() < 3.0);
        // Potentials are determined up to a constant.
        let differences: Vec<f64> = (0..lattice.len()).filter(inside).map(|k| found[k] - expected[k]).collect();
        let mean = differences.iter().sum::<f64>() / differences.len() as f64;
        let worst = differences.iter().map(|d| (d - mean).abs()).fold(0.0, f64::max);
        println!("{solver:?}: {drafts} flows while {} drawings came, log H[e^u] off by {worst:.1e}", drawings.len());
        assert!(worst < 0.02, "{solver:?}: off by {worst}");
        // Afresh is a new run. Warm keeps the weights, on the device and in the checkpoint, and resets the optimiser.
        session.follow(newest, Onward::Afresh, true);
        let measurement = submit(&mut session, 0, true).expect("measures");
        let fresh = submit(&mut Session::new(gpu(), config, newest), 0, true).expect("measures");
        assert_eq!((measurement.step, measurement.metrics), (fresh.step, fresh.metrics));
        submit(&mut session, 3, true);
        let [theta, moment, ..] =
            session.trainer().networks().state().into_array().map(|buffer| read::<f32>(gpu(), buffer));
        assert!(moment.iter().any(|v| *v != 0.0));
        session.follow(&drawings[0], Onward::Warm, true);
        let vectors = session.trainer().networks().state().into_array().map(|buffer| read::<f32>(gpu(), buffer));
        assert!(vectors[0] == theta && vectors[1..3].iter().flatten().all(|v| *v == 0.0));
        let checkpoint = session.checkpoint();
        assert!(checkpoint.step == 0 && checkpoint.snapshots[0].state.first_moment.iter().all(|v| *v == 0.0));
        assert_eq!(checkpoint.snapshots[0].state.theta, theta[..checkpoint.snapshots[0].state.theta.len()]);
    }
}

#[test]
fn a_run_goes_on_from_where_it_stood() {
    let mut session = Session::new(gpu(), Config::default(), &Preset::Moons.density());
    let measurement = |session: &mut Session, steps| {
        session.submit(&Work { steps, tabulate: true, time: 0.0 }, None);
        finish(gpu());
        session.poll().expect("the submission asked for a measurement")
    };
    let before = measurement(&mut session, 4);
    let checkpoint = session.checkpoint();
    assert!(measurement(&mut session, 4).metrics != before.metrics);
    session.resume(&checkpoint);
    let again = measurement(&mut session, 0);
    assert_eq!((again.step, again.evaluations, again.metrics), (4, before.evaluations, before.metrics));
    assert_eq!(measurement(&mut session, 1).step, 5);
}

#[test]
fn other_settings_go_on_from_the_weights_or_start_again() {
    let measurement = |session: &mut Session, steps| {
        session.submit(&Work { steps, tabulate: true, time: 0.0 }, None);
        finish(gpu());
        session.poll().expect("the submission asked for a measurement")
    };
    let config = Config { batch: 100, draws: 4, ..Config::paper() };
    let mut session = Session::new(gpu(), config.clone(), &Preset::Moons.density());
    let before = measurement(&mut session, 20).metrics;
    let warm = Config { batch: 70, draws: 3, optimiser: Optimiser::Sgd, ..config.clone() };
    for warm in [Config { learning_rate: 2e-3, penalty: 1e-3, ..config }, warm] {
        session.reconfigure(warm.clone());
        assert_eq!((session.config(), session.step(), session.evaluations()), (&warm, 20, 20 * 2 * 100 * 5));
        assert_eq!(measurement(&mut session, 0).metrics, before, "the weights are others");
    }
    measurement(&mut session, 1);
    assert_eq!(session.evaluations(), 20 * 2 * 100 * 5 + 2 * 70 * 4);

    for other in [Config { activation: Activation::Silu, ..session.config().clone() }, Config::default()] {
        session.reconfigure(other.clone());
        assert_eq!((session.config(), session.step(), session.evaluations()), (&other, 0, 0));
        let source = session.source().clone();
        assert_eq!(measurement(&mut session, 2), measurement(&mut Session::new(gpu(), other, &source), 2));
    }
}

/// As on the CPU: all fields follow the required lattice. Buffers that are too small are created again.
#[test]
fn the_flow_lattice_follows_the_source_and_epsilon() {
    let difference = Shown::Difference(SecondPotential::Transform);
    let mut session =
        Session::new(gpu(), Config { epsilon: 0.2, ..Config::default() }, &Preset::EightGaussians.density());
    session.set_exact_solver(Solver::Gpu);
    step(&mut session, 1);
    assert_eq!(session.tabulation().expect("tabulated").lattice().count, 108);
    session.load(&sources::cross(0.05).density);
    for (epsilon, count) in [(0.2, 162), (0.05, 216), (0.5, 162)] {
        session.set_epsilon(epsilon);
        // The kernels leave fine lattices to the host.
        assert!(!session.exact().has_gpu_work() && session.exact().has_host_work());
        while session.exact().flow().is_none() {
            session.work_on_host(Duration::from_secs(60));
        }
        let flow = session.exact().flow().expect("solved");
        assert_eq!((flow.epsilon, flow.lattice.count), (epsilon, count));
        session.submit(&Work { steps: 1, tabulate: true, time: 0.5 }, None);
        finish(gpu());
        let measurement = session.poll().expect("it was asked for");
        let tabulation = session.tabulation().expect("tabulated");
        assert_eq!((tabulation.lattice().count, tabulation.log_rho_0.len()), (count, count * count));
        // Almost untrained, both are still the Gaussian bridge, in f32 and in f64.
        let mut twin = CpuSession::new(session.config().clone(), session.source(), Target::Normal);
        let expected = twin.tabulate().metrics;
        assert!(
            (measurement.metrics.kl_source - expected.kl_source).abs() < 0.2 * expected.kl_source,
            "{measurement:?}"
        );
        session.audit(&measurement, SecondPotential::Transform);
        let audit = session.work_on_host(Duration::from_secs(60)).expect("an audit of the flow");
        assert!(audit.findings.l1_rho.iter().all(|l1| l1.is_finite()) && session.potentials(difference).is_some());
    }
    let config = Config { batch: 500, ..session.config().clone() };
    session.reconfigure(config);
    assert!(session.exact().flow().is_some(), "what is solved stays");
    session.load(&Preset::Pinwheel.density());
    assert!(session.exact().has_gpu_work(), "on the coarsest lattice the kernels sweep again");
    step(&mut session, 1);
    assert_eq!(session.tabulation().expect("tabulated").lattice().count, 108);
}

/// A drawing that at pen-up needs a finer lattice than its run's buffers hold, and settings with more nodes than they
/// hold: in both cases the buffers are created again, and the weights stay.
#[test]
fn what_a_run_has_no_room_for_is_built_anew_with_its_weights() {
    let config = Config { epsilon: 0.5, ..Config::default() };
    let mut session = Session::new(gpu(), config.clone(), &Preset::Gaussian.density());
    let submit = |session: &mut Session, steps| {
        session.submit(&Work { steps, tabulate: true, time: 0.5 }, None);
        settle(session)
    };
    submit(&mut session, 3).expect("measures");
    let theta = |session: &Session| read::<f32>(gpu(), &session.trainer().networks().theta);
    let learned = theta(&session);
    let thin = sources::cross(0.03).density;
    session.follow(&thin, Onward::On, false);
    assert_eq!(session.exact().problem().lattice.count, 108, "a draft needs no fine lattice");
    session.follow(&thin, Onward::On, true);
    assert!(session.exact().problem().lattice.count > 108 && session.step() == 3 && theta(&session) == learned);
    session.work_on_host(Duration::from_secs(60));
    let measurement = submit(&mut session, 2).expect("measures");
    assert!(measurement.step == 5 && measurement.metrics.kl_source.is_finite());
    assert!(session.can_be_drawn(Shown::Difference(SecondPotential::Transform)));
    let learned = theta(&session);
    session.reconfigure(Config { source_nodes: 40, target_nodes: 33, ..config });
    assert!(session.step() == 5 && theta(&session) == learned);
    let measurement = submit(&mut session, 1).expect("measures");
    assert!(measurement.step == 6 && measurement.metrics.kl_source.is_finite());
}
