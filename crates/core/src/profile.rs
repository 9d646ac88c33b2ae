//! Where the time of a training step goes.

/// A part of a training step, and how long it takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Profiled {
    /// On a GPU a kernel, by its entry point; on the CPU a phase.
    pub name: &'static str,
    pub seconds: f64,
    /// Floating-point operations of its products, where it is all or half of an evaluation.
    pub operations: Option<f64>,
}
