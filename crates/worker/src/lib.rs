//! What the workers of the page do, without a browser: [`Runner`] carries out a run on the CPU in slices, [`inspection`]
//! answers what is asked about a flow, [`import`] reads sources and [`export`] makes files. Their programs, of the page's package,
//! only put requests and answers together.
//!
//! [`history`], [`compare`] and [`curve`] are what panels keep of a run, and [`speed`] what is measured of a machine.

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

pub use runner::{Next, Runner, Slice};
