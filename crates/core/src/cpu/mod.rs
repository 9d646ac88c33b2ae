//! The mathematics of every kernel in plain Rust, generic over the float.
//!
//! In f64 each function is the twin that its kernel in `shaders/` is tested against; file and function carry the
//! kernel's name.

pub mod fast;
pub mod flow;
pub mod heat;
pub mod monte_carlo;
pub mod optimiser;
pub mod particles;
pub mod picture;
pub mod potential;
pub mod products;
pub mod semidual;
pub mod session;
pub mod sinkhorn;
pub mod trainer;
pub mod transform;

/// f32 or f64.
pub trait Real:
    num_traits::Float
    + num_traits::FromPrimitive
    + std::iter::Sum
    + std::ops::AddAssign
    + std::fmt::Debug
    + Send
    + Sync
    + 'static
{
    /// The nearest number of this type.
    fn of(value: f64) -> Self {
        Self::from_f64(value).expect("f32 and f64 hold every f64, rounded")
    }
}

impl Real for f32 {}
impl Real for f64 {}

/// Stands for log 0: far below any potential, and still finite under the additions that are made to it.
pub const LOG_ZERO: f64 = -1e30;
