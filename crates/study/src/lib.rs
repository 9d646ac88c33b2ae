//! Studies: the programs that write the tables of RESULTS.md, BENCHMARKS.md and docs/decisions, and what they and the
//! tests share: difficult sources, and the discretisation error of the exact flow.

pub mod exactness;
pub mod mixture;
pub mod sources;
