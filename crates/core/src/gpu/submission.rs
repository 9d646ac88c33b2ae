//! What one submission to the device does, and what it brings back.

use crate::lattice::Lattice;
use std::sync::{Arc, OnceLock};
use web_time::Instant;

/// What one submission shall do, in this order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Work {
    /// Training steps, at most `MAX_STEPS`; fewer are taken where a step is large.
    pub steps: u32,
    /// Whether to tabulate the potentials of the averaged weights on the flow lattice, and measure them. The first submission
    /// after a start always does.
    pub tabulate: bool,
    /// The time t in [0, 1] of the picture; its flow is evaluated only if t, or the potentials, changed.
    pub time: f64,
}

/// Most network evaluations of one submission, unless a single step has more.
pub(super) const MAX_EVALUATIONS: u64 = 1_600_000;
/// Steps of particles in one submission: as much work as some training steps. Each takes a software adapter long.
pub(super) const PARTICLE_STEPS: usize = 4;
pub(super) const PARTICLE_STEPS_OF_SOFTWARE: usize = 1;
/// How many flows are as much work as a step of particles, which needs gradients at two times.
pub(super) const FLOWS_OF_PARTICLE_STEP: usize = 2;
/// Most submissions in flight.
pub const MAX_IN_FLIGHT: usize = 2;

/// A submission in flight.
pub(super) struct Submission {
    /// How many starts and sources there were before it was submitted: an older generation no longer matters.
    pub generation: u64,
    pub steps: u32,
    /// Index of the kernel path that the steps took.
    pub path: usize,
    /// Flows evaluated; work on particles is counted in flows.
    pub flows: u32,
    pub submitted: Instant,
    #[cfg_attr(target_arch = "wasm32", expect(dead_code, reason = "a page never waits"))]
    pub index: wgpu::SubmissionIndex,
    pub done: Arc<OnceLock<Instant>>,
    /// Index of the clock that times its steps.
    pub clock: Option<usize>,
    pub tabulation: Option<PendingTabulation>,
}

/// Tabulated potentials that are on their way to the host.
pub(super) struct PendingTabulation {
    /// Index of the readback that brings them.
    pub readback: usize,
    pub step: u64,
    pub evaluations: u64,
    pub epsilon: f64,
    pub lattice: Lattice,
    /// Steps whose losses come with it.
    pub losses: u32,
}
