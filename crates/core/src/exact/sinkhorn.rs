//! The exact potentials on a lattice: Sinkhorn's iteration in the log domain.
//!
//! The two marginals of γ = e^u G_ε e^w are p = e^u H_ε[e^w] and q = e^w H_ε[e^u]. A sweep is one Sinkhorn iteration;
//! each half of it solves one of the equations for its potential, which is exact block coordinate ascent of the dual
//! D(φ, ψ).

use crate::heat::products::HeatProducts;
use crate::lattice::Lattice;
use crate::measure::{Coarse, Problem, coarsest_lattice};
use crate::numeric::{LOG_ZERO, MASKED_BELOW};

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stop {
    /// Largest L1 distance of the source marginal from p.
    pub tolerance: f64,
    /// Most sweeps; then it stops whatever the distance.
    pub max_sweeps: u32,
}

impl Default for Stop {
    fn default() -> Self {
        Self { tolerance: 1e-4, max_sweeps: 2_000 }
    }
}

/// Potentials in nats on the lattice, `LOG_ZERO` where the density is 0; the target marginal is exact.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// φ/ε.
    pub u: Vec<f64>,
    /// ψ/ε.
    pub w: Vec<f64>,
    /// log H_ε[e^w]; log ρ_0 is u plus this.
    pub heat_w: Vec<f64>,
    /// ψ/ε at the nodes of the target, which may be fewer: the starting point of another solve.
    pub w_on_nodes: Vec<f64>,
    /// Sweeps made.
    pub sweeps: u32,
    /// L1 distance of the source marginal from p.
    pub error: f64,
}

/// Solves for densities `source` and `target` on `lattice`, starting from `start` (w in nats; 0 without it).
pub fn solve(
    lattice: &Lattice,
    source: &[f64],
    target: &[f64],
    epsilon: f64,
    start: Option<&[f64]>,
    stop: &Stop,
) -> Solution {
    finished(Sinkhorn::new(lattice, source, target, epsilon, start), stop)
}

/// Solves a problem; if it is on a fine lattice, it is first solved on the coarsest.
pub fn solve_problem(problem: &Problem, epsilon: f64, stop: &Stop) -> Solution {
    finished(Sinkhorn::of(problem, epsilon, None), stop)
}

fn finished(mut sinkhorn: Sinkhorn, stop: &Stop) -> Solution {
    while !sinkhorn.sweep(stop) {}
    sinkhorn.finish()
}

/// A solve in progress, for a caller that cannot wait for all of it.
///
/// The source is summed over the points of the flow lattice, the target over its nodes. If the target is smoother than
/// the source its nodes are fewer than the points: they only need to be fine enough for the sum of H_ε to be accurate.
/// So a fine lattice costs little more than a coarse one.
#[derive(Clone, Debug)]
pub struct Sinkhorn {
    /// The problem on the coarsest lattice, while that is being solved first.
    coarse: Option<Box<Sums>>,
    sums: Sums,
    epsilon: f64,
    /// log q on the lattice of the source, if that differs from the nodes.
    log_target_on_lattice: Option<Vec<f64>>,
    /// The solution so far, of the coarse problem while that is being solved; w at the nodes only.
    solution: Solution,
}

/// L1 error of the source marginal at which the solve moves from the coarsest lattice to the fine one: the
/// discretisation error of the coarsest is larger.
const COARSE_TOLERANCE: f64 = 1e-3;

/// A source, a target, and the heat averages between the lattice of one and the nodes of the other.
#[derive(Clone, Debug)]
struct Sums {
    source: Vec<f64>,
    log_source: Vec<f64>,
    log_target: Vec<f64>,
    to_nodes: HeatProducts,
    to_lattice: HeatProducts,
}

impl Sums {
    fn new([lattice, nodes]: [&Lattice; 2], [source, target]: [&[f64]; 2], epsilon: f64) -> Self {
        let between = |from: &Lattice, to: &Lattice| HeatProducts::between(from, to, epsilon);
        Self {
            source: source.to_vec(),
            log_source: log_density(source),
            log_target: log_density(target),
            to_nodes: between(lattice, nodes),
            to_lattice: between(nodes, lattice),
        }
    }

    fn begin(&self, w: Vec<f64>) -> Solution {
        let (u, heat_w) = (vec![LOG_ZERO; self.source.len()], self.to_lattice.average(&w));
        Solution { u, w, heat_w, w_on_nodes: vec![], sweeps: 0, error: f64::INFINITY }
    }

    fn flat(&self) -> Vec<f64> {
        self.log_target.iter().map(|&log_q| if log_q > MASKED_BELOW { 0.0 } else { LOG_ZERO }).collect()
    }

    fn sweep(&self, solution: &mut Solution) {
        solution.u = half_sweep(&self.log_source, &solution.heat_w);
        solution.w = half_sweep(&self.log_target, &self.to_nodes.average(&solution.u));
        solution.heat_w = self.to_lattice.average(&solution.w);
        solution.sweeps += 1;
        solution.error = marginal_error(self.to_nodes.lattice(), &self.source, &solution.u, &solution.heat_w);
    }
}

impl Sinkhorn {
    /// Arguments as for [`solve`].
    pub fn new(lattice: &Lattice, source: &[f64], target: &[f64], epsilon: f64, start: Option<&[f64]>) -> Self {
        Self::begin(None, Sums::new([lattice; 2], [source, target], epsilon), epsilon, None, start)
    }

    /// A solve of a problem from `start`, w in nats at the nodes of its target. Without it a problem on a fine lattice
    /// begins on the coarsest: most sweeps are made there, and those on the fine lattice remove its discretisation
    /// error.
    pub fn of(problem: &Problem, epsilon: f64, start: Option<&[f64]>) -> Self {
        let Problem { lattice, source, target, nodes, target_on_nodes, coarse } = problem;
        let on_coarsest = |coarse: &Coarse| {
            let ends = [coarse.source.as_slice(), &coarse.target];
            Box::new(Sums::new([&coarsest_lattice(); 2], ends, epsilon))
        };
        let coarse = coarse.as_ref().filter(|_| start.is_none()).map(on_coarsest);
        let on_lattice = (lattice != nodes).then(|| log_density(target));
        let sums = Sums::new([lattice, nodes], [source, target_on_nodes], epsilon);
        Self::begin(coarse, sums, epsilon, on_lattice, start)
    }

    fn begin(
        coarse: Option<Box<Sums>>,
        sums: Sums,
        epsilon: f64,
        log_target_on_lattice: Option<Vec<f64>>,
        start: Option<&[f64]>,
    ) -> Self {
        let first = coarse.as_deref().unwrap_or(&sums);
        let solution = first.begin(start.map_or_else(|| first.flat(), <[f64]>::to_vec));
        Self { coarse, sums, epsilon, log_target_on_lattice, solution }
    }

    /// One sweep, both potentials; true when it is time to stop.
    pub fn sweep(&mut self, stop: &Stop) -> bool {
        let Self { coarse, sums, solution, .. } = self;
        let Some(first) = coarse else {
            sums.sweep(solution);
            return solution.error <= stop.tolerance || solution.sweeps >= stop.max_sweeps || solution.error.is_nan();
        };
        first.sweep(solution);
        if solution.error <= COARSE_TOLERANCE || 2 * solution.sweeps >= stop.max_sweeps || solution.error.is_nan() {
            // w at the finer nodes, by w = log q − log H_ε[e^u].
            let [from, to] = [first.to_nodes.lattice(), sums.to_lattice.lattice()];
            let heat_u = HeatProducts::between(from, to, self.epsilon).average(&solution.u);
            let start = sums.begin(half_sweep(&sums.log_target, &heat_u));
            *solution = Solution { sweeps: solution.sweeps, ..start };
            *coarse = None;
        }
        false
    }

    /// Whether the sweeps are on the problem's own lattice, no longer on the coarsest.
    pub fn is_on_its_lattice(&self) -> bool {
        self.coarse.is_none()
    }

    /// The solution so far; w is at the nodes of the target.
    pub fn solution(&self) -> &Solution {
        &self.solution
    }

    /// The solution so far with w on the lattice of the source, by w = log q − log H_ε\[e^u\].
    pub fn finish(&self) -> Solution {
        let mut solution = self.solution.clone();
        solution.w_on_nodes.clone_from(&solution.w);
        if let Some(log_target) = &self.log_target_on_lattice {
            let heat_u = HeatProducts::new(self.sums.to_nodes.lattice(), self.epsilon).average(&solution.u);
            solution.w = half_sweep(log_target, &heat_u);
        }
        solution
    }
}

/// log p, with `LOG_ZERO` for log 0.
pub fn log_density(density: &[f64]) -> Vec<f64> {
    density.iter().map(|&p| if p > 0.0 { p.ln() } else { LOG_ZERO }).collect()
}

/// L1 error of a marginal, ∫ |e^u H_ε[e^w] − p|.
pub fn marginal_error(lattice: &Lattice, density: &[f64], u: &[f64], heat_w: &[f64]) -> f64 {
    let terms = density.iter().zip(u.iter().zip(heat_w)).map(|(p, (u, heat))| ((u + heat).exp() - p).abs());
    terms.sum::<f64>() * lattice.cell_area()
}

/// The potential whose marginal is exact: log p − log H, and `LOG_ZERO` where p is 0.
pub fn half_sweep(log_density: &[f64], log_heat: &[f64]) -> Vec<f64> {
    let value = |(&log_p, &heat): (&f64, &f64)| if log_p > MASKED_BELOW { log_p - heat } else { LOG_ZERO };
    log_density.iter().zip(log_heat).map(value).collect()
}
