//! Heat averages log H_s[e^f], in the log domain and by matrix products, and the flow computed from them.

pub mod flow;
pub mod log_domain;
pub mod nodes;
pub mod products;
