//! The flow between two potentials on a lattice: (log ρ_t, v_x, v_y) at its points, by matrix products in f64.

use super::products::HeatProducts;
use crate::lattice::Lattice;
use crate::measure::coarsest_lattice;
use crate::numeric::Real;
use crate::potentials::Pair;

/// Below this variance, in units of h², gradients are finite differences on the lattice: too few points lie under the
/// Gaussian kernel.
pub const DIFFERENCE_BELOW: f64 = 0.36;

/// The [flow](crate::reference::flow::flow) by matrix products in f64, for pictures and audits on the host. It takes
/// some milliseconds.
pub fn flow_by_products(pair: &Pair, t: f64) -> Vec<[f64; 3]> {
    let heat =
        |field: &[f64], lattice: &Lattice, variance| HeatProducts::new(lattice, variance).average_gradient(field);
    flow_with(heat, &pair.u, &pair.w, &pair.lattice, pair.epsilon, t)
}

/// The same at the points of `to`, which is the lattice of the pair or what [`picture_lattice`] gives.
pub fn flow_on(pair: &Pair, to: &Lattice, t: f64) -> Vec<[f64; 3]> {
    let Pair { lattice, epsilon, u, w } = pair;
    if lattice == to {
        return flow_by_products(pair, t);
    }
    let heated = [(u, t * epsilon), (w, (1.0 - t) * epsilon)]
        .map(|(field, variance)| HeatProducts::between(lattice, to, variance).average_gradient(field));
    combined(&heated, *epsilon)
}

/// The lattice on which the flow of potentials on `lattice` is drawn at time t: the coarsest if both heat averages are
/// smooth enough for it (it costs a tenth of a fine one), and otherwise `lattice` itself.
pub fn picture_lattice(lattice: &Lattice, epsilon: f64, t: f64) -> Lattice {
    let coarse = coarsest_lattice();
    let smooth = t.min(1.0 - t) * epsilon >= coarse.cell_area();
    if smooth && lattice.count > coarse.count { coarse } else { *lattice }
}

pub(crate) fn flow_with<T: Real>(
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
    combined(&heated, epsilon)
}

/// (log ρ_t, v_x, v_y) from u_t and w_t with their gradients.
fn combined<T: Real>(heated: &[Vec<[T; 3]>; 2], epsilon: f64) -> Vec<[T; 3]> {
    let half_epsilon = T::of(0.5 * epsilon);
    heated[0]
        .iter()
        .zip(&heated[1])
        .map(|(u, w)| [u[0] + w[0], half_epsilon * (w[1] - u[1]), half_epsilon * (w[2] - u[2])])
        .collect()
}

/// If neighbours differ by more than this, in nats, one of them is masked: a potential itself changes by far less. A
/// masked point need not be `LOG_ZERO`, because even the heat average of the smallest variance includes the
/// neighbouring point.
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
