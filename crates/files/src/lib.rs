//! Files: what a run leaves behind, written alike by the headless tool and by the page, and the sources that both read.
#![warn(missing_docs)]

pub mod fields;
pub mod npz;
pub mod points;
pub mod source;
pub mod weights;
