//! Heat averages log H_s[e^f]: in the log domain, by matrix products, and what flows make of them.

pub mod flow;
pub mod log_domain;
pub mod nodes;
pub mod products;
