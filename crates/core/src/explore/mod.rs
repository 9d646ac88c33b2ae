//! A flow to be looked at closely: a copy of its potentials, apart from the run, and what is computed from them.
//!
//! ```
//! use flowsketch_core::exact::sinkhorn::{Stop, solve_problem};
//! use flowsketch_core::explore::FlowProbe;
//! use flowsketch_core::measure::{Preset, Problem, Target};
//! use flowsketch_core::potentials::Potentials;
//!
//! let problem = Problem::new(&Preset::Gaussian.density(), &Target::Normal, 1.0);
//! let solution = solve_problem(&problem, 1.0, &Stop::default());
//! let probe = FlowProbe::new(&Potentials::new(1.0, &solution.u, &solution.w));
//! assert!(probe.read(0.5, [0.0, 0.0]).log_rho.is_finite());
//! ```

mod contour;
mod coupling;
pub mod on_a_line;
mod particles;
mod probe;
mod telling;

pub use contour::{Segment, contour, level};
pub use coupling::{Coupling, Given};
pub use particles::{COMPARED, Frame, MOST_PARTICLES, ParticleConfig, Particles, Trajectories};
pub use probe::FlowProbe;
pub use telling::Telling;

/// The times of a film strip.
pub const STILLS: [f64; 4] = [0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0];
