//! What the page's worker does with requests, without a browser.

use flowsketch_core::audit::Completion;
use flowsketch_core::config::Config;
use flowsketch_core::measure::Preset;
use flowsketch_core::run::{Look, Wanted};
use flowsketch_core::session::Shown;
use flowsketch_core::style::Style;
use flowsketch_worker::protocol::{Answer, Request, decode, encode};
use flowsketch_worker::speed::FEWEST;
use flowsketch_worker::{Next, Runner, Slice};
use std::cell::Cell;
use std::time::Duration;

const LEARNED: Shown = Shown::Learned(Completion::Transform);
const STYLE: Style = Style { dark: true, arrows: true, range: Style::RANGE };
const STILL: Wanted = Wanted {
    epsilon: 0.2,
    training: false,
    playing: false,
    busy: false,
    drawing: false,
    completion: Completion::Transform,
    look: Look { time: 0.3, shown: LEARNED, style: STYLE, side: 64 },
};

/// A runner and its page: a clock that goes on by 20 ms a slice, and every request through bytes.
struct Worker {
    runner: Runner,
    clock: Cell<f64>,
}

impl Worker {
    fn start(preset: Preset, wanted: Wanted) -> Self {
        let mut worker = Self { runner: Runner::default(), clock: Cell::new(0.0) };
        let config = Config { epsilon: wanted.epsilon, ..Config::default() };
        worker.ask(Request::Start { run: 1, config, source: preset.density(), progress: None });
        worker.ask(Request::Want(wanted));
        worker
    }

    fn ask(&mut self, request: Request) {
        self.runner.take(decode(&encode(&request)).expect("what was written can be read"));
    }

    fn advance(&mut self) -> (Option<Slice>, Next) {
        self.clock.set(self.clock.get() + 20.0);
        let clock = &self.clock;
        self.runner.advance(|| clock.get())
    }

    /// Slices until there is nothing to do, pictures looked at as they come.
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
        panic!("it never rests");
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
    assert!(slices.iter().all(|slice| slice.run == 1 && slice.news.step == 0));
    let reports = slices.iter().filter_map(|slice| slice.news.report).collect::<Vec<_>>();
    assert!(reports.len() == 1 && reports[0].metrics.kl_source > 0.1);
    assert_eq!(slices.iter().filter(|slice| slice.news.solved).count(), 1);
    assert_eq!(slices.iter().filter(|slice| slice.news.audit.is_some()).count(), 1);
    let (side, pixels) = slices.iter().find_map(|slice| slice.picture.clone()).expect("a picture");
    assert!(side == 64 && pixels.len() == 4 * 64 * 64 && pixels.chunks(4).any(|pixel| pixel != &pixels[..4]));
    assert_eq!(worker.advance(), (None, Next::Wait));
    // One step, its measures, its picture.
    worker.ask(Request::Step);
    let last = *worker.settle().iter().rev().find_map(|slice| slice.news.report.as_ref()).expect("its measures");
    assert_eq!((last.step, last.evaluations), (1, 4200));
}

#[test]
fn pictures_follow_what_is_wanted_one_at_a_time() {
    let mut worker = Worker::start(Preset::Circles, STILL);
    let first = worker.settle().into_iter().rev().find_map(|slice| slice.picture).unwrap().1;
    let look = |time, shown| Wanted { look: Look { time, shown, ..STILL.look }, ..STILL };
    let mut draw = |wanted| {
        worker.ask(Request::Want(wanted));
        worker.settle().into_iter().find_map(|slice| slice.picture).expect("a picture").1
    };
    let later = draw(look(0.8, LEARNED));
    let exact = draw(look(0.8, Shown::Exact));
    let difference = draw(look(0.8, Shown::Difference(Completion::Transform)));
    assert!(first != later && later != exact && exact != difference);
    // The newest counts, and a second picture waits until the first was seen.
    worker.ask(Request::Want(look(0.1, LEARNED)));
    assert!(worker.advance().0.expect("news").picture.is_some());
    for time in [0.2, 0.4, 0.8] {
        worker.ask(Request::Want(look(time, LEARNED)));
        assert_eq!(worker.advance(), (None, Next::Wait));
    }
    worker.ask(Request::Seen);
    let (slice, _) = worker.advance();
    assert!(slice.expect("news").picture.expect("a picture").1 == later);
}

#[test]
fn it_trains_rests_starts_again_and_follows_epsilon() {
    let training = Wanted { epsilon: 1.0, training: true, ..STILL };
    let mut worker = Worker::start(Preset::TwoSpirals, training);
    let slices: Vec<Slice> = (0..60).filter_map(|_| worker.advance().0).collect();
    let step = slices.last().expect("news").news.step;
    assert!(step > 5 && slices.iter().filter(|slice| slice.picture.is_some()).count() == 1, "nobody saw the first");
    worker.ask(Request::Rest);
    assert_eq!(worker.advance(), (None, Next::Wait));
    worker.ask(Request::Want(Wanted { epsilon: 0.5, ..STILL }));
    let report = worker.settle().iter().rev().find_map(|slice| slice.news.report).expect("measures at another epsilon");
    assert!(report.epsilon == 0.5 && report.step >= step);
    worker.ask(Request::Reset { run: 2 });
    let slices = worker.settle();
    assert!(slices.iter().all(|slice| slice.run == 2 && slice.news.step == 0) && !slices.is_empty());
    let (config, source) = (Config { epsilon: 0.5, ..Config::default() }, Preset::Rings.density());
    worker.ask(Request::Start { run: 3, config, source, progress: None });
    let slices = worker.settle();
    assert!(slices.iter().any(|slice| slice.news.solved) && slices.iter().all(|slice| slice.run == 3));
}

#[test]
fn it_takes_other_settings_and_tells_of_a_run_that_ran_away() {
    let training = Wanted { epsilon: 1.0, training: true, look: Look { side: 0, ..STILL.look }, ..STILL };
    let mut worker = Worker::start(Preset::Checkerboard, training);
    let config = Config { draws: 4, batch: 200, learning_rate: 1e-2, ..Config::paper() };
    worker.ask(Request::Configure(config));
    worker.ask(Request::Reset { run: 2 });
    let told = (0..2_000).find_map(|_| worker.advance().0.filter(|slice| slice.news.runaway.is_some()));
    let Slice { run, news, .. } = told.expect("it runs away within a few steps");
    let report = news.report.expect("a measurement showed it");
    assert_eq!((run, report.evaluations), (2, report.step * 2 * 200 * 5));
    assert!(news.runaway.expect("it is there").to_string().contains("No maximiser exists with 4 draws: "));
    worker.ask(Request::Want(STILL));
    worker.ask(Request::Configure(Config { draws: 100, ..Config::paper() }));
    worker.ask(Request::Reset { run: 3 });
    let fresh = worker.settle().into_iter().find_map(|slice| slice.news.report.map(|report| (slice, report)));
    let (slice, report) = fresh.expect("a run that starts is measured");
    assert_eq!((slice.run, report.step, slice.news.runaway), (3, 0, None));
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
    assert!(measured.steps >= FEWEST && measured.evaluations == 4200 * measured.steps);
    assert!(measured.seconds >= 0.1 && measured.seconds.is_finite());
    assert_eq!(measured.evaluations_per_second(), measured.evaluations as f64 / measured.seconds);
    worker.ask(Request::Step);
    let last = *worker.settle().iter().rev().find_map(|slice| slice.news.report.as_ref()).expect("its measures");
    assert_eq!(last.step, 1, "the run was touched");
}
