//! Entropic optimal transport from a drawn density p_D to the standard Normal, learned by two neural potentials.
//!
//! The coupling is γ(x, y) = e^{u(x)} G_ε(x − y) e^{w(y)}, with u = φ/ε and w = ψ/ε. See ARCHITECTURE.md for the
//! order of the stages, and README.md for the mathematics.
//!
//! ```
//! use flowsketch_core::config::Config;
//! use flowsketch_core::cpu::session::CpuSession;
//! use flowsketch_core::measure::{Preset, Target};
//!
//! let mut run = CpuSession::new(Config::default(), &Preset::Moons.density(), Target::Normal);
//! let before = run.tabulate().metrics.kl_source;
//! run.train(20);
//! assert!(run.tabulate().metrics.kl_source < before);
//! ```
#![warn(missing_docs)]

mod autotuner;
pub mod backend;
pub mod checkpoint;
pub mod config;
pub mod cpu;
pub mod decimal;
pub mod divergence_monitor;
pub mod driver;
pub mod evaluation;
pub mod exact;
pub mod explore;
pub mod gaussian;
pub mod gpu;
#[cfg(not(target_arch = "wasm32"))]
pub mod headless;
pub mod heat;
pub mod lattice;
pub mod limits;
pub mod measure;
pub mod metrics;
pub mod monte_carlo;
mod names;
pub mod network;
pub mod numeric;
mod parallel;
pub mod particle_step;
pub mod potentials;
#[cfg(not(target_arch = "wasm32"))]
pub mod profile;
pub mod quadrature;
pub mod random;
pub mod reference;
pub mod run;
mod run_state;
pub mod sampling;
pub mod scheduler;
pub mod shown;
pub mod simd;
pub mod step_inspector;
pub mod step_sampler;
mod step_timer;
pub mod style;
pub mod transform;
