//! Where a run is carried out: the page asks and is told the same, whichever it is.

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
    /// The run starts again from another source, on a GPU to the Normal whatever the target.
    pub fn load(&mut self, source: &Density, target: Option<&Density>) {
        match self {
            Self::Gpu(run) => run.load(source),
            Self::Worker(run) => run.load(source, target),
        }
    }

    /// The drawing is another, for the last time in a stroke or not: the run goes on to it.
    pub fn follow(&mut self, source: &Density, onward: Onward, is_last: bool) {
        match self {
            Self::Gpu(run) => run.follow(source, onward, is_last),
            Self::Worker(run) => run.follow(source, onward, is_last),
        }
    }

    /// The run goes on from where it stood.
    pub fn resume(&mut self, source: &Density, target: Option<&Density>, checkpoint: Checkpoint) {
        match self {
            Self::Gpu(run) => run.resume(&checkpoint),
            Self::Worker(run) => run.resume(source, target, checkpoint),
        }
    }

    /// Other settings. The run goes on where it [can](Config::continues), and otherwise starts again.
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

    /// One training step is wanted although training is paused.
    pub fn step_once(&mut self) {
        match self {
            Self::Gpu(run) => run.step_once(),
            Self::Worker(run) => run.step_once(),
        }
    }

    /// Takes what is new, and asks for what is wanted from now on. `clock` tells milliseconds, `now_ms` those of the frame.
    ///
    /// # Errors
    /// The sentence of what made the backend useless.
    pub fn frame(&mut self, now_ms: f64, request: &RunRequest, clock: impl Fn() -> f64) -> Result<Outcome, String> {
        match self {
            Self::Gpu(run) => run.frame(now_ms, request, clock),
            Self::Worker(run) => run.frame(request),
        }
    }

    /// Particles set out into the flow that a picture of `shown` shows. A run in the worker moves none.
    pub fn start_particles(&mut self, shown: Shown, particle_config: ParticleConfig) {
        if let Self::Gpu(run) = self {
            run.start_particles(shown, particle_config);
        }
    }

    /// Whether particles are on their way.
    pub fn has_particles(&self) -> bool {
        matches!(self, Self::Gpu(run) if run.has_particles())
    }

    /// Whether nothing is learned and t rests while the pen is down, for the sake of the ink.
    pub fn is_suspended(&self, request: &RunRequest) -> bool {
        match self {
            Self::Gpu(run) => run.is_suspended(request),
            Self::Worker(_) => false,
        }
    }

    /// Where the run stood when that came back last.
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        match self {
            Self::Gpu(run) => Some(run.checkpoint()),
            Self::Worker(run) => run.checkpoint(),
        }
    }

    /// Nobody looks: nothing is done until the next frame.
    pub fn rest(&mut self) {
        match self {
            // It does nothing by itself.
            Self::Gpu(_) => {}
            Self::Worker(run) => run.rest(),
        }
    }
}
