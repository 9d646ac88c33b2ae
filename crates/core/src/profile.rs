//! The time of each part of a training step.

/// A part of a training step, and how long it takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Profiled {
    /// On a GPU a kernel, by its entry point; on the CPU a phase.
    pub name: &'static str,
    /// Median time of one execution, seconds.
    pub seconds: f64,
    /// Floating-point operations of its matrix products, if it is a whole evaluation or a forward or backward pass.
    pub operations: Option<f64>,
}
