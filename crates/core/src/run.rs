//! What is asked of a run and what it answers, whichever backend carries it out.

use crate::divergence_monitor::Divergence;
use crate::exact::audit::AuditReport;
use crate::metrics::Measurement;
use crate::potentials::{SecondPotential, Shown};
use crate::style::Style;
use serde::{Deserialize, Serialize};

/// What is wanted of a run; the newest is all that counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRequest {
    pub epsilon: f64,
    pub training: bool,
    /// The flow plays.
    pub playing: bool,
    /// The person moves t or ε.
    pub busy: bool,
    /// The pen is down.
    pub drawing: bool,
    /// The second potential of the flow that audits compare with the exact one.
    pub second_potential: SecondPotential,
    /// The potentials of what is shown are to be told.
    pub potentials: bool,
    pub view: ViewParams,
}

/// What a picture of the flow looks like: as long as this and the flow are the same, so is the picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ViewParams {
    /// t.
    pub time: f64,
    pub shown: Shown,
    pub style: Style,
    /// Pixels of a side; 0 when there is no place for a picture.
    pub side: u32,
}

/// How a run goes on to another source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Onward {
    /// As a run that starts: the initial weights, at step 0.
    Afresh,
    /// From the weights as they are, at step 0: the optimiser starts again.
    Warm,
    /// As it is, counting on. As always with another source, the learning rate and the average of the weights start again.
    On,
}

/// What has happened since the news before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunUpdate {
    /// Training steps so far; some of them may be still under way.
    pub step: u64,
    /// What pictures show, and the ε that it is of.
    pub shown: Shown,
    pub epsilon: f64,
    /// The newest measures of the learned flow.
    pub measurement: Option<Measurement>,
    /// Why the run leads nowhere, where these measures are of one that has diverged.
    pub divergence: Option<Divergence>,
    pub audit: Option<AuditReport>,
    /// An exact flow is there that was not: of the present ε, or of one on the way to it.
    pub solved: bool,
}

impl RunUpdate {
    /// Nothing but where the run stands.
    pub fn none(step: u64, shown: Shown, epsilon: f64) -> Self {
        Self { step, shown, epsilon, measurement: None, divergence: None, audit: None, solved: false }
    }
}
