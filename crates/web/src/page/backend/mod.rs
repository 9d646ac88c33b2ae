//! Where a run is computed, on the GPU or in a worker, with one interface for both.

pub mod on_gpu;
pub mod on_worker;
pub mod outcome;

use crate::backend::on_gpu::OnGpu;
use crate::backend::on_worker::OnWorker;
use crate::backend::outcome::Outcome;
use flowsketch_core::checkpoint::Checkpoint;
use flowsketch_core::config::Config;
use flowsketch_core::explore::ParticleConfig;
use flowsketch_core::measure::Density;
use flowsketch_core::potentials::Shown;
use flowsketch_core::run::{Onward, RunRequest};

pub enum Backend {
    Gpu(Box<OnGpu>),
    Worker(Box<OnWorker>),
}

impl Backend {
    /// The run restarts from another source. A GPU computes to the Normal, whatever the target.
    pub fn load(&mut self, source: &Density, target: Option<&Density>) {
        match self {
            Self::Gpu(run) => run.load(source),
            Self::Worker(run) => run.load(source, target),
        }
    }

    /// The drawing has changed, for the last time in a stroke if `is_last`; `onward` says how the run continues with
    /// it.
    pub fn follow(&mut self, source: &Density, onward: Onward, is_last: bool) {
        match self {
            Self::Gpu(run) => run.follow(source, onward, is_last),
            Self::Worker(run) => run.follow(source, onward, is_last),
        }
    }

    /// The run continues from a checkpoint.
    pub fn resume(&mut self, source: &Density, target: Option<&Density>, checkpoint: Checkpoint) {
        match self {
            Self::Gpu(run) => run.resume(&checkpoint),
            Self::Worker(run) => run.resume(source, target, checkpoint),
        }
    }

    /// Other settings. The run continues if it [can](Config::continues), and otherwise restarts.
    pub fn reconfigure(&mut self, config: &Config) {
        match self {
            Self::Gpu(run) => run.reconfigure(config),
            Self::Worker(run) => run.reconfigure(config),
        }
    }

    /// The run starts again from the same source.
    pub fn reset(&mut self) {
        match self {
            Self::Gpu(run) => run.reset(),
            Self::Worker(run) => run.reset(),
        }
    }

    /// Takes one training step although training is paused.
    pub fn step_once(&mut self) {
        match self {
            Self::Gpu(run) => run.step_once(),
            Self::Worker(run) => run.step_once(),
        }
    }

    /// Sends `request`, and returns what is new. `now_ms` is the time of the frame, `clock` tells the present time.
    ///
    /// # Errors
    /// A sentence that says why the backend failed.
    pub fn frame(&mut self, now_ms: f64, request: &RunRequest, clock: impl Fn() -> f64) -> Result<Outcome, String> {
        match self {
            Self::Gpu(run) => run.frame(now_ms, request, clock),
            Self::Worker(run) => run.frame(request),
        }
    }

    /// Starts particles in the flow that a picture of `shown` shows. A run in the worker moves none.
    pub fn start_particles(&mut self, shown: Shown, particle_config: ParticleConfig) {
        if let Self::Gpu(run) = self {
            run.start_particles(shown, particle_config);
        }
    }

    /// Whether particles are being computed, or were not taken yet.
    pub fn has_particles(&self) -> bool {
        matches!(self, Self::Gpu(run) if run.has_particles())
    }

    /// Whether training and t are suspended while the pen is down, so that ink appears without delay.
    pub fn is_suspended(&self, request: &RunRequest) -> bool {
        match self {
            Self::Gpu(run) => run.is_suspended(request),
            Self::Worker(_) => false,
        }
    }

    /// The latest checkpoint that came back.
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        match self {
            Self::Gpu(run) => Some(run.checkpoint()),
            Self::Worker(run) => run.checkpoint(),
        }
    }

    /// Nothing is computed until the next frame.
    pub fn rest(&mut self) {
        match self {
            // It computes only in frames.
            Self::Gpu(_) => {}
            Self::Worker(run) => run.rest(),
        }
    }
}
