//! What a run leaves behind as files, written alike by the headless tool and by the page.

pub mod fields;
pub mod npz;
pub mod weights;
