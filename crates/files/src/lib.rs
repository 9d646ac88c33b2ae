//! Files that the headless tool and the page share: the results of a run that both write, and the sources that both
//! read.
#![warn(missing_docs)]

pub mod fields;
pub mod npz;
pub mod points;
pub mod weights;
