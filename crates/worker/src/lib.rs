//! A run on the CPU beside the page: [`Runner`] carries it out in slices, and [`protocol`] is what the page and the worker
//! tell each other. The worker's program, of the page's package, only puts the two together. [`speed`] is what is measured
//! of a machine, [`bring`] what is read of images and points, [`take`] what is written of a run; [`explorer`] answers what
//! is asked about a flow. [`history`] keeps the past of a run, [`curve`] what a plot of it is drawn through. [`tools`] is what the page and its tools tell each other.

pub mod bring;
pub mod compare;
pub mod curve;
pub mod explorer;
pub mod glass;
pub mod history;
pub mod laboratory;
pub mod protocol;
mod runner;
pub mod speed;
pub mod take;
pub mod tools;

pub use runner::{Next, Runner, Slice};
