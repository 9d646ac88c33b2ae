//! What the page and its panels tell each other. Panels are a second program of the page, loaded when it has come to rest:
//! they look closely at the flow shown, compare runs and write files, and know of the page only what is told here.

use crate::export::RunSnapshot;
use flowsketch_core::checkpoint::Checkpoint;
use flowsketch_core::config::Config;
use flowsketch_core::explore::{ParticleConfig, Trajectories};
use flowsketch_core::measure::Import;
use flowsketch_core::potentials::Shown;
use flowsketch_core::shown::ShownFlow;
use serde::{Deserialize, Serialize};

/// The Normal as a target, in a sentence.
pub const NORMAL: &str = "the Normal";

/// From the page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum FromPage {
    /// What is on the page, whenever a part of it is another.
    Scene(Box<Scene>),
    /// The potentials of what is shown, whenever they are others.
    Flow(Box<ShownFlow>),
    /// Where the run stands, after [`ToPage::Snapshot`]; none while there is no run.
    Snapshot(Option<Box<RunSnapshot>>),
    /// The same without its source, after [`ToPage::Checkpoint`]; none as long as nobody knows.
    Checkpoint(Option<Box<Checkpoint>>),
    /// Where particles went, after [`ToPage::Particles`]; none if no GPU moved them.
    Trajectories(Option<Box<Trajectories>>),
}

/// What is on the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// There is a run, and its flow is shown.
    pub is_live: bool,
    /// Source and target in a sentence; the target is [`NORMAL`], or another.
    pub source: String,
    pub target: String,
    pub config: Config,
    /// Training steps of the run.
    pub step: u64,
    pub is_training: bool,
    /// t of the picture.
    pub time: f64,
    /// t moves by itself.
    pub is_playing: bool,
    pub shown: Shown,
    pub is_dark: bool,
}

/// From the panels, on behalf of the person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToPage {
    /// Go to that t and stay there.
    Time(f64),
    /// Play the flow, or stop it.
    Play(bool),
    /// Train, or pause.
    Train(bool),
    Epsilon(f64),
    /// Take this source.
    Source(Box<Import>),
    /// Say this sentence.
    Say(String),
    /// Tell where the run stands.
    Snapshot,
    /// The same without its source.
    Checkpoint,
    /// Let particles set out into the flow shown, if a GPU moves them.
    Particles(ParticleConfig),
    /// Go on from there.
    Fork(Box<Checkpoint>),
}
