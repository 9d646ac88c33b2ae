//! The flow of a pair of potentials on the flow lattice, at the times that are written.

use crate::npz::Array;
use flowsketch_core::audit::{Completion, ExactFlow};
use flowsketch_core::cpu::LOG_ZERO;
use flowsketch_core::cpu::flow::{DIFFERENCE_BELOW, flow};
use flowsketch_core::lattice::Lattice;
use flowsketch_core::metrics::Recovery;
use flowsketch_core::sampling::PotentialPair;

/// Times of `fields.npz`.
pub const TIMES: [f64; 7] = [0.0, 0.25, 1.0 / 3.0, 0.5, 2.0 / 3.0, 0.75, 1.0];

/// u = φ/ε and w = ψ/ε, nats, on a lattice.
#[derive(Clone, Debug)]
pub struct Pair {
    pub lattice: Lattice,
    pub epsilon: f64,
    pub u: Vec<f64>,
    pub w: Vec<f64>,
}

impl Pair {
    /// The exact pair.
    pub fn exact(lattice: &Lattice, exact: &ExactFlow) -> Self {
        let (u, w) = (exact.solution.u.clone(), exact.solution.w.clone());
        Self { lattice: *lattice, epsilon: exact.epsilon, u, w }
    }

    /// A learned pair; both second potentials live on the box of ψ.
    pub fn learned(lattice: &Lattice, recovery: &Recovery, completion: Completion) -> Self {
        let u = recovery.u.iter().map(|&value| f64::from(value)).collect();
        Self { lattice: *lattice, epsilon: recovery.epsilon, u, w: recovery.second(completion) }
    }

    /// (log ρ_t, v_x, v_y) at every point.
    ///
    /// Towards t = 0 and 1 gradients are those of [`PotentialPair`], which stay finite at the edge of the mass.
    pub fn flow(&self, t: f64) -> Vec<[f32; 3]> {
        let mut field = flow(&self.u, &self.w, &self.lattice, self.epsilon, t);
        if t.min(1.0 - t) * self.epsilon < DIFFERENCE_BELOW * self.lattice.cell_area() {
            let pair = PotentialPair::new(&self.lattice, self.epsilon, &self.u, &self.w);
            let at = pair.at(t);
            for (point, x) in field.iter_mut().zip(self.lattice.points()) {
                let [v_x, v_y] = at.evaluate(x).velocity;
                *point = [point[0], v_x, v_y];
            }
        }
        field.into_iter().map(|point| point.map(|c| c as f32)).collect()
    }

    /// The arrays of `fields.npz`, with `LOG_ZERO` for log 0 in `phi` and `psi`: from densities p_D and p_N on the lattice,
    /// and the flow at each of [`TIMES`].
    pub fn arrays(&self, source: &[f64], target: &[f64], flows: &[Vec<[f32; 3]>]) -> Vec<Array> {
        let single = |field: &[f64]| field.iter().map(|&value| value as f32).collect::<Vec<f32>>();
        let potential = |f: &f64| (if is_zero(*f) { LOG_ZERO } else { self.epsilon * f }) as f32;
        let [phi, psi] = [&self.u, &self.w].map(|field| field.iter().map(potential).collect::<Vec<f32>>());
        let field = |name, values| Array::field(name, &[], &self.lattice, &[], values);
        let times = [flows.len() as u64];
        let rho = flows.iter().flatten().map(|point| point[0].exp()).collect();
        let velocity = flows.iter().flatten().flat_map(|&[_, x, y]| [x, y]).collect();
        vec![
            Array::vector("x", self.lattice.coordinates(0).map(|x| x as f32).collect()),
            field("p_source", single(source)),
            field("p_target", single(target)),
            field("phi", phi),
            field("psi", psi),
            Array::vector("t", TIMES.map(|t| t as f32).to_vec()),
            Array::field("rho", &times, &self.lattice, &[], rho),
            Array::field("velocity", &times, &self.lattice, &[2], velocity),
        ]
    }
}

fn is_zero(log: f64) -> bool {
    log < 0.5 * LOG_ZERO
}
