//! Entropic optimal transport from a drawn density p_D to the standard Normal, learned by two neural potentials.
//!
//! The coupling is γ(x, y) = e^{u(x)} G_ε(x − y) e^{w(y)}, with u = φ/ε and w = ψ/ε. See ARCHITECTURE.md for the
//! order of the stages, and README.md for the mathematics.

pub mod audit;
pub mod config;
pub mod cpu;
pub mod decimal;
pub mod exact;
pub mod explore;
pub mod gaussian;
pub mod glass;
pub mod gpu;
#[cfg(not(target_arch = "wasm32"))]
pub mod headless;
pub mod lattice;
pub mod measure;
pub mod metrics;
pub mod network;
mod pace;
pub mod pacing;
mod parallel;
#[cfg(not(target_arch = "wasm32"))]
pub mod profile;
pub mod random;
pub mod run;
pub mod runaway;
pub mod sampling;
pub mod schedule;
pub mod session;
pub mod style;
mod trial;
