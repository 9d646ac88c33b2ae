//! The messages between the page and its panels. The panels are a second program, loaded when the page is idle for the
//! first time. They look closely at the flow shown, compare runs and write files, and know of the page only what these
//! messages say.

use crate::export::RunSnapshot;
use flowsketch_core::checkpoint::Checkpoint;
use flowsketch_core::config::Config;
use flowsketch_core::explore::{ParticleConfig, Trajectories};
use flowsketch_core::measure::Import;
use flowsketch_core::potentials::Shown;
use flowsketch_core::shown::ShownFlow;
use flowsketch_state::LessonPlace;
use serde::{Deserialize, Serialize};

/// The name of the Normal as a target, as it is used in a sentence.
pub const NORMAL: &str = "the Normal";

/// Messages from the page to the panels.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum FromPage {
    /// What is on the page, whenever a part of it has changed.
    Scene(Box<Scene>),
    /// The potentials of the flow shown, whenever they have changed.
    Flow(Box<ShownFlow>),
    /// The present state of the run, in answer to [`ToPage::Snapshot`]; none while there is no run.
    Snapshot(Option<Box<RunSnapshot>>),
    /// Its weights and optimiser state alone, in answer to [`ToPage::Checkpoint`]; none while they are not known.
    Checkpoint(Option<Box<Checkpoint>>),
    /// The paths of the particles, in answer to [`ToPage::Particles`]; none if there is no GPU that moves them.
    Trajectories(Option<Box<Trajectories>>),
}

/// What is on the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// There is a run, and its flow is shown.
    pub is_live: bool,
    /// The names of source and target, as they are used in a sentence; that of the Normal is [`NORMAL`].
    pub source: String,
    /// The name of the target; that of the Normal is [`NORMAL`].
    pub target: String,
    /// The settings of the run.
    pub config: Config,
    /// Training steps of the run.
    pub step: u64,
    /// Training is on, not paused.
    pub is_training: bool,
    /// t of the picture.
    pub time: f64,
    /// The flow is playing: t advances by itself.
    pub is_playing: bool,
    /// Which flow the picture shows.
    pub shown: Shown,
    /// The page has its dark theme.
    pub is_dark: bool,
    /// The lesson that the address of the page names.
    pub lesson: Option<LessonPlace>,
}

/// Messages from the panels to the page: what the user did there, and requests for the state of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToPage {
    /// Go to that t and stay there.
    Time(f64),
    /// Play the flow, or stop it.
    Play(bool),
    /// Pause the run and the flow while other runs are compared, or give them back as they were.
    Hold(bool),
    /// Set ε to this value.
    Epsilon(f64),
    /// Take this source.
    Source(Box<Import>),
    /// Show this sentence to the user.
    Say(String),
    /// Answer with [`FromPage::Snapshot`].
    Snapshot,
    /// Answer with [`FromPage::Checkpoint`].
    Checkpoint,
    /// Move particles along the flow shown, if there is a GPU for it; answer with [`FromPage::Trajectories`].
    Particles(ParticleConfig),
    /// Continue the run from this checkpoint.
    Fork(Box<Checkpoint>),
    /// Set the page as a link says, all but the backend and the lesson.
    Set {
        /// Without ?.
        query: String,
        /// Without #.
        fragment: String,
        /// What is not named stays as it is; otherwise it has its default value.
        is_partial: bool,
    },
    /// Train, or pause.
    Train(bool),
    /// The address names this lesson from now on, or none.
    Lesson(Option<LessonPlace>),
}
