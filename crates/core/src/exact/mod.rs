//! The exact flow, and the learned one measured against it. On the host; [`gpu::exact`](crate::gpu::exact) adds the kernels
//! that sweep and draw.

pub mod audit;
pub mod flow;
pub mod sinkhorn;
pub mod solver;
