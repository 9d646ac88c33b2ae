//! What the tests share: an open device, one kernel at a time, and comparisons that say how far off they are.

pub mod compare;
pub mod contract;
pub mod device;
pub mod flow;
pub mod kernel;
pub mod run;
