//! The learned flow against the exact one, in f64 on the host, a slice at a time.
//!
//! Everything here takes pairs of potentials on the flow lattice; the matrix products behind it share nothing with the
//! kernels that draw the flow.

use crate::cpu::flow::flow_by_products;
use crate::cpu::products::HeatProducts;
use crate::cpu::sinkhorn::{Solution, log_density, marginal_error};
use crate::cpu::transform::log_normal;
use crate::lattice::{Lattice, TARGET_MASK};
use crate::metrics::Recovery;
use serde::{Deserialize, Serialize};

/// Times at which flows are compared.
pub const TIMES: [f64; 3] = [0.25, 0.5, 0.75];
/// Half the distance of the two times whose difference is ∂_t ρ at t = ½.
const TIME_STEP: f64 = 1e-3;

/// The second of a pair of potentials, beside φ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Completion {
    /// φ^{c,ε}: the flow of φ alone.
    Transform = 0,
    /// ψ of the second network.
    Network = 1,
}

/// p_N on the box of ψ, of mass 1 on `lattice`.
pub fn target_density(lattice: &Lattice) -> Vec<f64> {
    let inside = |y: [f64; 2]| y.iter().all(|c| c.abs() < TARGET_MASK);
    normalised(lattice, lattice.points().map(|y| if inside(y) { log_normal::<f64>(y).exp() } else { 0.0 }).collect())
}

/// A density of mass 1 on `lattice`.
pub fn normalised(lattice: &Lattice, mut density: Vec<f64>) -> Vec<f64> {
    let mass = density.iter().sum::<f64>() * lattice.cell_area();
    density.iter_mut().for_each(|p| *p /= mass);
    density
}

fn rho(lattice: &Lattice, u: &[f64], w: &[f64], epsilon: f64, t: f64) -> Vec<f64> {
    let heated_u = HeatProducts::new(lattice, t * epsilon).average(u);
    let heated_w = HeatProducts::new(lattice, (1.0 - t) * epsilon).average(w);
    heated_u.iter().zip(&heated_w).map(|(u, w)| (u + w).exp()).collect()
}

/// The exact flow, for comparison.
#[derive(Clone, Debug)]
pub struct ExactFlow {
    pub epsilon: f64,
    pub solution: Solution,
    /// D* = ε (E[u] + E[w]), units of cost.
    pub optimum: f64,
    /// The flow at each of [`TIMES`], once somebody asked for it.
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
        Self { epsilon, solution, optimum, flows: Default::default() }
    }

    fn at(&mut self, lattice: &Lattice, k: usize) -> &[[f64; 3]] {
        if self.flows[k].is_empty() {
            self.flows[k] = flow_by_products(&self.solution.u, &self.solution.w, lattice, self.epsilon, TIMES[k]);
        }
        &self.flows[k]
    }
}

/// What an audit found; names as in ARCHITECTURE.md.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// L1 distance of γ's marginals to p_D and p_N.
    pub marginal_source: f64,
    pub marginal_target: f64,
    /// Root mean square over p_D of φ − ψ^{c,ε} less its mean, units of cost.
    pub maximality_psi: f64,
    /// ∫ |ρ_t/∫ρ_t − ρ*_t| at each of [`TIMES`].
    pub l1_rho: [f64; 3],
    /// ∫ |v − v*|² ρ* / ∫ |v*|² ρ* at each of [`TIMES`].
    pub velocity_error: [f64; 3],
    /// ∫ |∂_t ρ + div(ρ v)| / ∫ |∂_t ρ| at t = ½.
    pub continuity: f64,
    /// D*, units of cost.
    pub optimum: f64,
}

/// Compares one pair of potentials with the exact flow, a slice of some milliseconds at a time.
#[derive(Clone, Debug)]
pub struct Audit {
    lattice: Lattice,
    epsilon: f64,
    source: Vec<f64>,
    target: Vec<f64>,
    u: Vec<f64>,
    w: Vec<f64>,
    psi: Vec<f64>,
    stage: usize,
    middle: Vec<[f64; 3]>,
    findings: Findings,
}

impl Audit {
    /// Of a recovery on `lattice` against `source`, a density of mass 1.
    pub fn new(lattice: &Lattice, source: &[f64], recovery: &Recovery, completion: Completion) -> Self {
        let psi = recovery.second(Completion::Network);
        Self {
            lattice: *lattice,
            epsilon: recovery.epsilon,
            source: source.to_vec(),
            target: target_density(lattice),
            u: recovery.u.iter().map(|&u| f64::from(u)).collect(),
            w: recovery.second(completion),
            psi,
            stage: 0,
            middle: vec![],
            findings: Findings::default(),
        }
    }

    /// With a target other than the Normal, of mass 1.
    pub fn with_target(mut self, target: &[f64]) -> Self {
        self.target = target.to_vec();
        self
    }

    /// One slice of work against `exact`, which must be of the same ε; the findings after the last.
    pub fn advance(&mut self, exact: &mut ExactFlow) -> Option<Findings> {
        match self.stage {
            0 => self.marginals(),
            1..=3 => self.compare(self.stage - 1, exact),
            _ => {
                self.continuity();
                self.findings.optimum = exact.optimum;
                return Some(self.findings);
            }
        }
        self.stage += 1;
        None
    }

    fn marginals(&mut self) {
        let Self { lattice, source, target, u, w, psi, .. } = self;
        let heat = HeatProducts::new(lattice, self.epsilon);
        let heat_w = heat.average(w);
        self.findings.marginal_source = marginal_error(lattice, source, u, &heat_w);
        self.findings.marginal_target = marginal_error(lattice, target, w, &heat.average(u));
        let heat_psi = heat.average(psi);
        let log_source = log_density(source);
        let miss = |cell: usize| u[cell] - (log_source[cell] - heat_psi[cell]);
        let mean = |f: &dyn Fn(f64) -> f64| {
            let cells = (0..source.len()).filter(|&cell| source[cell] > 0.0);
            cells.map(|cell| source[cell] * f(miss(cell))).sum::<f64>() * lattice.cell_area()
        };
        let middle = mean(&|m| m);
        self.findings.maximality_psi = self.epsilon * mean(&|m| (m - middle).powi(2)).sqrt();
    }

    fn compare(&mut self, k: usize, exact: &mut ExactFlow) {
        let found = flow_by_products(&self.u, &self.w, &self.lattice, self.epsilon, TIMES[k]);
        let mass = found.iter().map(|f| f[0].exp()).sum::<f64>() * self.lattice.cell_area();
        let (mut distance, mut miss, mut scale) = (0.0, 0.0, 0.0);
        for (f, e) in found.iter().zip(exact.at(&self.lattice, k)) {
            let rho = e[0].exp();
            distance += (f[0].exp() / mass - rho).abs();
            miss += rho * ((f[1] - e[1]).powi(2) + (f[2] - e[2]).powi(2));
            scale += rho * (e[1] * e[1] + e[2] * e[2]);
        }
        self.findings.l1_rho[k] = distance * self.lattice.cell_area();
        self.findings.velocity_error[k] = miss / scale;
        if k == 1 {
            self.middle = found;
        }
    }

    fn continuity(&mut self) {
        let [before, after] =
            [-TIME_STEP, TIME_STEP].map(|dt| rho(&self.lattice, &self.u, &self.w, self.epsilon, 0.5 + dt));
        let rate: Vec<f64> = after.iter().zip(&before).map(|(a, b)| (a - b) / (2.0 * TIME_STEP)).collect();
        self.findings.continuity = continuity(&self.lattice, &self.middle, &rate);
    }
}

/// ∫ |∂_t ρ + div(ρ v)| / ∫ |∂_t ρ| from a flow and its rate ∂_t ρ, by differences of eighth order.
pub fn continuity(lattice: &Lattice, flow: &[[f64; 3]], rate: &[f64]) -> f64 {
    const REACH: usize = 4;
    let n = lattice.count;
    let flux = |cell: usize, axis: usize| flow[cell][0].exp() * flow[cell][1 + axis];
    let slope = |cell: usize, axis: usize, stride: usize| {
        let odd = |k: usize| flux(cell + k * stride, axis) - flux(cell - k * stride, axis);
        (672.0 * odd(1) - 168.0 * odd(2) + 32.0 * odd(3) - 3.0 * odd(4)) / (840.0 * lattice.step)
    };
    let (mut residual, mut scale) = (0.0, 0.0);
    for i in REACH..n - REACH {
        for j in REACH..n - REACH {
            let cell = i * n + j;
            residual += (rate[cell] + slope(cell, 0, n) + slope(cell, 1, 1)).abs();
            scale += rate[cell].abs();
        }
    }
    residual / scale
}
