//! What the workers of the page do, without a browser: [`Runner`] carries out a run on the CPU in slices,
//! [`inspection`] answers questions about a flow, [`import`] reads sources and [`export`] makes files. The programs of
//! the workers, in the page's package, only receive requests and send answers.
//!
//! [`claims`] judges what lessons say about exact flows. [`vector`] and [`webm`] complete files that browsers read or
//! make. [`history`], [`compare`] and [`curve`] hold what the panels keep of a run; [`speed`] measures how fast a machine
//! trains.
#![warn(missing_docs)]

pub mod claims;
pub mod compare;
pub mod curve;
pub mod export;
pub mod history;
pub mod import;
pub mod inspection;
pub mod laboratory;
mod runner;
pub mod speed;
pub mod step_inspector;
pub mod vector;
pub mod webm;

pub use runner::{Next, Runner, Slice};
