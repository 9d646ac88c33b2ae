//! What a frame of a run brings.

use flowsketch_core::explore::Trajectories;
use flowsketch_core::run::RunUpdate;
use flowsketch_core::shown::ShownFlow;

/// What a frame brought.
pub struct Outcome {
    pub update: RunUpdate,
    /// The potentials of what is shown, where they are wanted and new.
    pub flow: Option<Box<ShownFlow>>,
    /// The trajectories of particles, once they are complete.
    pub paths: Option<Box<Trajectories>>,
    /// Whether another frame is needed, although the request does not change.
    pub awake: bool,
}
