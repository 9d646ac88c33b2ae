//! What computes: a device, or a worker, or for a while nothing.

use crate::backend::Backend;
use crate::capability::CpuReason;
use flowsketch_core::checkpoint::Checkpoint;
use flowsketch_core::gpu::session::Session;
use flowsketch_state::Choice;

/// So many losses of the device within this time, milliseconds, are enough.
const MOST_LOSSES: usize = 3;
const LOSSES_MS: f64 = 60_000.0;

pub struct Compute {
    /// Which backend the link asks for.
    pub choice: Choice,
    /// There while something computes.
    pub backend: Option<Backend>,
    /// The run while there is no device.
    pub resting: Option<Session>,
    /// Where it stood when its worker failed.
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

    /// What computes is lost: the run rests until something else computes.
    pub fn rest(&mut self) {
        match self.backend.take() {
            Some(Backend::Gpu(run)) => self.resting = Some(run.into_session()),
            Some(Backend::Worker(run)) => self.left_at = run.into_progress(),
            None => {}
        }
    }

    /// A device was lost; whether another is worth a try.
    pub fn may_open_again(&mut self, now_ms: f64) -> bool {
        self.losses_ms.retain(|then| now_ms - then < LOSSES_MS);
        self.losses_ms.push(now_ms);
        self.losses_ms.len() < MOST_LOSSES
    }
}
