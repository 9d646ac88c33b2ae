//! What the page and its workers tell each other.

use crate::export::{Piece, RunSnapshot};
use flowsketch_core::checkpoint::Checkpoint;
use flowsketch_core::config::Config;
use flowsketch_core::measure::{Density, Import};
use flowsketch_core::run::{Onward, RunRequest, RunUpdate};
use flowsketch_core::shown::ShownFlow;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// From the page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Request {
    /// A run from another source, to the Normal or another target; it becomes number `run`, and what is told of the runs
    /// before no longer matters.
    Start { run: u32, config: Config, source: Density, target: Option<Density>, checkpoint: Option<Box<Checkpoint>> },
    /// The drawing is another: the run goes on to it, as number `run`.
    Follow { run: u32, source: Density, onward: Onward, is_last: bool },
    /// Other settings. The run goes on where it [can](Config::continues), and otherwise starts again.
    Configure(Config),
    /// The run starts again at step 0, as number `run`.
    Reset { run: u32 },
    /// One training step, although training is paused.
    Step,
    /// What is wanted from now on.
    Want(RunRequest),
    /// Nobody looks: nothing is done until the next [`Want`](Self::Want).
    Rest,
    /// The picture sent last is on the page; its pixels come back in this message, to be used again.
    Seen,
    /// How fast does it train? Nothing else is done until that is measured.
    Measure { config: Config, duration: Duration },
    /// A source to be read; points are fitted to the map where `fit`.
    Import { material: Material, fit: bool },
    /// A file of a run.
    Export { piece: Piece, snapshot: Box<RunSnapshot> },
    /// To a worker that has no run: a [`Question`](crate::inspection::Question) about a flow.
    Explore(Vec<u8>),
}

/// What a person brings as a source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Material {
    /// A file of that name, an image or a CSV of points; the file is beside the message.
    File(String),
    /// Rows of points.
    Rows(String),
    Word(String),
}

/// From the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// It listens.
    Ready,
    /// RunUpdate of run number `run`, with a picture of `side` × `side` pixels (RGBA) unless `side` is 0, and now and then with
    /// where the run stands, and with the potentials of what is shown.
    RunUpdate {
        run: u32,
        update: Box<RunUpdate>,
        checkpoint: Option<Box<Checkpoint>>,
        flow: Option<Box<ShownFlow>>,
        side: u32,
    },
    Measured(Measured),
    /// The imported source, or a sentence.
    Imported(Result<Import, String>),
    /// The file is beside the message; or why there is none.
    Exported(Option<String>),
    /// A [`Finding`](crate::inspection::Finding).
    Explored(Vec<u8>),
}

/// Training, timed: no pictures, tabulations or audits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub steps: u64,
    /// Network evaluations of these steps: one is a forward and a backward pass at one point.
    pub evaluations: u64,
    /// From the submission of the first of them to the end of the last.
    pub seconds: f64,
}

impl Measured {
    pub fn evaluations_per_second(&self) -> f64 {
        self.evaluations as f64 / self.seconds
    }

    pub fn step_ms(&self) -> f64 {
        1e3 * self.seconds / self.steps as f64
    }
}
