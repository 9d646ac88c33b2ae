//! A flow to be looked at closely: its potentials, taken away from the run that they are of, and what is found in them.

mod contour;
mod coupling;
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
