//! The mathematics of every kernel in plain Rust, generic over the float.
//!
//! In f64 each function is the twin that its kernel in `shaders/` is tested against; file and function carry the
//! kernel's name. No backend computes with it.

pub mod flow;
pub mod learner;
pub mod monte_carlo;
pub mod optimiser;
pub mod particles;
pub mod potential;
pub mod semidual;
pub mod trainer;
pub mod transform;
