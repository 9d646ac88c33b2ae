//! Where a run is carried out: the page asks and is told the same, whichever it is.

use crate::on_gpu::OnGpu;
use crate::on_worker::OnWorker;
use flowsketch_core::config::Config;
use flowsketch_core::cpu::session::Progress;
use flowsketch_core::explore::{Launch, Paths, ShownFlow};
use flowsketch_core::measure::Density;
use flowsketch_core::run::{News, Wanted};
use flowsketch_core::session::Shown;

pub enum Backend {
    Gpu(Box<OnGpu>),
    Worker(Box<OnWorker>),
}

/// What a frame brought.
pub struct Outcome {
    pub news: News,
    /// The potentials of what is shown, where they are wanted and new.
    pub flow: Option<Box<ShownFlow>>,
    /// Where particles went that were launched, when they are there.
    pub paths: Option<Box<Paths>>,
    /// Whether another frame is needed, although nothing of what is wanted changes.
    pub awake: bool,
}

impl Backend {
    /// The run starts again from another source, on a GPU to the Normal whatever the target.
    pub fn load(&mut self, source: &Density, target: Option<&Density>) {
        match self {
            Self::Gpu(run) => run.load(source),
            Self::Worker(run) => run.load(source, target),
        }
    }

    /// The run goes on from where it stood.
    pub fn go_on_from(&mut self, source: &Density, target: Option<&Density>, progress: Progress) {
        match self {
            Self::Gpu(run) => run.go_on_from(&progress),
            Self::Worker(run) => run.go_on_from(source, target, progress),
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
    pub fn frame(&mut self, now_ms: f64, wanted: &Wanted, clock: impl Fn() -> f64) -> Result<Outcome, String> {
        match self {
            Self::Gpu(run) => run.frame(now_ms, wanted, clock),
            Self::Worker(run) => run.frame(wanted),
        }
    }

    /// Particles set out into the flow that a picture of `shown` shows. A run in the worker moves none.
    pub fn launch(&mut self, shown: Shown, launch: Launch) {
        if let Self::Gpu(run) = self {
            run.launch(shown, launch);
        }
    }

    /// Whether particles are on their way.
    pub fn has_particles(&self) -> bool {
        matches!(self, Self::Gpu(run) if run.has_particles())
    }

    /// Whether nothing moves while the pen is down, for the sake of the ink.
    pub fn is_suspended(&self, wanted: &Wanted) -> bool {
        match self {
            Self::Gpu(run) => run.is_suspended(wanted),
            Self::Worker(_) => false,
        }
    }

    /// Where the run stood when that came back last.
    pub fn progress(&self) -> Option<Progress> {
        match self {
            Self::Gpu(run) => Some(run.progress()),
            Self::Worker(run) => run.progress(),
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
