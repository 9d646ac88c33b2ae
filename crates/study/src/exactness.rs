//! Discretisation error of the exact flow: its distance from the exact flow on a lattice three times finer.

use crate::sources::Source;
use flowsketch_core::exact::sinkhorn::{Sinkhorn, Solution, Stop};
use flowsketch_core::heat::products::HeatProducts;
use flowsketch_core::lattice::{Lattice, SOURCE_MASK, normalised};
use flowsketch_core::measure::{DENSITY_COUNT, Problem, Target, coarsest_lattice};
use std::time::{Duration, Instant};

/// The times at which flows are compared.
pub const TIMES: [f64; 4] = [0.1, 0.25, 0.5, 0.75];

/// Error and cost of a solution for the exact flow.
pub struct Exactness {
    pub lattice: Lattice,
    /// L1 distances of ρ_t from the reference, at each of [`TIMES`].
    pub l1: [f64; 4],
    /// Sinkhorn sweeps of a solution without a starting point, to the error at which the page stops; and their time.
    pub sweeps: u32,
    pub elapsed: Duration,
    /// Time to choose the lattice and to evaluate the densities on it.
    pub prepared: Duration,
}

/// Solves as the page does, and compares with a reference on `finer` points along one axis.
pub fn exactness(source: &Source, epsilon: f64, finer: usize) -> Exactness {
    let start = Instant::now();
    let problem = Problem::new(&source.density, &Target::Normal, epsilon);
    let prepared = start.elapsed();
    let (sweeps, elapsed) = timed(&problem, epsilon);
    let l1 = distances(source, &problem, epsilon, finer);
    Exactness { lattice: problem.lattice, l1, sweeps, elapsed, prepared }
}

/// L1 distances at each of [`TIMES`] of the exact ρ_t of `problem` from that of the same source on `finer` points along
/// one axis, both solved for to an error far below these distances.
pub fn distances(source: &Source, problem: &Problem, epsilon: f64, finer: usize) -> [f64; 4] {
    let close = Stop { tolerance: 1e-6, max_sweeps: 2000 };
    let found = solved(Sinkhorn::of(problem, epsilon, None), &close);
    let reference = {
        let lattice = Lattice::centred(SOURCE_MASK, finer);
        let values = normalised(&lattice, source.on(&lattice));
        let nodes = coarsest_lattice();
        let target_on_nodes = Target::Normal.on(&nodes);
        let problem = Problem { lattice, source: values, target: vec![], nodes, target_on_nodes, coarse: None };
        let mut sinkhorn = Sinkhorn::of(&problem, epsilon, Some(&found.w_on_nodes));
        while !sinkhorn.sweep(&close) {}
        let Solution { u, w, .. } = sinkhorn.solution().clone();
        TIMES.map(|t| rho([(&u, &lattice), (&w, &nodes)], epsilon, t))
    };
    std::array::from_fn(|k| {
        let rho = rho([(&found.u, &problem.lattice), (&found.w, &problem.lattice)], epsilon, TIMES[k]);
        let off = rho.iter().zip(&reference[k]).map(|(a, b)| (a - b).abs());
        off.sum::<f64>() * coarsest_lattice().cell_area()
    })
}

/// Points of the reference along one axis: three times as many if the source has a formula, and otherwise those of the
/// density lattice.
pub fn finer(source: &Source, lattice: &Lattice) -> usize {
    if source.has_formula() { 3 * lattice.count } else { DENSITY_COUNT }
}

fn timed(problem: &Problem, epsilon: f64) -> (u32, Duration) {
    let start = Instant::now();
    let solution = solved(Sinkhorn::of(problem, epsilon, None), &Stop::default());
    (solution.sweeps, start.elapsed())
}

fn solved(mut sinkhorn: Sinkhorn, stop: &Stop) -> Solution {
    while !sinkhorn.sweep(stop) {}
    sinkhorn.finish()
}

/// ρ_t at the points of the coarsest lattice, from u and w, each on a lattice of its own.
fn rho([(u, of_u), (w, of_w)]: [(&Vec<f64>, &Lattice); 2], epsilon: f64, t: f64) -> Vec<f64> {
    let heated = |field: &[f64], from: &Lattice, variance: f64| {
        HeatProducts::between(from, &coarsest_lattice(), variance).average(field)
    };
    let [u, w] = [heated(u, of_u, t * epsilon), heated(w, of_w, (1.0 - t) * epsilon)];
    u.iter().zip(&w).map(|(u, w)| (u + w).exp()).collect()
}
