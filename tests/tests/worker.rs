//! How the page's worker answers requests, without a browser.

use flowsketch_core::checkpoint::{Checkpoint, Snapshot};
use flowsketch_core::config::{Config, Optimiser};
use flowsketch_core::cpu::picture::picture;
use flowsketch_core::cpu::session::CpuSession;
use flowsketch_core::explore::{Given, ParticleConfig, Trajectories};
use flowsketch_core::heat::flow::flow_by_products;
use flowsketch_core::measure::{Brush, Density, Drawing, Import, Preset, Target, Tool};
use flowsketch_core::particle_step::FRAMES;
use flowsketch_core::potentials::{SecondPotential, Shown};
use flowsketch_core::run::{Onward, RunRequest, ViewParams};
use flowsketch_core::style::Style;
use flowsketch_files::weights::Weights;
use flowsketch_protocol::export::{Piece, RunSnapshot};
use flowsketch_protocol::inspection::{Finding, Question};
use flowsketch_protocol::worker::{Answer, Request};
use flowsketch_protocol::{decode, encode};
use flowsketch_worker::export::{Content, export};
use flowsketch_worker::history::{History, HistoryEntry, MOST};
use flowsketch_worker::inspection::Inspection;
use flowsketch_worker::speed::FEWEST;
use flowsketch_worker::{Next, Runner, Slice};
use std::cell::Cell;
use std::time::Duration;

const LEARNED: Shown = Shown::Learned(SecondPotential::Transform);
const DIFFERENCE: Shown = Shown::Difference(SecondPotential::Transform);
const STYLE: Style = Style { dark: true, arrows: true, range: Style::RANGE };
const STILL: RunRequest = RunRequest {
    epsilon: 0.2,
    training: false,
    playing: false,
    busy: false,
    drawing: false,
    second_potential: SecondPotential::Transform,
    potentials: false,
    view: ViewParams { time: 0.3, shown: LEARNED, style: STYLE, side: 64 },
};

/// A runner and its page: the clock advances by 20 ms per slice, and every request is encoded to bytes and decoded.
struct Worker {
    runner: Runner,
    clock: Cell<f64>,
    /// By how much the clock also advances whenever it is read, ms: the duration of a piece of work.
    tick: f64,
}

impl Worker {
    fn start(preset: Preset, request: RunRequest) -> Self {
        Self::start_with(Config { epsilon: request.epsilon, ..Config::default() }, preset, request)
    }

    fn start_with(config: Config, preset: Preset, request: RunRequest) -> Self {
        let mut worker = Self { runner: Runner::default(), clock: Cell::new(0.0), tick: 0.0 };
        worker.ask(Request::Start { run: 1, config, source: preset.density(), target: None, checkpoint: None });
        worker.ask(Request::Want(request));
        worker
    }

    fn ask(&mut self, request: Request) {
        self.runner.take(decode(&encode(&request)).expect("what was written can be read"));
    }

    fn advance(&mut self) -> (Option<Slice>, Next) {
        self.clock.set(self.clock.get() + 20.0);
        let Self { runner, clock, tick } = self;
        runner.advance(|| clock.replace(clock.get() + *tick))
    }

    /// All slices until there is nothing to do; each picture is acknowledged at once.
    fn settle(&mut self) -> Vec<Slice> {
        let mut slices = vec![];
        for _ in 0..4000 {
            let (slice, next) = self.advance();
            if slice.as_ref().is_some_and(|slice| slice.picture.is_some()) {
                self.ask(Request::Seen);
            }
            slices.extend(slice);
            if next == Next::Wait {
                return slices;
            }
        }
        panic!("it always has work");
    }
}

#[test]
fn messages_that_are_none_are_refused() {
    assert!(decode::<Request>(&[200]).is_none() && decode::<Answer>(&[]).is_none());
    assert_eq!(decode(&encode(&Answer::Ready)), Some(Answer::Ready));
}

#[test]
fn it_waits_for_a_run_and_for_what_is_wanted() {
    let mut runner = Runner::default();
    assert_eq!(runner.advance(|| 0.0), (None, Next::Wait));
    runner.take(Request::Want(STILL));
    assert_eq!(runner.advance(|| 0.0), (None, Next::Wait));
}

#[test]
fn a_still_run_is_solved_measured_audited_and_drawn_and_then_costs_nothing() {
    let mut worker = Worker::start(Preset::Moons, STILL);
    let slices = worker.settle();
    assert!(slices.iter().all(|slice| slice.run == 1 && slice.update.step == 0));
    let reports = slices.iter().filter_map(|slice| slice.update.measurement).collect::<Vec<_>>();
    assert!(reports.len() == 1 && reports[0].metrics.kl_source > 0.1);
    assert_eq!(slices.iter().filter(|slice| slice.update.solved).count(), 1);
    assert_eq!(slices.iter().filter(|slice| slice.update.audit.is_some()).count(), 1);
    let (side, pixels) = slices.iter().find_map(|slice| slice.picture.clone()).expect("a picture");
    assert!(side == 64 && pixels.len() == 4 * 64 * 64 && pixels.chunks(4).any(|pixel| pixel != &pixels[..4]));
    assert_eq!(worker.advance(), (None, Next::Wait));
    // One step, its measures, its picture.
    worker.ask(Request::Step);
    let last = *worker.settle().iter().rev().find_map(|slice| slice.update.measurement.as_ref()).expect("its measures");
    assert_eq!((last.step, last.evaluations), (1, 1300));
}

#[test]
fn pictures_follow_what_is_wanted_one_at_a_time() {
    let mut worker = Worker::start(Preset::Circles, STILL);
    let first = worker.settle().into_iter().rev().find_map(|slice| slice.picture).unwrap().1;
    let view = |time, shown| RunRequest { view: ViewParams { time, shown, ..STILL.view }, ..STILL };
    let mut draw = |request| {
        worker.ask(Request::Want(request));
        worker.settle().into_iter().find_map(|slice| slice.picture).expect("a picture").1
    };
    let later = draw(view(0.8, LEARNED));
    let exact = draw(view(0.8, Shown::Exact));
    let difference = draw(view(0.8, Shown::Difference(SecondPotential::Transform)));
    assert!(first != later && later != exact && exact != difference);
    // Only the newest request matters, and a second picture waits until the first was acknowledged.
    worker.ask(Request::Want(view(0.1, LEARNED)));
    assert!(worker.advance().0.expect("news").picture.is_some());
    for time in [0.2, 0.4, 0.8] {
        worker.ask(Request::Want(view(time, LEARNED)));
        assert_eq!(worker.advance(), (None, Next::Wait));
    }
    worker.ask(Request::Seen);
    let (slice, _) = worker.advance();
    assert!(slice.expect("news").picture.expect("a picture").1 == later);
}

#[test]
fn it_trains_rests_starts_again_and_follows_epsilon() {
    let training = RunRequest { epsilon: 1.0, training: true, ..STILL };
    let mut worker = Worker::start(Preset::TwoSpirals, training);
    let slices: Vec<Slice> = (0..60).filter_map(|_| worker.advance().0).collect();
    let step = slices.last().expect("news").update.step;
    assert!(step > 5 && slices.iter().filter(|slice| slice.picture.is_some()).count() == 1, "nobody saw the first");
    worker.ask(Request::Rest);
    assert_eq!(worker.advance(), (None, Next::Wait));
    worker.ask(Request::Want(RunRequest { epsilon: 0.5, ..STILL }));
    let measurement =
        worker.settle().iter().rev().find_map(|slice| slice.update.measurement).expect("measures at another epsilon");
    assert!(measurement.epsilon == 0.5 && measurement.step >= step);
    worker.ask(Request::Reset { run: 2 });
    let slices = worker.settle();
    assert!(slices.iter().all(|slice| slice.run == 2 && slice.update.step == 0) && !slices.is_empty());
    let (config, source) = (Config { epsilon: 0.5, ..Config::default() }, Preset::Rings.density());
    worker.ask(Request::Start { run: 3, config, source, target: None, checkpoint: None });
    let slices = worker.settle();
    assert!(slices.iter().any(|slice| slice.update.solved) && slices.iter().all(|slice| slice.run == 3));
}

/// ε changes with every slice, in each view, during training.
#[test]
fn pictures_follow_a_drag_of_epsilon_and_say_which_it_is() {
    for shown in [LEARNED, Shown::Exact, Shown::Difference(SecondPotential::Transform)] {
        let still = RunRequest { epsilon: 0.5, view: ViewParams { shown, ..STILL.view }, ..STILL };
        let mut worker = Worker::start(Preset::Moons, still);
        worker.settle();
        let (mut drawn, mut pictures): (Vec<f64>, Vec<Vec<u8>>) = (vec![], vec![]);
        // The path starts from the present ε, which is drawn until the next flow is solved.
        let epsilons: Vec<f64> = (0..=80).map(|k| 0.5 * 0.985_f64.powi(k)).collect();
        let mut keep = |worker: &mut Worker, slice: Option<Slice>| {
            let Some(Slice { update, picture: Some((_, pixels)), .. }) = slice else { return };
            assert_eq!(update.shown, shown);
            worker.ask(Request::Seen);
            if drawn.last() != Some(&update.epsilon) {
                drawn.push(update.epsilon);
                pictures.push(pixels);
            }
        };
        for epsilon in &epsilons {
            worker.ask(Request::Want(RunRequest { epsilon: *epsilon, training: true, busy: true, ..still }));
            let slice = worker.advance().0;
            keep(&mut worker, slice);
        }
        let last = *epsilons.last().unwrap();
        worker.ask(Request::Want(RunRequest { epsilon: last, ..still }));
        worker.settle().into_iter().for_each(|slice| keep(&mut worker, Some(slice)));
        println!("{shown:?}: {} pictures in {} slices", drawn.len(), epsilons.len());
        assert!(drawn.len() >= 10 && drawn.is_sorted_by(|a, b| a > b), "{shown:?}: {drawn:?}");
        assert!(drawn.iter().all(|epsilon| epsilons.contains(epsilon)), "{shown:?}: {drawn:?}");
        assert_eq!(*drawn.last().unwrap(), last, "{shown:?}: {drawn:?}");
        if shown == Shown::Exact {
            for k in [drawn.len() / 2, drawn.len() - 1] {
                let mut fresh = Worker::start(Preset::Moons, RunRequest { epsilon: drawn[k], ..still });
                let alone = fresh.settle().into_iter().rev().find_map(|slice| slice.picture).expect("a picture").1;
                let off = |other: &[u8]| alone.iter().zip(other).filter(|(a, b)| a.abs_diff(**b) > 1).count();
                assert!(off(&pictures[k]) < alone.len() / 100, "not the flow of {}", drawn[k]);
                assert!(off(&pictures[k - 5]) > alone.len() / 20, "the same as that of {}", drawn[k - 5]);
            }
        }
    }
}

/// The first `points` points of a horizontal stroke of 40.
fn stroke(points: usize) -> Density {
    let mut drawing = Drawing::default();
    drawing.begin(Tool::Draw, Brush { radius: 0.3, softness: 0.8 }, [-2.0, 0.5]);
    (1..=points).for_each(|k| drawing.extend([-2.0 + 0.1 * k as f64, 0.5]));
    drawing.density().expect("there is ink")
}

/// In each view, paused or not: a picture of every drawing, no audit while the pen is down, and no step of a paused
/// run.
#[test]
fn it_follows_a_drawing_while_the_pen_is_down() {
    for (shown, training) in [(Shown::Exact, true), (Shown::Exact, false), (LEARNED, true), (DIFFERENCE, true)] {
        let drawing =
            RunRequest { epsilon: 0.5, training, drawing: true, view: ViewParams { shown, ..STILL.view }, ..STILL };
        let mut worker = Worker::start(Preset::Moons, RunRequest { training: false, drawing: false, ..drawing });
        worker.settle();
        worker.ask(Request::Want(drawing));
        let mut pictures: Vec<Vec<u8>> = vec![];
        for points in 1..=6 {
            let onward = if points == 1 { Onward::Warm } else { Onward::On };
            worker.ask(Request::Follow { run: 2, source: stroke(6 * points), onward, is_last: false });
            let (mut solved, mut drawn, mut measured) = (false, None, false);
            for _ in 0..300 {
                let Some(slice) = worker.advance().0 else { continue };
                assert!(slice.run == 2 && slice.update.audit.is_none() && slice.update.divergence.is_none());
                assert!(training || slice.update.step == 0, "a paused run trains");
                solved |= slice.update.solved;
                measured |= slice.update.measurement.is_some();
                if let Some((_, pixels)) = slice.picture {
                    worker.ask(Request::Seen);
                    drawn = Some(pixels).filter(|_| solved || shown == LEARNED && measured).or(drawn);
                }
                if solved && measured && drawn.is_some() {
                    break;
                }
            }
            assert!(solved && measured, "{shown:?}: drawing {points} is not followed");
            pictures.push(drawn.expect("its picture"));
        }
        assert!(pictures.windows(2).all(|pair| pair[0] != pair[1]), "{shown:?}: a picture stays");
        // Pen-up: the same run continues and is audited. A new run on the same drawing has the same exact flow.
        worker.ask(Request::Follow { run: 2, source: stroke(36), onward: Onward::On, is_last: true });
        worker.ask(Request::Want(RunRequest { drawing: false, training: false, ..drawing }));
        let audit = worker.settle().into_iter().rev().find_map(|slice| slice.update.audit).expect("an audit");
        let (config, source) = (Config { epsilon: 0.5, ..Config::default() }, stroke(36));
        let mut fresh = CpuSession::new(config, &source, Target::Normal);
        fresh.work_on_host(Duration::from_secs(60));
        let optimum = fresh.exact().flow().expect("solved").optimum;
        assert!((audit.findings.optimum - optimum).abs() < 1e-3, "{} for {optimum}", audit.findings.optimum);
        assert_eq!(audit.step > 0, training);
    }
}

/// Without training the worker does no work while the pen is down but does not move.
#[test]
fn a_pen_that_rests_costs_nothing_where_nothing_is_learned() {
    let mut worker = Worker::start(Preset::Moons, RunRequest { drawing: true, ..STILL });
    worker.ask(Request::Follow { run: 2, source: stroke(10), onward: Onward::Afresh, is_last: true });
    worker.settle();
    assert_eq!(worker.advance(), (None, Next::Wait));
}

#[test]
fn it_takes_other_settings_and_tells_of_a_run_that_ran_away() {
    let training = RunRequest { epsilon: 1.0, training: true, view: ViewParams { side: 0, ..STILL.view }, ..STILL };
    let mut worker = Worker::start(Preset::Checkerboard, training);
    let config = Config { draws: 4, batch: 200, learning_rate: 1e-2, ..Config::paper() };
    worker.ask(Request::Configure(config));
    worker.ask(Request::Reset { run: 2 });
    let told = (0..2_000).find_map(|_| worker.advance().0.filter(|slice| slice.update.divergence.is_some()));
    let Slice { run, update, .. } = told.expect("it diverges within a few steps");
    let measurement = update.measurement.expect("a measurement showed it");
    assert_eq!((run, measurement.evaluations), (2, measurement.step * 2 * 200 * 5));
    assert!(update.divergence.expect("it is there").to_string().contains("No maximiser exists with 4 draws: "));
    worker.ask(Request::Want(STILL));
    worker.ask(Request::Configure(Config { draws: 100, ..Config::paper() }));
    worker.ask(Request::Reset { run: 3 });
    let fresh =
        worker.settle().into_iter().find_map(|slice| slice.update.measurement.map(|measurement| (slice, measurement)));
    let (slice, measurement) = fresh.expect("a run that starts is measured");
    assert_eq!((slice.run, measurement.step, slice.update.divergence), (3, 0, None));
}

#[test]
fn it_measures_when_it_is_asked_and_goes_on_with_its_run() {
    let mut worker = Worker::start(Preset::Moons, STILL);
    worker.settle();
    let duration = Duration::from_millis(100);
    let config = Config { epsilon: 1.0, ..Config::default() };
    let answer = worker.runner.take(decode(&encode(&Request::Measure { config, duration })).expect("it can be read"));
    let Some(Answer::Measured(measured)) = answer.map(|answer| decode(&encode(&answer)).expect("it can be read"))
    else {
        panic!("no measurement")
    };
    assert!(measured.steps >= FEWEST && measured.evaluations == 1300 * measured.steps);
    assert!(measured.seconds >= 0.1 && measured.seconds.is_finite());
    assert_eq!(measured.evaluations_per_second(), measured.evaluations as f64 / measured.seconds);
    worker.ask(Request::Step);
    let last = *worker.settle().iter().rev().find_map(|slice| slice.update.measurement.as_ref()).expect("its measures");
    assert_eq!(last.step, 1, "the run was touched");
}

/// After a training step, with the same bits as a session without a worker; exported files too.
#[test]
fn it_goes_to_another_target_and_back_to_the_normal() {
    let (config, source) = (Config { epsilon: STILL.epsilon, ..Config::default() }, Preset::Moons.density());
    let rings = Preset::Rings.density();
    let mut worker = Worker::start(Preset::Moons, STILL);
    worker.settle();
    for (run, target) in [(2, Some(rings.clone())), (3, Some(Preset::Circles.density())), (4, None)] {
        let checkpoint = None;
        let (config, source) = (config.clone(), source.clone());
        let mut session = CpuSession::new(config.clone(), &source, Target::of(target.as_ref()));
        worker.ask(Request::Start { run, config, source, target, checkpoint });
        let first = worker.settle().into_iter().find_map(|slice| slice.update.measurement).expect("it is measured");
        assert_eq!(first, session.tabulate());
        session.train(1);
        assert!(is_same(&step_to(&mut worker, 1, STILL), &session.checkpoint()));
    }
    // The checkpoint of the run to the rings, passed to another worker and to a file.
    let mut session = CpuSession::new(config.clone(), &source, Target::new(&rings));
    session.train(3);
    let checkpoint = Some(Box::new(session.checkpoint()));
    let target = Some(rings.clone());
    let start = Request::Start { run: 5, config: config.clone(), source: source.clone(), target, checkpoint };
    worker.ask(start);
    let measurement = worker.settle().into_iter().find_map(|slice| slice.update.measurement).expect("it is measured");
    assert_eq!(measurement.metrics, session.tabulate().metrics);
    let snapshot = RunSnapshot {
        config,
        source,
        name: "the moons preset".into(),
        target: Some(Box::new(Import { name: "the rings preset".into(), density: rings.clone() })),
        checkpoint: Some(Box::new(session.checkpoint())),
        view: STILL.view,
    };
    let file = |piece| match export(piece, snapshot.clone()) {
        Content::Bytes(bytes) => bytes,
        Content::Pictures { .. } => panic!("pictures"),
    };
    let weights = Weights::from_json(&String::from_utf8(file(Piece::Weights)).unwrap()).unwrap();
    assert_eq!(weights.target.expect("it is kept").name, "the rings preset");
    // The archive stores its arrays as they are: p_target is among its bytes.
    let p_target: Vec<u8> = session.densities()[1].iter().flat_map(|&p| (p as f32).to_le_bytes()).collect();
    assert!(file(Piece::Fields).windows(p_target.len()).any(|bytes| bytes == p_target));
}

fn entry(config: &Config, step: u64) -> HistoryEntry {
    let snapshots = Snapshot::pair(config, &config.shape());
    HistoryEntry { config: config.clone(), checkpoint: Checkpoint { snapshots, step, evaluations: 1300 * step } }
}

#[test]
fn the_past_of_a_run_is_kept_in_bounded_memory_and_evenly() {
    let config = Config::default();
    let bytes = |history: &History| {
        let snapshots = history.entries().iter().flat_map(|entry| &entry.checkpoint.snapshots);
        let vectors = snapshots.flat_map(|snapshot| snapshot.state.each_ref().into_array());
        vectors.map(|vector| 4 * vector.len()).sum::<usize>()
    };
    let (mut history, mut most) = (History::default(), 0);
    for step in (0..20_000).step_by(7) {
        if history.wants(step) {
            history.keep(entry(&config, step));
        }
        most = most.max(bytes(&history));
        assert!(history.entries().len() < MOST);
    }
    println!("{} entries, at most {:.1} MB", history.entries().len(), most as f64 * 1e-6);
    assert!(most < 13_000_000 && history.entries().len() >= MOST / 2 - 1);
    let steps: Vec<u64> = history.entries().iter().map(|entry| entry.checkpoint.step).collect();
    let gaps: Vec<u64> = steps.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(steps[0] == 0 && *steps.last().unwrap() > 18_000, "{steps:?}");
    assert!(gaps.iter().max() <= gaps.iter().min().map(|gap| 3 * gap).as_ref(), "{gaps:?}");
    // The run continues from an earlier step; another ε, other networks, another source.
    history.follow(&config, 9_000);
    assert!(history.entries().iter().all(|entry| entry.checkpoint.step <= 9_000) && history.entries().len() > 5);
    let kept = history.entries().len();
    history.follow(&Config { epsilon: 1.0, ..config.clone() }, 9_000);
    assert_eq!(history.entries().len(), kept);
    history.follow(&Config { seed: 3, ..config.clone() }, 9_000);
    assert!(history.entries().is_empty() && history.wants(0));
    history.keep(entry(&config, 4));
    assert!(!history.wants(4) && history.wants(5));
    history.forget();
    assert!(history.entries().is_empty());
}

#[test]
fn a_moment_of_the_past_is_looked_at_and_gone_on_from() {
    let (config, source) = (Config { epsilon: STILL.epsilon, ..Config::default() }, Preset::Moons.density());
    let mut session = CpuSession::new(config.clone(), &source, Target::Normal);
    session.train(5);
    let checkpoint = session.checkpoint();
    session.tabulate();
    let then = session.potentials(LEARNED).expect("it was tabulated");
    session.train(20);
    let snapshot = RunSnapshot {
        config: config.clone(),
        source: source.clone(),
        name: "the moons preset".into(),
        target: None,
        checkpoint: Some(Box::new(checkpoint.clone())),
        view: STILL.view,
    };
    let mut inspection = Inspection::default();
    let past = |inspection: &mut Inspection| inspection.answer(Question::Past { time: 0.4, side: 48, style: STYLE });
    assert_eq!(past(&mut inspection), None);
    assert_eq!(inspection.answer(Question::Recall(Box::new(snapshot))), None);
    let Some(Finding::Past { time, side: 48, pixels }) = past(&mut inspection) else { panic!("no picture") };
    let pair = then.potentials.pair();
    let flow = flow_by_products(&pair, time);
    let field: Vec<[f32; 3]> = flow.into_iter().map(|f| f.map(|v| v as f32)).collect();
    assert_eq!(pixels, picture(&field, None, &pair.lattice, 48, &STYLE));
    // Another run continues from that entry.
    let mut worker = Worker::start(Preset::Moons, STILL);
    let from = Some(Box::new(checkpoint.clone()));
    worker.ask(Request::Start { run: 2, config, source, target: None, checkpoint: from });
    assert!(is_same(&step_to(&mut worker, 6, STILL), &{
        let mut fork =
            CpuSession::new(Config::default(), &Preset::Moons.density(), Target::Normal).resumed(&checkpoint);
        fork.train(1);
        fork.checkpoint()
    }));
}

/// The paper's recipe, a step of some hundred pieces.
fn small_paper() -> Config {
    Config { batch: 160, draws: 10, epsilon: STILL.epsilon, ..Config::paper() }
}

/// A worker in the middle of its first step of [`small_paper`], after the step's first phase.
fn in_the_middle() -> Worker {
    let mut worker = Worker::start_with(small_paper(), Preset::Moons, STILL);
    worker.settle();
    worker.tick = 2.0;
    worker.ask(Request::Want(RunRequest { training: true, ..STILL }));
    for _ in 0..12 {
        assert!(worker.advance().0.is_none_or(|slice| slice.update.step == 0));
    }
    worker
}

/// The checkpoint that the worker sends when the run rests.
fn checkpoint_of(worker: &mut Worker, request: RunRequest) -> Checkpoint {
    worker.ask(Request::Want(request));
    *worker.settle().into_iter().rev().find_map(|slice| slice.checkpoint).expect("a resting run sends its checkpoint")
}

/// Takes single steps until `step` are done.
fn step_to(worker: &mut Worker, step: u64, request: RunRequest) -> Checkpoint {
    worker.ask(Request::Want(request));
    loop {
        worker.ask(Request::Step);
        let checkpoint = checkpoint_of(worker, request);
        if checkpoint.step == step {
            return checkpoint;
        }
    }
}

fn is_same(a: &Checkpoint, b: &Checkpoint) -> bool {
    let bits = |checkpoint: &Checkpoint| {
        let vectors = checkpoint.snapshots.iter().flat_map(|snapshot| snapshot.state.each_ref().into_array()).flatten();
        vectors.map(|v| v.to_bits()).collect::<Vec<_>>()
    };
    (a.step, a.evaluations) == (b.step, b.evaluations) && bits(a) == bits(b)
}

#[test]
fn a_long_step_is_not_lost_to_a_pen_that_moves() {
    let mut worker = in_the_middle();
    worker.ask(Request::Want(RunRequest { drawing: true, training: true, ..STILL }));
    let mut steps = 0;
    for points in 1..200 {
        worker.ask(Request::Follow { run: 1, source: stroke(points % 40), onward: Onward::On, is_last: false });
        for _ in 0..2 {
            if let Some(slice) = worker.advance().0 {
                steps = slice.update.step;
                worker.ask(Request::Seen);
            }
        }
    }
    assert!(steps > 0, "each drawing drops the step under way");
}

#[test]
fn a_pause_in_the_middle_of_a_step_is_answered_at_once_and_the_step_goes_on_later() {
    let mut worker = in_the_middle();
    // A picture of another t, although a step is in progress.
    worker.ask(Request::Want(RunRequest { view: ViewParams { time: 0.7, ..STILL.view }, training: true, ..STILL }));
    assert!(worker.advance().0.expect("news").picture.is_some());
    worker.ask(Request::Seen);
    worker.ask(Request::Want(STILL));
    assert!(worker.settle().iter().all(|slice| slice.update.step == 0 && slice.checkpoint.is_none()));
    let mut whole = CpuSession::new(small_paper(), &Preset::Moons.density(), Target::Normal);
    for step in 1..=2 {
        whole.train(1);
        assert!(is_same(&step_to(&mut worker, step, STILL), &whole.checkpoint()));
    }
}

#[test]
fn an_epsilon_that_changes_in_the_middle_of_a_step_holds_from_the_next_step_on() {
    let mut worker = in_the_middle();
    let at_one = RunRequest { epsilon: 1.0, ..STILL };
    let mut whole = CpuSession::new(small_paper(), &Preset::Moons.density(), Target::Normal);
    whole.train(1);
    whole.set_epsilon(1.0);
    assert!(is_same(&step_to(&mut worker, 1, at_one), &whole.checkpoint()));
    whole.train(1);
    assert!(is_same(&step_to(&mut worker, 2, at_one), &whole.checkpoint()));
}

#[test]
fn settings_that_change_in_the_middle_of_a_step_drop_it_and_keep_the_weights_before_it() {
    let mut worker = in_the_middle();
    // Plain descent with a negligible step size: the weights must be those before the dropped step, without half of it.
    let still = Config { learning_rate: 1e-30, batch: 32, optimiser: Optimiser::Sgd, ..small_paper() };
    worker.ask(Request::Configure(still));
    let found = step_to(&mut worker, 1, STILL);
    let start = CpuSession::new(small_paper(), &Preset::Moons.density(), Target::Normal).checkpoint();
    let expected = Checkpoint { step: 1, evaluations: 2 * 32 * 11, ..start };
    let differs = |side: usize, vector: usize| {
        let of = |checkpoint: &Checkpoint| checkpoint.snapshots[side].state.each_ref().into_array()[vector].clone();
        of(&found).iter().zip(of(&expected)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    };
    assert_eq!((found.step, found.evaluations), (expected.step, expected.evaluations));
    for side in [0, 1] {
        assert!((0..4).all(|vector| differs(side, vector) < 1e-20), "part of the dropped step is left");
    }
}

#[test]
fn a_run_that_starts_again_in_the_middle_of_a_step_drops_it() {
    let after_a_step = |config: Config, preset: Preset| {
        let mut fresh = CpuSession::new(config, &preset.density(), Target::Normal);
        fresh.train(1);
        fresh.checkpoint()
    };
    let mut worker = in_the_middle();
    worker.ask(Request::Reset { run: 2 });
    assert!(is_same(&step_to(&mut worker, 1, STILL), &after_a_step(small_paper(), Preset::Moons)));

    let mut worker = in_the_middle();
    let other = Config { fourier_features: 4, ..small_paper() };
    worker.ask(Request::Configure(other.clone()));
    assert!(is_same(&step_to(&mut worker, 1, STILL), &after_a_step(other, Preset::Moons)));

    let mut worker = in_the_middle();
    let source = Preset::Rings.density();
    worker.ask(Request::Start { run: 2, config: small_paper(), source, target: None, checkpoint: None });
    assert!(is_same(&step_to(&mut worker, 1, STILL), &after_a_step(small_paper(), Preset::Rings)));
}

/// At most every three seconds.
#[test]
fn the_page_is_told_where_the_run_stands_so_that_it_can_go_on_elsewhere() {
    let training = RunRequest { training: true, ..STILL };
    let mut worker = Worker::start(Preset::TwoSpirals, training);
    let (mut told, mut last) = (vec![], None);
    for _ in 0..340 {
        let slice = worker.advance().0;
        if slice.as_ref().is_some_and(|slice| slice.picture.is_some()) {
            worker.ask(Request::Seen);
        }
        if let Some(checkpoint) = slice.and_then(|slice| slice.checkpoint) {
            told.push(worker.clock.get());
            last = Some(checkpoint);
        }
    }
    assert!(told.len() >= 2 && told.windows(2).all(|pair| pair[1] - pair[0] >= 3_000.0), "{told:?}");
    let last = last.expect("it was told");
    assert!(last.step > 0 && last.evaluations == 1300 * last.step);
    let mut other = Worker::start(Preset::TwoSpirals, STILL);
    let (config, source) = (Config { epsilon: STILL.epsilon, ..Config::default() }, Preset::TwoSpirals.density());
    other.ask(Request::Start { run: 2, config, source, target: None, checkpoint: Some(last.clone()) });
    let measurement = other.settle().into_iter().find_map(|slice| slice.update.measurement).expect("it is measured");
    assert_eq!((measurement.step, measurement.evaluations), (last.step, last.evaluations));
}

/// Also if its last step was measured before the pause.
#[test]
fn a_run_that_rests_tells_where_it_stands() {
    let mut worker = Worker::start(Preset::TwoSpirals, RunRequest { training: true, ..STILL });
    let mut told = 0;
    // A step is measured shortly after the page got the checkpoint of an earlier one.
    loop {
        let Some(slice) = worker.advance().0 else { continue };
        told = slice.checkpoint.as_ref().map_or(told, |checkpoint| checkpoint.step);
        if told > 0
            && slice.checkpoint.is_none()
            && slice.update.measurement.is_some_and(|measurement| measurement.step > told)
        {
            break;
        }
    }
    worker.ask(Request::Want(STILL));
    let slices = worker.settle();
    let step = slices.last().expect("there is news").update.step;
    let told = slices.iter().rev().find_map(|slice| slice.checkpoint.as_ref()).expect("it is told");
    assert_eq!(told.step, step);
}

fn solve(session: &mut CpuSession) {
    while session.exact().has_work() {
        session.work_on_host(Duration::from_secs(1));
    }
}

#[test]
fn potentials_are_told_when_they_are_wanted_and_new() {
    let told = |slices: &[Slice]| slices.iter().filter_map(|slice| slice.flow.clone()).collect::<Vec<_>>();
    let mut worker = Worker::start(Preset::Moons, STILL);
    assert!(told(&worker.settle()).is_empty(), "nobody asked");
    let request = RunRequest { potentials: true, ..STILL };
    worker.ask(Request::Want(request));
    let learned = told(&worker.settle());
    let mut session =
        CpuSession::new(Config { epsilon: 0.2, ..Config::default() }, &Preset::Moons.density(), Target::Normal);
    session.tabulate();
    assert_eq!(session.potentials(LEARNED).unwrap().reference, None, "there is no exact flow yet");
    solve(&mut session);
    assert_eq!(learned, [Box::new(session.potentials(LEARNED).unwrap())]);
    assert!(learned[0].reference.is_some() && session.potentials(Shown::Exact).unwrap().reference.is_none());
    assert_eq!(learned[0].potentials.lattice(), *session.lattice());
    // A picture of another time uses the same potentials, so nothing is sent; another view needs other potentials.
    worker.ask(Request::Want(RunRequest { view: ViewParams { time: 0.9, ..STILL.view }, ..request }));
    assert!(told(&worker.settle()).is_empty());
    let difference = Shown::Difference(SecondPotential::Network);
    worker.ask(Request::Want(RunRequest { view: ViewParams { shown: difference, ..STILL.view }, ..request }));
    let [both] = told(&worker.settle()).try_into().expect("one pair and its reference");
    assert!(both.shown == difference && both.reference == learned[0].reference);
    assert_eq!(both.potentials.u, learned[0].potentials.u);
    // During training: at most every 250 ms, and always the last ones.
    let training = RunRequest { training: true, ..request };
    worker.ask(Request::Want(training));
    let mut times = vec![];
    for _ in 0..200 {
        let (slice, _) = worker.advance();
        if slice.as_ref().is_some_and(|slice| slice.picture.is_some()) {
            worker.ask(Request::Seen);
        }
        times.extend(slice.filter(|slice| slice.flow.is_some()).map(|_| worker.clock.get()));
    }
    assert!(times.len() >= 3, "told {} times in 4 s of training", times.len());
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 250.0), "{times:?}");
}

#[test]
fn a_still_is_the_picture_of_the_run() {
    let config = Config { epsilon: 0.2, ..Config::default() };
    let mut session = CpuSession::new(config, &Preset::Rings.density(), Target::Normal);
    session.train(3);
    session.tabulate();
    solve(&mut session);
    let mut inspection = Inspection::default();
    let question = |time| Question::Still { number: 2, time, side: 48, style: Style { arrows: false, ..STYLE } };
    assert_eq!(inspection.answer(question(0.5)), None, "there is no flow");
    let lattice = *session.lattice();
    for shown in [LEARNED, Shown::Exact, Shown::Difference(SecondPotential::Transform)] {
        let flow = Box::new(session.potentials(shown).unwrap());
        assert_eq!(inspection.answer(Question::Flow(flow)), None);
        for time in [0.0, 2.0 / 3.0, 1.0] {
            let Some(Finding::Still { number: 2, side: 48, pixels }) = inspection.answer(question(time)) else {
                panic!("no picture")
            };
            let subject = session.flow(shown, time).unwrap();
            let style = Style { arrows: false, ..STYLE };
            let expected = picture(subject.field, subject.reference, &lattice, 48, &style);
            // Potentials are sent in f32.
            let off = pixels.iter().zip(&expected).filter(|(a, b)| a.abs_diff(**b) > 2).count();
            assert!(off <= pixels.len() / 500, "{off} of {} at {time}, {shown:?}", pixels.len());
        }
    }
}

/// An inspection that has received the potentials of the flow that a session shows.
fn inspection_of(session: &CpuSession, shown: Shown) -> Inspection {
    let mut inspection = Inspection::default();
    inspection.answer(Question::Flow(Box::new(session.potentials(shown).expect("there is a flow"))));
    inspection
}

fn trained(preset: Preset, epsilon: f64) -> CpuSession {
    let mut session = CpuSession::new(Config { epsilon, ..Config::default() }, &preset.density(), Target::Normal);
    session.train(3);
    session.tabulate();
    solve(&mut session);
    session
}

/// The answer to a question; both are encoded and decoded.
fn found(inspection: &mut Inspection, question: Question) -> Finding {
    let question = decode(&encode(&question)).expect("it was just written");
    let finding = inspection.answer(question).expect("an answer");
    assert_eq!(decode(&encode(&finding)), Some(finding.clone()));
    finding
}

#[test]
fn a_probe_reads_the_flow_shown_and_the_exact_one_beside_it() {
    let session = trained(Preset::Rings, 0.2);
    let probe = |shown: Shown| {
        let finding = found(&mut inspection_of(&session, shown), Question::Probe { time: 0.4, point: [0.8, -0.3] });
        let Finding::Probe { time: 0.4, point: [0.8, -0.3], shown, exact } = finding else { panic!("no numbers") };
        (shown, exact)
    };
    let (learned, exact) = probe(LEARNED);
    assert_eq!((learned, exact), probe(Shown::Difference(SecondPotential::Transform)));
    assert_eq!((exact.expect("it is solved for"), None), probe(Shown::Exact));
    assert!(exact.is_some_and(|exact| exact.log_rho != learned.log_rho));
    // At a point of the lattice the probe gives the value of the picture.
    let lattice = *session.lattice();
    let (cell, point) = lattice.points().enumerate().nth(60 * lattice.count + 50).expect("it has as many");
    let mut session = session;
    for shown in [LEARNED, Shown::Exact] {
        let mut inspection = inspection_of(&session, shown);
        let finding = found(&mut inspection, Question::Probe { time: 0.5, point });
        let Finding::Probe { shown: read, .. } = finding else { panic!("no numbers") };
        let [log_rho, x, y] = session.flow(shown, 0.5).expect("a flow").field[cell].map(f64::from);
        let misses = [read.log_rho - log_rho, read.velocity[0] - x, read.velocity[1] - y];
        assert!(misses.iter().all(|miss| miss.abs() < 1e-3), "{misses:?}");
    }
    // An exact flow of another ε is not shown beside this one.
    session.set_epsilon(0.5);
    session.tabulate();
    let flow = session.potentials(LEARNED).expect("a flow");
    assert_eq!((flow.potentials.epsilon, flow.reference), (0.5, None));
    assert_eq!(session.exact().last_flow().map(|exact| exact.epsilon), Some(0.2));
    let finding = found(&mut inspection_of(&session, LEARNED), Question::Probe { time: 0.4, point: [0.8, -0.3] });
    assert!(matches!(finding, Finding::Probe { exact: None, .. }));
}

#[test]
fn a_coupling_has_clouds_and_outside_the_masks_there_is_none() {
    let session = trained(Preset::Moons, 0.2);
    let mut inspection = inspection_of(&session, LEARNED);
    let question = |given, point| Question::Coupling { given, time: 0.6, point };
    let finding = found(&mut inspection, question(Given::Source, [0.5, 0.5]));
    let Finding::Coupling { log_rho, shown, exact: Some(exact), .. } = finding else { panic!("no coupling") };
    let Finding::Probe { shown: read, .. } = found(&mut inspection, Question::Probe { time: 0.0, point: [0.5, 0.5] })
    else {
        panic!("no numbers")
    };
    assert_eq!(log_rho, read.log_rho);
    let lattice = session.lattice();
    assert!((shown.density.iter().sum::<f32>() * lattice.cell_area() as f32 - 1.0).abs() < 1e-4);
    assert!(exact.density.is_empty() && shown.lines.len() == 2 && exact.lines.iter().all(|line| line.len() > 8));
    let Finding::Coupling { shown: alone, exact: None, .. } =
        found(&mut inspection_of(&session, Shown::Exact), question(Given::Source, [0.5, 0.5]))
    else {
        panic!("no coupling")
    };
    assert!(alone.lines == exact.lines && alone.barycentre == exact.barycentre && !alone.density.is_empty());
    let outside = found(&mut inspection, question(Given::Target, [5.2, 0.0]));
    assert_eq!(outside, Finding::NoCoupling { given: Given::Target, point: [5.2, 0.0] });
}

#[test]
fn particles_keep_the_flow_they_set_out_into() {
    let session = trained(Preset::Moons, 0.2);
    let particle_config = ParticleConfig { backwards: false, count: 100, seed: 4 };
    let run = |changes: bool| {
        let mut inspection = inspection_of(&session, Shown::Exact);
        let mut frames = vec![];
        let mut question = Question::Particles(particle_config);
        loop {
            let Finding::Particles { config: of, frame, is_last } = found(&mut inspection, question) else {
                panic!("no particles")
            };
            assert!(of == particle_config && frame.index as usize == frames.len() && frame.ode.len() == 100);
            frames.push(frame);
            if is_last {
                assert_eq!(inspection.answer(Question::Advance), None, "they went on");
                return frames;
            }
            if changes {
                let flow = session.potentials(LEARNED).expect("a flow");
                inspection.answer(Question::Flow(Box::new(flow)));
            }
            question = Question::Advance;
        }
    };
    let frames = run(false);
    assert_eq!(frames.len(), FRAMES);
    assert!(frames == run(true));
    // Particles moved by a GPU are answered in the same way, with or without a flow.
    let positions = frames.iter().flat_map(|frame| [&frame.ode, &frame.sde]).flatten().flatten().copied().collect();
    let mut inspection = Inspection::default();
    let mut question = Question::Follow(Box::new(Trajectories { config: particle_config, positions }));
    for (k, frame) in frames.iter().enumerate() {
        let expected = Finding::Particles { config: particle_config, frame: frame.clone(), is_last: k == FRAMES - 1 };
        assert!(found(&mut inspection, std::mem::replace(&mut question, Question::Advance)) == expected);
    }
    assert_eq!(inspection.answer(Question::Advance), None, "they went on");
    let mut inspection = inspection_of(&session, LEARNED);
    assert_eq!(inspection.answer(Question::Advance), None, "no particles were started");
    for question in [Question::Particles(particle_config), Question::Probe { time: 0.0, point: [0.0; 2] }] {
        assert_eq!(Inspection::default().answer(question), None, "there is no flow");
    }
}
