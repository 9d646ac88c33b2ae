//! What the tests share: an open device, runs of single kernels, and comparisons that print the error.

pub mod compare;
pub mod contract;
pub mod device;
pub mod flow;
pub mod kernel;
pub mod run;
