//! What the page and the worker tell each other.
//!
//! A message is an array of bytes, with the pixels of a picture beside it in the messages that have one. What is asked about a
//! flow, and found, is bytes within it: the page, which asks nothing of the kind, need not hold how it is read.

use crate::speed::Measured;
use crate::take::{Piece, Standing};
use flowsketch_core::config::Config;
use flowsketch_core::cpu::session::Progress;
use flowsketch_core::explore::ShownFlow;
use flowsketch_core::measure::{Density, Import};
use flowsketch_core::run::{News, Wanted};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// From the page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Request {
    /// A run from another source, to the Normal or another target; it becomes number `run`, and what is told of the runs
    /// before no longer matters.
    Start { run: u32, config: Config, source: Density, target: Option<Density>, progress: Option<Box<Progress>> },
    /// Other settings. The run goes on where it [can](Config::continues), and otherwise starts again.
    Configure(Config),
    /// The run starts again at step 0, as number `run`.
    Reset { run: u32 },
    /// One training step, although training is paused.
    Step,
    /// What is wanted from now on.
    Want(Wanted),
    /// Nobody looks: nothing is done until the next [`Want`](Self::Want).
    Rest,
    /// The picture sent last is on the page; its pixels come back in this message, to be used again.
    Seen,
    /// How fast does it train? Nothing else is done until that is measured.
    Measure { config: Config, duration: Duration },
    /// A source to be read; points are fitted to the map where `fit`.
    Bring { material: Material, fit: bool },
    /// A file of a run.
    Take { piece: Piece, standing: Box<Standing> },
    /// To a worker that has no run: a [`Question`](crate::explorer::Question) about a flow.
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
    /// News of run number `run`, with a picture of `side` × `side` pixels (RGBA) unless `side` is 0, and now and then with
    /// where the run stands, and with the potentials of what is shown.
    News {
        run: u32,
        news: Box<News>,
        progress: Option<Box<Progress>>,
        flow: Option<Box<ShownFlow>>,
        side: u32,
    },
    Measured(Measured),
    /// The source that was brought, or a sentence.
    Brought(Result<Import, String>),
    /// The file is beside the message; or why there is none.
    Taken(Option<String>),
    /// A [`Finding`](crate::explorer::Finding).
    Explored(Vec<u8>),
}

/// A message as bytes.
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    postcard::to_allocvec(message).expect("a message of plain values can be written")
}

/// The message that the bytes are of, unless they are of none.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}
