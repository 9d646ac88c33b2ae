//! The messages between the page and its workers.

use crate::export::{Piece, RunSnapshot};
use flowsketch_core::checkpoint::Checkpoint;
use flowsketch_core::config::Config;
use flowsketch_core::measure::{Density, Import, Levels};
use flowsketch_core::run::{Onward, RunRequest, RunUpdate};
use flowsketch_core::shown::ShownFlow;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Messages from the page to a worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Request {
    /// Starts a run from this source, to the Normal or another target, as number `run`. Answers about earlier runs are
    /// then ignored.
    Start {
        /// Larger than that of any run before.
        run: u32,
        /// The settings of the run.
        config: Config,
        /// p_D.
        source: Density,
        /// The target, if it is not the Normal.
        target: Option<Density>,
        /// Where the run goes on from, if it is not new.
        checkpoint: Option<Box<Checkpoint>>,
    },
    /// The drawing has changed: the run continues with it, as number `run`.
    Follow {
        /// Larger than that of any run before.
        run: u32,
        /// The new p_D.
        source: Density,
        /// What becomes of the run.
        onward: Onward,
        /// No change is to follow at once: a pen has been lifted.
        is_last: bool,
    },
    /// New settings. The run continues if it [can](Config::continues), and otherwise starts again.
    Configure(Config),
    /// The run starts again at step 0, as number `run`.
    Reset {
        /// Larger than that of any run before.
        run: u32,
    },
    /// One training step, although training is paused.
    Step,
    /// What the worker computes from now on.
    Want(RunRequest),
    /// The page is not visible: nothing is done until the next [`Want`](Self::Want).
    Rest,
    /// The picture sent last is on the page; its pixels come back in this message, to be used again.
    Seen,
    /// Measures the speed of training. Nothing else is done meanwhile.
    Measure {
        /// The settings to be measured.
        config: Config,
        /// For how long.
        duration: Duration,
    },
    /// Reads a source. With `fit`, points are moved and scaled to fill the map; `levels` are for images.
    Import {
        /// What it is read from.
        material: Material,
        /// Whether points are made to fill the map.
        fit: bool,
        /// How the ink of an image is told from its ground.
        levels: Levels,
    },
    /// Makes a file from a run.
    Export {
        /// Which file.
        piece: Piece,
        /// The run it is made from.
        snapshot: Box<RunSnapshot>,
    },
    /// To a worker that has no run: a [`Question`](crate::inspection::Question) about a flow.
    Explore(Vec<u8>),
}

/// What the user imports as a source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Material {
    /// A file of that name, an image or points; its bytes are sent beside the message.
    File(String),
    /// Pasted text, points by rows. A spreadsheet puts a picture of the cells beside it, which is sent beside the message:
    /// it is read if the text is no points.
    Rows(String),
    /// A typed word, which becomes a picture.
    Word(String),
}

/// Messages from a worker to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// The worker has started and takes requests.
    Ready,
    /// Progress of run number `run`. A picture of `side` × `side` pixels (RGBA) is sent beside it unless `side` is 0.
    /// From time to time it brings the state of the run and the potentials of the flow shown.
    RunUpdate {
        /// The number in the newest [`Request::Start`], [`Request::Follow`] or [`Request::Reset`].
        run: u32,
        /// Training steps so far, with new measurements and audits.
        update: Box<RunUpdate>,
        /// Weights and optimiser state of both networks.
        checkpoint: Option<Box<Checkpoint>>,
        /// The potentials of the flow shown, where they are wanted and new.
        flow: Option<Box<ShownFlow>>,
        /// Pixels of a side of the picture; 0 without a picture.
        side: u32,
    },
    /// The answer to [`Request::Measure`].
    Measured(Measured),
    /// The imported source, or a sentence that says what is wrong with it.
    Imported(Result<Imported, String>),
    /// The source is a vector image, which only an element of the page can draw: its text with a size of its own, and that
    /// size in pixels. The page answers with an [`Import`](Request::Import) of the same name and pixels beside it.
    Vector {
        /// The source text of the image, with its size in it.
        text: String,
        /// Width and height, pixels.
        size: [u32; 2],
    },
    /// The file is sent beside the message; if there is none, a sentence says why.
    Exported(Option<String>),
    /// A [`Finding`](crate::inspection::Finding).
    Explored(Vec<u8>),
}

/// A source that was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Imported {
    /// The density and its name.
    pub import: Import,
    /// Of an image: how its ink was told from its ground, nothing left to choose.
    pub levels: Option<Levels>,
}

/// The time that training alone took, without pictures, tabulations or audits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Training steps that were timed.
    pub steps: u64,
    /// Network evaluations of these steps: one is a forward and a backward pass at one point.
    pub evaluations: u64,
    /// From the submission of the first of them to the end of the last.
    pub seconds: f64,
}

impl Measured {
    /// Network evaluations per second of training.
    pub fn evaluations_per_second(&self) -> f64 {
        self.evaluations as f64 / self.seconds
    }

    /// Mean time of a training step, milliseconds.
    pub fn step_ms(&self) -> f64 {
        1e3 * self.seconds / self.steps as f64
    }
}
