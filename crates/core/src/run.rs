//! The requests to a run and its answers, the same on every backend.

use crate::divergence_monitor::Divergence;
use crate::exact::audit::AuditReport;
use crate::metrics::Measurement;
use crate::potentials::{SecondPotential, Shown};
use crate::style::Style;
use serde::{Deserialize, Serialize};

/// What is wanted of a run; a newer request replaces an older one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRequest {
    /// The run changes to this ε.
    pub epsilon: f64,
    /// Whether training steps are taken.
    pub training: bool,
    /// The flow plays: t moves by itself.
    pub playing: bool,
    /// The user is dragging t or ε.
    pub busy: bool,
    /// The pen is down.
    pub drawing: bool,
    /// The second potential of the flow that audits compare with the exact one.
    pub second_potential: SecondPotential,
    /// The potentials of the flow that is shown are to be sent.
    pub potentials: bool,
    /// The picture that is wanted.
    pub view: ViewParams,
}

/// The view of a picture of the flow; together with the flow it determines the picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ViewParams {
    /// t.
    pub time: f64,
    /// Which flow is asked for; what is shown is the learned flow while there is no exact one.
    pub shown: Shown,
    /// Colours, their range, and whether arrows are drawn.
    pub style: Style,
    /// Pixels of a side; 0 when no picture is drawn.
    pub side: u32,
}

/// How a run continues with another source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Onward {
    /// As a new run: from the initial weights, at step 0.
    Afresh,
    /// From the present weights at step 0, with the optimiser state reset.
    Warm,
    /// From the present weights, step count and optimiser state. As always with another source, the schedule of the
    /// learning rate and the averaging of the weights start again.
    On,
}

/// What has happened since the update before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunUpdate {
    /// Training steps so far; the last ones may still be running.
    pub step: u64,
    /// What pictures show, and the ε of that flow.
    pub shown: Shown,
    /// ε of the flow that pictures show.
    pub epsilon: f64,
    /// A new measurement of the learned flow.
    pub measurement: Option<Measurement>,
    /// Why the run has diverged, if this measurement shows that it has.
    pub divergence: Option<Divergence>,
    /// A completed audit: the learned pair against the exact one.
    pub audit: Option<AuditReport>,
    /// A new exact flow has been solved, for the present ε or for one before it while ε moves.
    pub solved: bool,
}

impl RunUpdate {
    /// Only the progress of the run.
    pub fn none(step: u64, shown: Shown, epsilon: f64) -> Self {
        Self { step, shown, epsilon, measurement: None, divergence: None, audit: None, solved: false }
    }
}
