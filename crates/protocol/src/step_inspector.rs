//! The step inspector, as the page asks for it.

use crate::export::RunSnapshot;
use flowsketch_core::step_inspector::{Around, StepTrace, UpdatedPotentials};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Ask {
    /// A copy of this run goes to the step inspector.
    Open(Box<RunSnapshot>),
    /// One step of it begins.
    Begin(UpdatedPotentials),
    /// It goes on; once it is done it is shown, with averages around a point, world units.
    Advance([f64; 2]),
    /// The averages of that step around another point.
    Around([f64; 2]),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Found {
    /// So much of the step is done, from 0 to 1.
    Share(f64),
    StepTrace(Box<StepTrace>),
    Around(Around),
}
