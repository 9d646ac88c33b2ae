//! Questions to the step inspector, and its answers.

use crate::export::RunSnapshot;
use flowsketch_core::step_inspector::{Around, StepTrace, UpdatedPotentials};
use serde::{Deserialize, Serialize};

/// A message to the step inspector, which takes single training steps of a copy of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Ask {
    /// Gives the step inspector a copy of this run.
    Open(Box<RunSnapshot>),
    /// Begins one training step, which updates these potentials.
    Begin(UpdatedPotentials),
    /// Continues the step. Once it is done the answer is its trace, with the averages around this point, world units.
    Advance([f64; 2]),
    /// The averages of that step around another point.
    Around([f64; 2]),
}

/// The answer to [`Ask::Advance`] or to [`Ask::Around`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Found {
    /// The share of the step that is done, from 0 to 1.
    Share(f64),
    /// The step that is done, with the results of its stages.
    StepTrace(Box<StepTrace>),
    /// The answer to [`Ask::Around`].
    Around(Around),
}
