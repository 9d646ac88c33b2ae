//! The modules of the program, for a browser alone. Imports go down this list only: `start`; the listeners of each
//! panel, which hold all panels as `shared`; `panels`; each panel by itself.

/// Markup of this folder, with its formulas as MathML; `build.rs` writes it.
macro_rules! markup {
    ($path:literal) => {
        include_str!(concat!(env!("OUT_DIR"), "/", $path))
    };
}

mod compare;
mod coupling;
mod export;
mod guide;
mod history;
mod inspection_worker;
mod inspector;
mod laboratory;
mod lessons;
mod map;
mod panels;
mod particles;
mod probe;
mod round;
mod shared;
pub mod start;
mod step_inspector;
mod strip;
