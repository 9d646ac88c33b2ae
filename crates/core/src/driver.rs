//! The code shared by the page's frames (GPU) and the worker's slices (processor): what is kept of a run from one
//! frame or slice to the next, and what must be done again when the run changes.

use crate::backend::Backend;
use crate::divergence_monitor::Divergence;
use crate::exact::audit::AuditReport;
use crate::explore::Telling;
use crate::metrics::Measurement;
use crate::potentials::{SecondPotential, Shown};
use crate::run::{Onward, RunRequest, RunUpdate, ViewParams};
use crate::scheduler::{Audits, Scheduler};
use crate::shown::ShownFlow;
use std::time::Duration;

/// What is kept of a run from one frame or slice to the next.
#[derive(Debug, Default)]
pub struct Driver {
    /// Plans training steps, tabulations and pictures.
    pub scheduler: Scheduler,
    /// The last measurement of the learned flow.
    pub measurement: Option<Measurement>,
    /// The view of the last picture, as long as that shows the present flow.
    pub drawn: Option<ViewParams>,
    audits: Audits,
    telling: Telling,
}

/// What happened in a slice.
#[derive(Clone, Copy, Debug, Default)]
pub struct Happened {
    /// New measures of the learned flow, if there are any.
    pub measurement: Option<Measurement>,
    /// Why the run has diverged, if a measurement has shown that it has.
    pub divergence: Option<Divergence>,
    /// The audit that this slice completed.
    pub audit: Option<AuditReport>,
    /// Whether a new exact flow has been solved since the update before.
    pub solved: bool,
}

impl Driver {
    /// The run starts, or continues from another checkpoint.
    pub fn restarted(&mut self) {
        self.scheduler.restart();
        self.drawn = None;
        self.forget_measures();
        self.telling.changed();
    }

    /// The run continues with another source. The picture stays until there is a newer one.
    pub fn followed(&mut self, onward: Onward) {
        if onward == Onward::Afresh {
            self.scheduler.restart();
        }
        self.forget_measures();
        self.telling.changed();
    }

    /// The run has other settings.
    pub fn reconfigured(&mut self) {
        self.scheduler.tabulate_soon();
        self.forget_measures();
    }

    fn forget_measures(&mut self) {
        (self.audits, self.measurement) = (Audits::default(), None);
    }

    /// The learned flow was measured.
    pub fn measured(&mut self, measurement: Measurement) {
        self.measurement = Some(measurement);
        self.telling.changed();
    }

    /// Sets the ε of the request.
    pub fn follow_epsilon(&mut self, run: &mut impl Backend, request: &RunRequest) {
        if run.config().epsilon != request.epsilon {
            run.set_epsilon(request.epsilon);
            self.audits = Audits::default();
        }
        if run.is_behind(request.view.shown) {
            self.scheduler.tabulate_soon();
        }
    }

    /// Whether the flow that was measured last can be audited and has not been.
    pub fn is_audit_behind(&self, run: &impl Backend, second_potential: SecondPotential) -> bool {
        run.is_solved()
            && self.measurement.is_some_and(|measurement| self.audits.are_behind(&measurement, second_potential))
    }

    /// Milliseconds until an audit may begin.
    pub fn audit_due_in_ms(&self, now_ms: f64) -> f64 {
        self.audits.due_in_ms(now_ms)
    }

    /// Begins an audit, if one is due and the host is idle.
    pub fn audit(&mut self, run: &mut impl Backend, request: &RunRequest, now_ms: impl Fn() -> f64) {
        if let (Some(measurement), true) = (self.measurement, self.is_audit_behind(run, request.second_potential))
            && !run.has_host_work()
            && self.audits.due_in_ms(now_ms()) <= 0.0
            && !request.drawing
        {
            self.audits.begin(now_ms());
            run.audit(&measurement, request.second_potential);
        }
    }

    /// Solves and audits on the host for about `budget`; returns the audit that this completed, if any.
    pub fn work_on_host(
        &mut self,
        run: &mut impl Backend,
        budget: Duration,
        now_ms: impl Fn() -> f64,
    ) -> Option<AuditReport> {
        let began_ms = now_ms();
        let audit = run.work_on_host(budget);
        self.audits.worked(now_ms() - began_ms);
        if let Some(audit) = &audit {
            self.audits.end(audit);
        }
        audit
    }

    /// The potentials of the flow that is shown, if they are due to be sent; otherwise the milliseconds until they are
    /// due, and nothing if they have been sent already.
    pub fn potentials(
        &mut self,
        run: &impl Backend,
        shown: Shown,
        now_ms: impl Fn() -> f64,
    ) -> (Option<Box<ShownFlow>>, Option<f64>) {
        let solutions = run.solutions();
        let due_ms = self.telling.due_in_ms(now_ms(), shown, solutions);
        let flow = due_ms.filter(|ms| *ms <= 0.0).and_then(|_| run.potentials(shown)).map(Box::new);
        if flow.is_some() {
            self.telling.tell(now_ms(), shown, solutions);
        }
        (flow, due_ms.filter(|ms| *ms > 0.0))
    }

    /// The message about what happened, with the progress of the run.
    pub fn update(&self, run: &impl Backend, shown: Shown, happened: Happened) -> RunUpdate {
        let Happened { measurement, divergence, audit, solved } = happened;
        RunUpdate { step: run.step(), shown, epsilon: run.epsilon_of(shown), measurement, divergence, audit, solved }
    }
}
