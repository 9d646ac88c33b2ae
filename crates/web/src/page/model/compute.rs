//! The backend that computes: a GPU, a worker, or none for a while.

use crate::backend::Backend;
use crate::capability::CpuReason;
use flowsketch_core::checkpoint::Checkpoint;
use flowsketch_core::gpu::session::Session;
use flowsketch_state::Choice;

/// After this many losses of the device within this time, milliseconds, no other is opened.
const MOST_LOSSES: usize = 3;
const LOSSES_MS: f64 = 60_000.0;

pub struct Compute {
    /// Which backend the link asks for.
    pub choice: Choice,
    /// None while nothing computes.
    pub backend: Option<Backend>,
    /// The run of a GPU while there is no device.
    pub resting: Option<Session>,
    /// The last checkpoint of the run when its worker failed.
    pub left_at: Option<Checkpoint>,
    /// When devices were lost.
    losses_ms: Vec<f64>,
    /// Why the worker computes, if it does, and whether it failed once.
    pub reason: Option<CpuReason>,
    pub worker_failed: bool,
}

impl Compute {
    pub fn new(choice: Choice) -> Self {
        Self {
            choice,
            backend: None,
            resting: None,
            left_at: None,
            losses_ms: vec![],
            reason: None,
            worker_failed: false,
        }
    }

    /// The backend is lost: the run is kept until another backend takes it over.
    pub fn rest(&mut self) {
        match self.backend.take() {
            Some(Backend::Gpu(run)) => self.resting = Some(run.into_session()),
            Some(Backend::Worker(run)) => self.left_at = run.into_progress(),
            None => {}
        }
    }

    /// A device was lost; returns whether to open another.
    pub fn may_open_again(&mut self, now_ms: f64) -> bool {
        self.losses_ms.retain(|then| now_ms - then < LOSSES_MS);
        self.losses_ms.push(now_ms);
        self.losses_ms.len() < MOST_LOSSES
    }
}
