//! Carries out the page's requests for a run, in slices of some milliseconds.

use crate::speed::measure;
use flowsketch_core::checkpoint::Checkpoint;
use flowsketch_core::cpu::picture::picture;
use flowsketch_core::cpu::session::{CpuSession, Subject};
use flowsketch_core::driver::{Driver, Happened};
use flowsketch_core::measure::{Density, Target};
use flowsketch_core::metrics::Measurement;
use flowsketch_core::potentials::Shown;
use flowsketch_core::run::{Onward, RunRequest, RunUpdate, ViewParams};
use flowsketch_core::scheduler::Situation;
use flowsketch_core::shown::ShownFlow;
use flowsketch_protocol::worker::{Answer, Request};
use std::time::Duration;

/// Training time in one slice, milliseconds: a request waits at most this long, and for the work that ends the slice.
const TRAIN_SLICE_MS: f64 = 12.0;
/// The same while the flow plays and steps are long: a picture takes some 30 ms, so that a shorter slice would leave
/// little time for training.
const PLAYING_SLICE_MS: f64 = 70.0;
/// Time for the exact solver and audits in one slice.
const HOST_SLICE: Duration = Duration::from_millis(10);
/// Both times while the pen is down and the exact flow lags behind the drawing: the exact flow then has priority.
const BEHIND_TRAIN_SLICE_MS: f64 = 6.0;
const BEHIND_HOST_SLICE: Duration = Duration::from_millis(40);
/// Least time between two checkpoints sent to the page during training, milliseconds: each has some 350 kB.
const PROGRESS_INTERVAL_MS: f64 = 3_000.0;

/// A run, and what the page wants of it.
#[derive(Debug, Default)]
pub struct Runner {
    session: Option<CpuSession>,
    /// The target of the run, if it is not the Normal.
    target: Option<Density>,
    run: u32,
    request: Option<RunRequest>,
    resting: bool,
    driver: Driver,
    /// When the last checkpoint was sent to the page, and its step.
    told_ms: f64,
    told_step: u64,
    /// A picture is on its way to the page: there is never more than one.
    picture_under_way: bool,
    /// While the pen is down, an exact flow is solved and the difference from it is not drawn yet. The page learns of
    /// the solution only with that picture: it then sends a newer drawing, which would otherwise replace the flow
    /// undrawn.
    untold: bool,
}

/// The results of a slice of work.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// The number in the newest [`Request::Start`], [`Request::Follow`] or [`Request::Reset`].
    pub run: u32,
    /// Progress of the run, with new measurements and audits.
    pub update: RunUpdate,
    /// From time to time, the state of the run; another backend can continue from it.
    pub checkpoint: Option<Box<Checkpoint>>,
    /// The potentials of what is shown, where they are wanted and new.
    pub flow: Option<Box<ShownFlow>>,
    /// Pixels of a side, and RGBA row by row from the top.
    pub picture: Option<(u32, Vec<u8>)>,
}

/// When the next slice is due.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
    /// At once: work is left.
    Now,
    /// In so many milliseconds, unless a request comes before.
    In(f64),
    /// When a request comes.
    Wait,
}

impl Runner {
    /// Takes a request. The work that it asks for is done in the next slices; only a measurement is
    /// answered at once.
    pub fn take(&mut self, request: Request) -> Option<Answer> {
        match request {
            Request::Start { run, config, source, target, checkpoint } => {
                let end = Target::of(target.as_ref());
                match (&mut self.session, checkpoint) {
                    // The session is kept: the exact solution of one source is a good start for that of the next.
                    (Some(session), None) if self.target == target => {
                        session.reconfigure(config);
                        session.load(&source);
                    }
                    (session, None) => *session = Some(CpuSession::new(config, &source, end)),
                    (session, Some(checkpoint)) => {
                        *session = Some(CpuSession::new(config, &source, end).resumed(&checkpoint));
                    }
                }
                self.target = target;
                self.restarted(run);
            }
            Request::Follow { run, source, onward, is_last } => {
                let Some(session) = &mut self.session else { return None };
                session.follow(&source, onward, is_last);
                self.driver.followed(onward);
                if onward != Onward::On {
                    self.told_step = 0;
                }
                self.run = run;
                self.untold = false;
                self.driver.scheduler.changed();
            }
            Request::Configure(config) => {
                if let Some(session) = &mut self.session {
                    session.reconfigure(config);
                }
                self.driver.reconfigured();
            }
            Request::Reset { run } => {
                if let Some(session) = &mut self.session {
                    session.reset();
                }
                self.restarted(run);
            }
            Request::Step => self.driver.scheduler.step_once(),
            Request::Want(request) => (self.request, self.resting) = (Some(request), false),
            Request::Rest => self.resting = true,
            Request::Seen => self.picture_under_way = false,
            Request::Measure { config, duration } => return Some(Answer::Measured(measure(config, duration))),
            // These are requests to the inspection worker.
            Request::Import { .. } | Request::Export { .. } | Request::Explore(_) => {}
        }
        None
    }

    fn restarted(&mut self, run: u32) {
        self.run = run;
        self.driver.restarted();
        self.told_step = self.session.as_ref().map_or(0, CpuSession::step);
    }

    /// Does some milliseconds of work, timed by `clock`, in milliseconds. Returns what is new, if anything is, and when
    /// the next slice is due.
    pub fn advance(&mut self, clock: impl Fn() -> f64) -> (Option<Slice>, Next) {
        let (Some(session), Some(request), false) = (&mut self.session, self.request, self.resting) else {
            return (None, Next::Wait);
        };
        let driver = &mut self.driver;
        driver.follow_epsilon(session, &request);
        // A picture is sent at once; there is time for other work until the page has shown it.
        let stale = driver.drawn != Some(request.view) && request.view.side > 0;
        if stale
            && !self.picture_under_way
            && let Some(picture) = draw(session, &request.view)
        {
            (driver.drawn, self.picture_under_way) = (Some(request.view), true);
            let shown = session.shown(request.view.shown);
            let solved = std::mem::take(&mut self.untold);
            let update = driver.update(session, shown, Happened { solved, ..Happened::default() });
            return (
                Some(Slice { run: self.run, update, checkpoint: None, flow: None, picture: Some(picture) }),
                Next::Now,
            );
        }
        let situation = Situation { sliced: true, ..Situation::new(&request, session.step_ms()) };
        if situation.is_suspended() {
            return (None, Next::Wait);
        }
        let is_behind_pen = request.drawing && session.exact().is_behind();
        let (mut measurement, mut divergence, mut checkpoint): (Option<Measurement>, _, _) = (None, None, None);
        if let Some(plan) = driver.scheduler.plan(clock(), &situation, |target_ms| session.steps_for(target_ms)) {
            if plan.tabulate {
                let measured = session.tabulate_at(session.epsilon_beside(request.view.shown));
                (measurement, divergence) = (Some(measured), session.divergence().copied());
                driver.measured(measured);
                // A new tabulation does not change a picture of the exact flow.
                if session.shown(request.view.shown) != Shown::Exact {
                    driver.drawn = None;
                }
            }
            let only_plays = request.playing && !request.busy && !request.drawing && situation.has_long_steps();
            let slice_ms = match () {
                () if is_behind_pen => BEHIND_TRAIN_SLICE_MS,
                () if only_plays => PLAYING_SLICE_MS,
                () => TRAIN_SLICE_MS,
            };
            let began_ms = clock();
            driver.scheduler.trained(session.train_until(plan.steps, || clock() - began_ms >= slice_ms));
        }
        // During training from time to time, with a measurement; otherwise as soon as training has stopped.
        let is_due = !request.training || measurement.is_some() && clock() - self.told_ms >= PROGRESS_INTERVAL_MS;
        if is_due && session.step() != self.told_step {
            (self.told_ms, self.told_step) = (clock(), session.step());
            checkpoint = Some(Box::new(session.checkpoint()));
        }
        driver.audit(session, &request, &clock);
        let (mut audit, mut solved) = (None, false);
        // An exact flow, or a difference from it, is drawn before the next one is solved for.
        let undrawn = session.tabulation().is_some()
            && driver.drawn.is_none()
            && request.view.side > 0
            && !self.picture_under_way
            && session.can_be_drawn(request.view.shown);
        if session.exact().has_work() && !undrawn {
            let before = session.exact().solutions();
            let slice = if is_behind_pen { BEHIND_HOST_SLICE } else { HOST_SLICE };
            audit = driver.work_on_host(session, slice, &clock);
            solved = session.exact().solutions() != before;
            if solved {
                driver.drawn = None;
                let is_difference = matches!(request.view.shown, Shown::Difference(_));
                self.untold = request.drawing && is_difference && request.view.side > 0;
            }
            // While the pen moves the learned flow is shown as often as the exact one, and of the same source.
            if solved && request.drawing && request.view.shown != Shown::Exact {
                driver.scheduler.tabulate_soon();
            }
        }
        let shown = session.shown(request.view.shown);
        let (flow, later_ms) =
            if request.potentials { driver.potentials(session, shown, &clock) } else { (None, None) };
        let next = if undrawn
            || solved
            || driver.scheduler.has_work(&Situation { playing: false, ..situation })
            || session.exact().has_work()
        {
            Next::Now
        } else {
            let is_behind = driver.is_audit_behind(session, request.second_potential) && !request.drawing;
            let audit_ms = is_behind.then(|| driver.audit_due_in_ms(clock()).max(0.0));
            audit_ms.into_iter().chain(later_ms).reduce(f64::min).map_or(Next::Wait, Next::In)
        };
        let solved = solved && !self.untold;
        let is_new = measurement.is_some() || checkpoint.is_some() || audit.is_some() || solved || flow.is_some();
        let update = driver.update(session, shown, Happened { measurement, divergence, audit, solved });
        (is_new.then_some(Slice { run: self.run, update, checkpoint, flow, picture: None }), next)
    }
}

fn draw(session: &mut CpuSession, view: &ViewParams) -> Option<(u32, Vec<u8>)> {
    let Subject { lattice, field, reference } = session.flow(view.shown, view.time)?;
    Some((view.side, picture(field, reference, &lattice, view.side, &view.style)))
}
