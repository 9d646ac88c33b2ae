//! A run on the GPU, driven from the page's frames.

use crate::backend::Outcome;
use crate::stage::Stage;
use flowsketch_core::audit::Completion;
use flowsketch_core::config::Config;
use flowsketch_core::cpu::session::Progress;
use flowsketch_core::exact::AuditReport;
use flowsketch_core::explore::{Launch, ShownFlow, Telling};
use flowsketch_core::measure::Density;
use flowsketch_core::pacing::{Audits, Pacing, Situation};
use flowsketch_core::run::{Look, News, Wanted};
use flowsketch_core::session::{Report, Session, Shown, Work};
use std::time::Duration;

/// The host works this long in a frame on the exact flow and on audits.
const HOST_SLICE: Duration = Duration::from_millis(6);

pub struct OnGpu {
    stage: Stage,
    session: Session,
    pacing: Pacing,
    audits: Audits,
    telling: Telling,
    /// What the flow was measured to be.
    report: Option<Report>,
    /// Measures of a submitted recovery have not come back yet.
    awaiting_report: bool,
    /// ε of the exact flow that was there in the frame before.
    solved_epsilon: Option<f64>,
    /// What the last picture looks like, as long as it is one of the present flow.
    drawn: Option<Look>,
}

impl OnGpu {
    pub fn new(stage: Stage, session: Session) -> Self {
        let mut run = Self {
            stage,
            session,
            pacing: Pacing::default(),
            audits: Audits::default(),
            telling: Telling::default(),
            report: None,
            awaiting_report: false,
            solved_epsilon: None,
            drawn: None,
        };
        run.restarted();
        run
    }

    /// The run without its stage, for another device.
    pub fn into_session(self) -> Session {
        self.session
    }

    pub fn progress(&self) -> Progress {
        self.session.progress()
    }

    pub fn load(&mut self, source: &Density) {
        self.session.load(source);
        self.restarted();
    }

    pub fn reconfigure(&mut self, config: &Config) {
        self.session.reconfigure(config.clone());
        self.pacing.recover_soon();
        (self.audits, self.report) = (Audits::default(), None);
    }

    pub fn reset(&mut self) {
        self.session.reset();
        self.restarted();
    }

    pub fn go_on_from(&mut self, progress: &Progress) {
        self.session.go_on_from(progress);
        self.restarted();
    }

    fn restarted(&mut self) {
        self.pacing.restart();
        self.telling.changed();
        (self.audits, self.report, self.drawn) = (Audits::default(), None, None);
    }

    pub fn step_once(&mut self) {
        self.pacing.step_once();
    }

    pub fn launch(&mut self, shown: Shown, launch: Launch) {
        self.session.launch(shown, launch);
    }

    pub fn has_particles(&self) -> bool {
        self.session.has_particles()
    }

    pub fn is_suspended(&self, wanted: &Wanted) -> bool {
        Situation::new(wanted, self.session.step_ms()).is_suspended()
    }

    /// As [`Backend::frame`](crate::backend::Backend::frame).
    pub fn frame(&mut self, now_ms: f64, wanted: &Wanted, clock: impl Fn() -> f64) -> Result<Outcome, String> {
        if let Some(failure) = self.session.gpu().failure() {
            return Err(failure);
        }
        let report = self.session.poll();
        let runaway = self.session.runaway().copied().filter(|_| report.is_some());
        if self.session.config().epsilon != wanted.epsilon {
            self.session.set_epsilon(wanted.epsilon);
            self.audits = Audits::default();
        }
        if self.session.is_behind(wanted.look.shown) {
            self.pacing.recover_soon();
        }
        let situation = Situation {
            redraw: self.is_stale(&wanted.look),
            solving: self.session.exact().has_gpu_work() || self.session.moves_particles(),
            ..Situation::new(wanted, self.session.step_ms())
        };
        if self.session.is_ready() {
            self.submit(now_ms, &situation, wanted);
        }
        if report.is_some() {
            (self.report, self.awaiting_report) = (report, false);
            self.telling.changed();
        }
        let audit = if situation.is_suspended() { None } else { self.work_on_host(now_ms, wanted.completion, clock) };
        let solved_epsilon = self.session.exact().last_flow().map(|flow| flow.epsilon);
        let before = std::mem::replace(&mut self.solved_epsilon, solved_epsilon);
        let solved = solved_epsilon.is_some() && before != solved_epsilon;
        if solved {
            self.drawn = None;
        }
        let waits = self.awaiting_report || !self.session.is_ready() || self.session.exact().has_host_work();
        let later = self.is_stale(&wanted.look) || self.is_audit_behind(wanted.completion);
        let shown = self.session.shown(wanted.look.shown);
        let (flow, untold) = if wanted.potentials { self.potentials(now_ms, shown) } else { (None, false) };
        Ok(Outcome {
            news: News {
                step: self.session.step(),
                shown,
                epsilon: self.session.epsilon_of(shown),
                report,
                runaway,
                audit,
                solved,
            },
            flow,
            paths: self.session.take_paths().map(Box::new),
            awake: untold || waits || later || self.pacing.has_work(&situation),
        })
    }

    /// The potentials of what is shown, where they are due; whether they will be.
    fn potentials(&mut self, now_ms: f64, shown: Shown) -> (Option<Box<ShownFlow>>, bool) {
        let exact = self.session.exact().last_flow();
        let due_ms = self.telling.due_in_ms(now_ms, shown, exact);
        let flow = due_ms.filter(|ms| *ms <= 0.0).and_then(|_| self.session.potentials(shown));
        if flow.is_some() {
            self.telling.tell(now_ms, shown, exact);
        }
        (flow.map(Box::new), due_ms.is_some_and(|ms| ms > 0.0))
    }

    /// Whether there is a picture to be drawn.
    fn is_stale(&self, look: &Look) -> bool {
        self.drawn != Some(*look) && look.side > 0
    }

    fn submit(&mut self, now_ms: f64, situation: &Situation, wanted: &Wanted) {
        let Self { stage, session, .. } = self;
        let Some(plan) = self.pacing.plan(now_ms, situation, |target_ms| session.steps_for(target_ms)) else { return };
        let look = &wanted.look;
        let work = Work { steps: plan.steps, recover: plan.recover, time: look.time };
        if plan.picture {
            self.drawn = stage.show(session, &work, look).then_some(*look);
        } else {
            session.submit(&work, None);
        }
        self.awaiting_report |= plan.recover;
    }

    fn is_audit_behind(&self, completion: Completion) -> bool {
        let is_behind = |report: &Report| self.audits.are_behind(report, completion);
        self.session.exact().flow().is_some() && self.report.as_ref().is_some_and(is_behind)
    }

    /// Solves for the exact flow and measures the learned one against it, a slice a frame.
    fn work_on_host(&mut self, now_ms: f64, completion: Completion, clock: impl Fn() -> f64) -> Option<AuditReport> {
        if let (Some(report), true) = (self.report, self.is_audit_behind(completion))
            && !self.session.exact().has_host_work()
            && self.audits.due_in_ms(now_ms) <= 0.0
        {
            self.audits.begin(now_ms);
            self.session.audit(&report, completion);
        }
        let began_ms = clock();
        let audit = self.session.work_on_host(HOST_SLICE);
        self.audits.worked(clock() - began_ms);
        if let Some(audit) = &audit {
            self.audits.end(audit);
        }
        audit
    }
}
