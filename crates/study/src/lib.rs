//! Studies: the programs that write the tables of RESULTS.md, BENCHMARKS.md and docs/decisions, and what they and the
//! tests share: difficult sources, the discretisation error of the exact flow, and mixtures of
//! Gaussians, whose flow is known in closed form.

pub mod exactness;
pub mod mixture;
pub mod sources;
