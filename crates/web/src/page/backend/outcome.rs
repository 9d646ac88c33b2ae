//! What a frame of a run brings.

use flowsketch_core::explore::Paths;
use flowsketch_core::run::News;
use flowsketch_core::shown::ShownFlow;

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
