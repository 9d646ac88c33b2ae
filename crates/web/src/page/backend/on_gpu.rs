//! A run on the GPU, driven from the page's frames.

use crate::backend::outcome::Outcome;
use crate::widgets::stage::Stage;
use flowsketch_core::checkpoint::Checkpoint;
use flowsketch_core::config::Config;
use flowsketch_core::driver::{Driver, Happened};
use flowsketch_core::explore::ParticleConfig;
use flowsketch_core::gpu::session::{Session, Work};
use flowsketch_core::measure::Density;
use flowsketch_core::potentials::Shown;
use flowsketch_core::run::{Onward, RunRequest};
use flowsketch_core::scheduler::Situation;
use std::time::Duration;

/// The host works this long in a frame on the exact flow and on audits.
const HOST_SLICE: Duration = Duration::from_millis(6);
/// The same while training is suspended because the pen is down: only the exact flow follows then. Ink never waits for
/// a task of 50 ms.
const DRAWING_HOST_SLICE: Duration = Duration::from_millis(20);

pub struct OnGpu {
    stage: Stage,
    session: Session,
    driver: Driver,
    /// The measurement of a submitted tabulation has not come back yet.
    awaiting_report: bool,
    /// Number of exact flows solved up to the previous frame.
    solutions: u64,
}

impl OnGpu {
    pub fn new(stage: Stage, session: Session) -> Self {
        let mut driver = Driver::default();
        driver.restarted();
        Self { stage, session, driver, awaiting_report: false, solutions: 0 }
    }

    /// The run without its stage, for another device.
    pub fn into_session(self) -> Session {
        self.session
    }

    pub fn checkpoint(&self) -> Checkpoint {
        self.session.checkpoint()
    }

    pub fn load(&mut self, source: &Density) {
        self.session.load(source);
        self.driver.restarted();
    }

    pub fn follow(&mut self, source: &Density, onward: Onward, is_last: bool) {
        self.session.follow(source, onward, is_last);
        self.driver.followed(onward);
        self.driver.scheduler.tabulate_soon();
    }

    pub fn reconfigure(&mut self, config: &Config) {
        self.session.reconfigure(config.clone());
        self.driver.reconfigured();
    }

    pub fn reset(&mut self) {
        self.session.reset();
        self.driver.restarted();
    }

    pub fn resume(&mut self, checkpoint: &Checkpoint) {
        self.session.resume(checkpoint);
        self.driver.restarted();
    }

    pub fn step_once(&mut self) {
        self.driver.scheduler.step_once();
    }

    pub fn start_particles(&mut self, shown: Shown, particle_config: ParticleConfig) {
        self.session.start_particles(shown, particle_config);
    }

    pub fn has_particles(&self) -> bool {
        self.session.has_particles()
    }

    pub fn is_suspended(&self, request: &RunRequest) -> bool {
        Situation::new(request, self.session.step_ms()).is_suspended()
    }

    /// As [`Backend::frame`](crate::backend::Backend::frame).
    pub fn frame(&mut self, now_ms: f64, request: &RunRequest, clock: impl Fn() -> f64) -> Result<Outcome, String> {
        if let Some(failure) = self.session.gpu().failure() {
            return Err(failure);
        }
        let measurement = self.session.poll();
        let divergence = self.session.divergence().copied().filter(|_| measurement.is_some());
        self.driver.follow_epsilon(&mut self.session, request);
        let situation = Situation {
            redraw: self.is_stale(request),
            solving: self.session.exact().has_gpu_work() || self.session.moves_particles(),
            ..Situation::new(request, self.session.step_ms())
        };
        if self.session.is_ready() {
            self.submit(now_ms, &situation, request);
        }
        if let Some(measurement) = measurement {
            self.driver.measured(measurement);
            self.awaiting_report = false;
        }
        self.driver.audit(&mut self.session, request, || now_ms);
        let slice = if self.is_suspended(request) { DRAWING_HOST_SLICE } else { HOST_SLICE };
        let audit = self.driver.work_on_host(&mut self.session, slice, clock);
        let solutions = self.session.exact().solutions();
        let solved = std::mem::replace(&mut self.solutions, solutions) != solutions;
        let shown = self.session.shown(request.view.shown);
        if solved && !matches!(shown, Shown::Learned(_)) {
            self.driver.drawn = None;
        }
        let waits = self.awaiting_report || !self.session.is_ready() || self.session.exact().has_host_work();
        let later = self.is_stale(request) || self.driver.is_audit_behind(&self.session, request.second_potential);
        let is_wanted = request.potentials;
        let (flow, later_ms) =
            if is_wanted { self.driver.potentials(&self.session, shown, || now_ms) } else { (None, None) };
        Ok(Outcome {
            update: self.driver.update(&self.session, shown, Happened { measurement, divergence, audit, solved }),
            flow,
            paths: self.session.take_paths().map(Box::new),
            awake: later_ms.is_some() || waits || later || self.driver.scheduler.has_work(&situation),
        })
    }

    /// Whether the picture is out of date and can be drawn. While training is suspended because the pen is down, only
    /// the exact flow is drawn.
    fn is_stale(&self, request: &RunRequest) -> bool {
        let shown = self.session.shown(request.view.shown);
        let is_there = self.session.can_be_drawn(shown) && (shown == Shown::Exact || !self.is_suspended(request));
        self.driver.drawn != Some(request.view) && request.view.side > 0 && is_there
    }

    fn submit(&mut self, now_ms: f64, situation: &Situation, request: &RunRequest) {
        let Self { stage, session, driver, .. } = self;
        let Some(plan) = driver.scheduler.plan(now_ms, situation, |target_ms| session.steps_for(target_ms)) else {
            return;
        };
        let view = &request.view;
        let work = Work { steps: plan.steps, tabulate: plan.tabulate, time: view.time };
        if plan.picture {
            driver.drawn = stage.show(session, &work, view).then_some(*view);
        } else {
            session.submit(&work, None);
        }
        self.awaiting_report |= plan.tabulate;
    }
}
