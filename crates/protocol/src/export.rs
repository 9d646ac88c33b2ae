//! Requests for files that are made from a run.

use flowsketch_core::checkpoint::Checkpoint;
use flowsketch_core::config::Config;
use flowsketch_core::measure::{Density, Import};
use flowsketch_core::run::ViewParams;
use serde::{Deserialize, Serialize};

/// Which file is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Piece {
    /// The picture on the page.
    View,
    /// The same flow at t = 0, 1/3, 2/3, 1.
    Strip,
    /// Fields for NumPy, as the headless tool writes them.
    Fields,
    /// Weights, settings and source, which the headless tool opens.
    Weights,
}

/// A run at its present step, and the view of its flow.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunSnapshot {
    /// The settings of the run.
    pub config: Config,
    /// p_D, on the density lattice.
    pub source: Density,
    /// The name of the source, as it is used in a sentence.
    pub name: String,
    /// The target, where it is not the Normal.
    pub target: Option<Box<Import>>,
    /// None at step 0.
    pub checkpoint: Option<Box<Checkpoint>>,
    /// t, flow, style and size of the picture on the page.
    pub view: ViewParams,
}
