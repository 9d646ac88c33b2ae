//! Carries out what the page wants of a run, a slice of some milliseconds at a time.

use crate::protocol::{Answer, Request};
use crate::speed::measure;
use flowsketch_core::cpu::picture::picture;
use flowsketch_core::cpu::session::{CpuSession, Progress};
use flowsketch_core::explore::{ShownFlow, Telling};
use flowsketch_core::measure::{Density, Target};
use flowsketch_core::pacing::{Audits, Pacing, Situation};
use flowsketch_core::run::{Look, News, Wanted};
use flowsketch_core::session::Report;
use std::time::Duration;

/// Training in one slice, milliseconds: no request waits longer than this and the piece of work that it ends with.
const TRAIN_SLICE_MS: f64 = 12.0;
/// The same with long steps while the flow only plays: a picture takes some 30 ms, and would leave little to learn in.
const PLAYING_SLICE_MS: f64 = 70.0;
/// Sweeps of the exact solver, and work on an audit, in one slice.
const HOST_SLICE: Duration = Duration::from_millis(10);
/// While it trains, the page is told where the run stands at most this often, milliseconds: it is some 350 kB.
const PROGRESS_INTERVAL_MS: f64 = 3_000.0;

/// A run and what is wanted of it.
#[derive(Debug, Default)]
pub struct Runner {
    session: Option<CpuSession>,
    /// Of the run, where it is not the Normal.
    target: Option<Density>,
    run: u32,
    wanted: Option<Wanted>,
    resting: bool,
    pacing: Pacing,
    audits: Audits,
    telling: Telling,
    report: Option<Report>,
    /// When the page was told last where the run stands, and the step of that.
    told_ms: f64,
    told_step: u64,
    /// What the last picture looks like, as long as it is one of the present flow.
    drawn: Option<Look>,
    /// A picture is on its way to the page: there is never more than one.
    picture_under_way: bool,
}

/// What a slice of work brought.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    pub run: u32,
    pub news: News,
    /// Where the run stands, now and then: from there it can go on elsewhere.
    pub progress: Option<Box<Progress>>,
    /// The potentials of what is shown, where they are wanted and new.
    pub flow: Option<Box<ShownFlow>>,
    /// Pixels of a side, and RGBA row by row from the top.
    pub picture: Option<(u32, Vec<u8>)>,
}

/// When the next slice is due.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
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
            Request::Start { run, config, source, target, progress } => {
                let end = Target::of(target.as_ref());
                match (&mut self.session, progress) {
                    // Warm: the exact solution of one source is a good start for that of the next.
                    (Some(session), None) if self.target == target => {
                        session.reconfigure(config);
                        session.load(&source);
                    }
                    (session, None) => *session = Some(CpuSession::between(config, &source, end)),
                    (session, Some(progress)) => {
                        *session = Some(CpuSession::resume(config, &source, end, &progress));
                    }
                }
                self.target = target;
                self.restarted(run);
            }
            Request::Configure(config) => {
                if let Some(session) = &mut self.session {
                    session.reconfigure(config);
                }
                self.pacing.recover_soon();
                (self.audits, self.report) = (Audits::default(), None);
            }
            Request::Reset { run } => {
                if let Some(session) = &mut self.session {
                    session.reset();
                }
                self.restarted(run);
            }
            Request::Step => self.pacing.step_once(),
            Request::Want(wanted) => (self.wanted, self.resting) = (Some(wanted), false),
            Request::Rest => self.resting = true,
            Request::Seen => self.picture_under_way = false,
            Request::Measure { config, duration } => return Some(Answer::Measured(measure(config, duration))),
            // That is for the program beside.
            Request::Bring { .. } | Request::Take { .. } | Request::Explore(_) => {}
        }
        None
    }

    fn restarted(&mut self, run: u32) {
        self.run = run;
        self.pacing.restart();
        self.telling.changed();
        (self.audits, self.report, self.drawn) = (Audits::default(), None, None);
        self.told_step = self.session.as_ref().map_or(0, CpuSession::step);
    }

    /// Does some milliseconds of work, at the time `now_ms` of a clock `clock`; what is new, if anything is.
    pub fn advance(&mut self, clock: impl Fn() -> f64) -> (Option<Slice>, Next) {
        let (Some(session), Some(wanted), false) = (&mut self.session, self.wanted, self.resting) else {
            return (None, Next::Wait);
        };
        if wanted.epsilon != session.config().epsilon {
            session.set_epsilon(wanted.epsilon);
            self.audits = Audits::default();
        }
        if session.is_behind(wanted.look.shown) {
            self.pacing.recover_soon();
        }
        // A picture goes out at once; there is time for other work until the page has seen it.
        let stale = self.drawn != Some(wanted.look) && wanted.look.side > 0;
        if stale
            && !self.picture_under_way
            && let Some(picture) = draw(session, &wanted.look)
        {
            (self.drawn, self.picture_under_way) = (Some(wanted.look), true);
            let shown = session.shown(wanted.look.shown);
            let news = News::none(session.step(), shown, session.epsilon_of(shown));
            return (
                Some(Slice { run: self.run, news, progress: None, flow: None, picture: Some(picture) }),
                Next::Now,
            );
        }
        let situation = Situation { sliced: true, ..Situation::new(&wanted, session.step_ms()) };
        if situation.is_suspended() {
            return (None, Next::Wait);
        }
        let (mut report, mut runaway, mut progress): (Option<Report>, _, _) = (None, None, None);
        if let Some(plan) = self.pacing.plan(clock(), &situation, |target_ms| session.steps_for(target_ms)) {
            if plan.recover {
                report = Some(session.recover_at(session.epsilon_beside(wanted.look.shown)));
                runaway = session.runaway().copied();
                (self.report, self.drawn) = (report, None);
                self.telling.changed();
            }
            let only_plays = wanted.playing && !wanted.busy && situation.has_long_steps();
            let slice_ms = if only_plays { PLAYING_SLICE_MS } else { TRAIN_SLICE_MS };
            let began_ms = clock();
            self.pacing.trained(session.train_until(plan.steps, || clock() - began_ms >= slice_ms));
        }
        // While training now and then, beside measures; and where it came to rest.
        let is_due = !wanted.training || report.is_some() && clock() - self.told_ms >= PROGRESS_INTERVAL_MS;
        if is_due && session.step() != self.told_step {
            (self.told_ms, self.told_step) = (clock(), session.step());
            progress = Some(Box::new(session.progress()));
        }
        let behind = |audits: &Audits, session: &CpuSession, report: Option<Report>| {
            session.exact().flow().is_some()
                && report.is_some_and(|report| audits.are_behind(&report, wanted.completion))
        };
        if let (Some(report), true) = (self.report, behind(&self.audits, session, self.report))
            && !session.exact().has_work()
            && self.audits.due_in_ms(clock()) <= 0.0
        {
            self.audits.begin(clock());
            session.audit(&report, wanted.completion);
        }
        let (mut audit, mut solved) = (None, false);
        // A flow that is solved, and a difference from it, is drawn before the next is solved.
        let undrawn =
            session.recovery().is_some() && self.drawn.is_none() && wanted.look.side > 0 && !self.picture_under_way;
        if session.exact().has_work() && !undrawn {
            let solved_last = |session: &CpuSession| session.exact().last_flow().map(|flow| flow.epsilon);
            let (before, began_ms) = (solved_last(session), clock());
            audit = session.work(HOST_SLICE);
            self.audits.worked(clock() - began_ms);
            solved = solved_last(session) != before;
            if solved {
                self.drawn = None;
            }
            if let Some(audit) = &audit {
                self.audits.end(audit);
            }
        }
        let exact = session.exact().last_flow();
        let shown = session.shown(wanted.look.shown);
        let untold_ms = self.telling.due_in_ms(clock(), shown, exact).filter(|_| wanted.potentials);
        let flow = untold_ms.filter(|ms| *ms <= 0.0).and_then(|_| session.potentials(shown)).map(Box::new);
        if flow.is_some() {
            self.telling.tell(clock(), shown, exact);
        }
        let later_ms = untold_ms.filter(|ms| *ms > 0.0);
        let next = if undrawn
            || solved
            || self.pacing.has_work(&Situation { playing: false, ..situation })
            || session.exact().has_work()
        {
            Next::Now
        } else {
            let is_behind = behind(&self.audits, session, self.report);
            let audit_ms = is_behind.then(|| self.audits.due_in_ms(clock()).max(0.0));
            audit_ms.into_iter().chain(later_ms).reduce(f64::min).map_or(Next::Wait, Next::In)
        };
        let is_new = report.is_some() || progress.is_some() || audit.is_some() || solved || flow.is_some();
        let epsilon = session.epsilon_of(shown);
        let news = News { step: session.step(), shown, epsilon, report, runaway, audit, solved };
        (is_new.then_some(Slice { run: self.run, news, progress, flow, picture: None }), next)
    }
}

fn draw(session: &mut CpuSession, look: &Look) -> Option<(u32, Vec<u8>)> {
    let lattice = *session.lattice();
    let subject = session.flow(look.shown, look.time)?;
    Some((look.side, picture(subject.field, subject.reference, &lattice, look.side, &look.style)))
}
