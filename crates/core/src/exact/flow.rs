//! The exact flow of a source, a target and ε.

use super::sinkhorn::Solution;
use crate::heat::flow::flow_by_products;
use crate::lattice::Lattice;
use crate::potentials::Pair;

/// Times at which flows are compared.
pub const TIMES: [f64; 3] = [0.25, 0.5, 0.75];

/// The exact flow of a source, a target and ε.
#[derive(Clone, Debug)]
pub struct ExactFlow {
    /// Where the potentials have their values.
    pub lattice: Lattice,
    /// ε of the coupling, world units squared.
    pub epsilon: f64,
    /// The scaled potentials that the sweeps of Sinkhorn ended with.
    pub solution: Solution,
    /// D* = ε (E\[u\] + E\[w\]), units of cost.
    pub optimum: f64,
    /// The flow at each of [`TIMES`]; empty until it is first needed.
    flows: [Vec<[f64; 3]>; 3],
}

impl ExactFlow {
    /// From a solution for `source` and `target`, both of mass 1 on `lattice`.
    pub fn new(lattice: &Lattice, source: &[f64], target: &[f64], epsilon: f64, solution: Solution) -> Self {
        let mean = |density: &[f64], f: &[f64]| {
            let terms = density.iter().zip(f).map(|(p, f)| if *p > 0.0 { p * f } else { 0.0 });
            terms.sum::<f64>() * lattice.cell_area()
        };
        let optimum = epsilon * (mean(source, &solution.u) + mean(target, &solution.w));
        Self { lattice: *lattice, epsilon, solution, optimum, flows: Default::default() }
    }

    /// Its potentials.
    pub fn pair(&self) -> Pair {
        let Solution { u, w, .. } = &self.solution;
        Pair { lattice: self.lattice, epsilon: self.epsilon, u: u.clone(), w: w.clone() }
    }

    pub(super) fn at(&mut self, k: usize) -> &[[f64; 3]] {
        if self.flows[k].is_empty() {
            self.flows[k] = flow_by_products(&self.pair(), TIMES[k]);
        }
        &self.flows[k]
    }
}
