//! The arrays of `fields.npz`: the flow of a pair of potentials on the flow lattice, at some times.

use crate::npz::Array;
use flowsketch_core::heat::flow::{DIFFERENCE_BELOW, flow_by_products};
use flowsketch_core::measure::coarsest_lattice;
use flowsketch_core::numeric::{LOG_ZERO, MASKED_BELOW};
use flowsketch_core::potentials::Pair;
use flowsketch_core::reference;
use flowsketch_core::sampling::PointwiseFlow;

/// Times of `fields.npz`.
pub const TIMES: [f64; 7] = [0.0, 0.25, 1.0 / 3.0, 0.5, 2.0 / 3.0, 0.75, 1.0];

/// (log ρ_t, v_x, v_y) at every point of the lattice.
///
/// Near t = 0 and t = 1 velocities are those of [`PointwiseFlow`], which stay finite at the edge of the mass.
pub fn flow(pair: &Pair, t: f64) -> Vec<[f32; 3]> {
    // On a fine lattice the f64 twin, which sums in logarithms, would take minutes.
    let is_fine = pair.lattice.count > coarsest_lattice().count;
    let Pair { lattice, epsilon, u, w } = pair;
    let mut field = if is_fine { flow_by_products(pair, t) } else { reference::flow::flow(u, w, lattice, *epsilon, t) };
    if t.min(1.0 - t) * pair.epsilon < DIFFERENCE_BELOW * pair.lattice.cell_area() {
        let pointwise = PointwiseFlow::new(pair);
        let at = pointwise.at(t);
        for (point, x) in field.iter_mut().zip(pair.lattice.points()) {
            let [v_x, v_y] = at.evaluate(x).velocity;
            *point = [point[0], v_x, v_y];
        }
    }
    field.into_iter().map(|point| point.map(|c| c as f32)).collect()
}

/// The arrays of `fields.npz`, with `LOG_ZERO` for log 0 in `phi` and `psi`. `source` and `target` are p_D and p_N at
/// the points of the lattice, `flows` is the flow at each of [`TIMES`].
pub fn arrays(pair: &Pair, source: &[f64], target: &[f64], flows: &[Vec<[f32; 3]>]) -> Vec<Array> {
    let single = |field: &[f64]| field.iter().map(|&value| value as f32).collect::<Vec<f32>>();
    let potential = |f: &f64| (if is_zero(*f) { LOG_ZERO } else { pair.epsilon * f }) as f32;
    let [phi, psi] = [&pair.u, &pair.w].map(|field| field.iter().map(potential).collect::<Vec<f32>>());
    let field = |name, values| Array::field(name, &[], &pair.lattice, &[], values);
    let times = [flows.len() as u64];
    let rho = flows.iter().flatten().map(|point| point[0].exp()).collect();
    let velocity = flows.iter().flatten().flat_map(|&[_, x, y]| [x, y]).collect();
    vec![
        Array::vector("x", pair.lattice.coordinates(0).map(|x| x as f32).collect()),
        field("p_source", single(source)),
        field("p_target", single(target)),
        field("phi", phi),
        field("psi", psi),
        Array::vector("t", TIMES.map(|t| t as f32).to_vec()),
        Array::field("rho", &times, &pair.lattice, &[], rho),
        Array::field("velocity", &times, &pair.lattice, &[2], velocity),
    ]
}

fn is_zero(log: f64) -> bool {
    log < MASKED_BELOW
}
