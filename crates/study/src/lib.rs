//! Studies: the programs that write the tables of RESULTS.md, BENCHMARKS.md and docs/decisions, and what they and the tests
//! share: hard sources, and how exact an exact flow is.

pub mod exactness;
pub mod sources;
