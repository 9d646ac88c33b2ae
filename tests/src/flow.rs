//! A flow whose closed form is known.

use flowsketch_core::gaussian::{Moments, potentials};
use flowsketch_core::lattice::{Lattice, SOURCE_MASK};
use flowsketch_core::potentials::Potentials;

/// Aligned with the axes of the plane, so that the closed forms hold along each axis separately.
pub const SOURCE: Moments = Moments { mean: [0.4, -0.3], covariance: [0.6, 0.0, 0.25] };

/// The closed-form pair of [`SOURCE`] on the flow lattice.
pub fn gaussian(epsilon: f64) -> Potentials {
    let lattice = Lattice::centred(SOURCE_MASK, 108);
    let (u, w) = potentials(&SOURCE, epsilon);
    let [u, w] = [u, w].map(|q| lattice.points().map(|x| q.at(x)).collect::<Vec<f64>>());
    Potentials::new(epsilon, &u, &w)
}
