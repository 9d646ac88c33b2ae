//! The flow between two potentials on a lattice.

use super::Real;
use super::heat::log_heat_gradient;
use super::products::HeatProducts;
use crate::lattice::Lattice;

/// Below this variance, in units of h², gradients are differences of the lattice: the kernel sees too few points.
pub const DIFFERENCE_BELOW: f64 = 0.36;

/// (log ρ_t, v_x, v_y) at every point of the lattice: log ρ_t = u_t + w_t, v_t = ε/2 ∇(w_t − u_t), with
/// u_t = log H_{tε}[e^u] and w_t = log H_{(1−t)ε}[e^w].
pub fn flow<T: Real>(u: &[T], w: &[T], lattice: &Lattice, epsilon: f64, t: f64) -> Vec<[T; 3]> {
    flow_with(log_heat_gradient, u, w, lattice, epsilon, t)
}

/// The same by matrix products in f64, some milliseconds: for the host's pictures and audits.
pub fn flow_by_products(u: &[f64], w: &[f64], lattice: &Lattice, epsilon: f64, t: f64) -> Vec<[f64; 3]> {
    let heat =
        |field: &[f64], lattice: &Lattice, variance| HeatProducts::new(lattice, variance).average_gradient(field);
    flow_with(heat, u, w, lattice, epsilon, t)
}

fn flow_with<T: Real>(
    heat_gradient: impl Fn(&[T], &Lattice, f64) -> Vec<[T; 3]>,
    u: &[T],
    w: &[T],
    lattice: &Lattice,
    epsilon: f64,
    t: f64,
) -> Vec<[T; 3]> {
    let heated = [(u, t * epsilon), (w, (1.0 - t) * epsilon)].map(|(field, variance)| {
        let heat = heat_gradient(field, lattice, variance);
        let by_difference = variance < DIFFERENCE_BELOW * lattice.cell_area();
        (0..lattice.len())
            .map(|cell| if by_difference { difference(&heat, lattice, cell) } else { heat[cell] })
            .collect::<Vec<[T; 3]>>()
    });
    let half_epsilon = T::of(0.5 * epsilon);
    heated[0]
        .iter()
        .zip(&heated[1])
        .map(|(u, w)| [u[0] + w[0], half_epsilon * (w[1] - u[1]), half_epsilon * (w[2] - u[2])])
        .collect()
}

/// Nats between neighbours that tell of a mask between them: a potential falls by far less, and beyond a mask it is not
/// `LOG_ZERO`, for a heat average of the smallest variance still sees the next point.
pub const STEP_OF_MASK: f64 = 100.0;

/// The value at `cell` with central differences in place of the gradient; one-sided at the edge, 0 beside the mask.
fn difference<T: Real>(heat: &[[T; 3]], lattice: &Lattice, cell: usize) -> [T; 3] {
    let n = lattice.count;
    let along = |position: usize, stride: usize| {
        let (low, high) = (usize::from(position > 0), usize::from(position + 1 < n));
        let (before, after) = (heat[cell - low * stride][0], heat[cell + high * stride][0]);
        let masked = (after - before).abs() > T::of(STEP_OF_MASK);
        if masked { T::zero() } else { (after - before) / T::of((low + high) as f64 * lattice.step) }
    };
    [heat[cell][0], along(cell / n, n), along(cell % n, 1)]
}
