//! The number type, constants and Normal samples used by all of the mathematics.

use rand::{Rng, RngExt};

/// Two independent standard Normal numbers (Box-Muller).
pub(crate) fn standard_normal_pair(rng: &mut impl Rng) -> [f64; 2] {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    let (sin, cos) = (std::f64::consts::TAU * rng.random::<f64>()).sin_cos();
    [radius * cos, radius * sin]
}

/// log 2π.
pub const LOG_TWO_PI: f64 = 1.837_877_066_409_345_3;

/// log p_N(y), nats.
pub fn log_normal<T: Real>([x, y]: [T; 2]) -> T {
    T::of(-0.5) * (x * x + y * y) - T::of(LOG_TWO_PI)
}

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

/// Stands for log 0: far below any potential, and finite in f32 also after potentials are added to it.
pub const LOG_ZERO: f64 = -1e30;
/// Logarithms below this are [`LOG_ZERO`] plus some potential: the point is masked, or the density is 0 there.
pub const MASKED_BELOW: f64 = 0.5 * LOG_ZERO;

/// Independent points of the target, the standard Normal.
pub fn normal_points(count: usize, rng: &mut impl Rng) -> Vec<[f64; 2]> {
    (0..count).map(|_| standard_normal_pair(rng)).collect()
}
