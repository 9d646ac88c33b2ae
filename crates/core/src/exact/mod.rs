//! The exact flow, and audits of the learned flow against it, on the host. [`gpu::exact`](crate::gpu::exact) adds the
//! kernels for Sinkhorn iterations and drawing.
//!
//! ```
//! use flowsketch_core::exact::sinkhorn::{Stop, solve_problem};
//! use flowsketch_core::measure::{Preset, Problem, Target};
//!
//! let problem = Problem::new(&Preset::Gaussian.density(), &Target::Normal, 1.0);
//! let solution = solve_problem(&problem, 1.0, &Stop::default());
//! assert_eq!(solution.u.len(), problem.lattice.len());
//! ```

pub mod audit;
pub mod flow;
pub mod sinkhorn;
pub mod solver;
