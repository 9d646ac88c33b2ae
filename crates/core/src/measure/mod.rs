//! The source p_D: a density on one fixed fine lattice, made from a preset, a drawing, a picture or points; and the
//! target.
//!
//! ```
//! use flowsketch_core::measure::{Brush, Drawing, Tool};
//!
//! let mut drawing = Drawing::default();
//! assert!(drawing.density().is_err(), "an empty drawing is no density");
//! drawing.begin(Tool::Draw, Brush { radius: 0.3, softness: 0.5 }, [-1.0, 0.0]);
//! drawing.extend([1.0, 0.5]);
//! let [x, _] = drawing.density()?.moments().mean;
//! assert!(x.abs() < 0.1);
//! # Ok::<(), flowsketch_core::measure::DensityError>(())
//! ```

mod density;
mod drawing;
mod image;
mod picture;
mod points;
mod presets;
mod problem;
mod replay;
mod resolution;
mod sampler;
mod sketch;
mod target;

pub use density::{DENSITY_COUNT, Density, DensityError, density_lattice};
pub use drawing::{Drawing, Import};
pub use picture::{Ground, Ink, Levels, Picture, no_ink};
pub use points::{Fit, MAX_BANDWIDTH, MIN_BANDWIDTH, POINTS_WITHIN, fit, likeliest_bandwidth};
pub use presets::Preset;
pub use problem::{Coarse, Problem, Problems, flow_lattice};
pub use replay::Replay;
pub use resolution::{FLOW_COUNTS, coarsest_lattice};
pub use sampler::Sampler;
pub use sketch::{BRUSH_STEPS, Brush, FARTHEST, POINTS_PER_UNIT, Sketch, Stroke, Tool};
pub use target::{NATS_TO_FLOOR, OtherTarget, Target, normal_density, target_density};
