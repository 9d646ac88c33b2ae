//! Compares the learned flow with the exact one, in f64 on the host, a slice at a time.
//!
//! All functions take pairs of potentials on the flow lattice. They are computed by matrix products that share no code
//! with the kernels that draw the flow.

use super::flow::{ExactFlow, TIMES};
use super::sinkhorn::{log_density, marginal_error};
use crate::heat::flow::flow_by_products;
use crate::heat::products::HeatProducts;
use crate::lattice::Lattice;
use crate::potentials::{Pair, SecondPotential, TabulatedPotentials};
use serde::{Deserialize, Serialize};

/// Step of the central difference that approximates ∂_t ρ at t = ½.
const TIME_STEP: f64 = 1e-3;

fn rho(Pair { lattice, epsilon, u, w }: &Pair, t: f64) -> Vec<f64> {
    let heated_u = HeatProducts::new(lattice, t * epsilon).average(u);
    let heated_w = HeatProducts::new(lattice, (1.0 - t) * epsilon).average(w);
    heated_u.iter().zip(&heated_w).map(|(u, w)| (u + w).exp()).collect()
}

/// The measures of an audit; names as in RESULTS.md.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AuditMetrics {
    /// L1 distance of γ's marginals to p_D and p_N.
    pub marginal_source: f64,
    /// Of the source: ‖γ(·, target) − p_D‖₁.
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
    pair: Pair,
    source: Vec<f64>,
    target: Vec<f64>,
    psi: Vec<f64>,
    stage: usize,
    middle: Vec<[f64; 3]>,
    findings: AuditMetrics,
}

impl Audit {
    /// An audit of a tabulation on `lattice`; `source` and `target` are densities of mass 1 there.
    pub fn new(
        lattice: &Lattice,
        source: &[f64],
        target: &[f64],
        tabulation: &TabulatedPotentials,
        second_potential: SecondPotential,
    ) -> Self {
        Self {
            pair: Pair { lattice: *lattice, ..tabulation.pair(second_potential) },
            source: source.to_vec(),
            target: target.to_vec(),
            psi: tabulation.second(SecondPotential::Network),
            stage: 0,
            middle: vec![],
            findings: AuditMetrics::default(),
        }
    }

    /// Does one slice of work against `exact`, which must have the same ε; returns the measures after the last slice.
    pub fn advance(&mut self, exact: &mut ExactFlow) -> Option<AuditMetrics> {
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
        let Self { pair: Pair { lattice, epsilon, u, w }, source, target, psi, .. } = self;
        let heat = HeatProducts::new(lattice, *epsilon);
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
        self.findings.maximality_psi = *epsilon * mean(&|m| (m - middle).powi(2)).sqrt();
    }

    fn compare(&mut self, k: usize, exact: &mut ExactFlow) {
        let found = flow_by_products(&self.pair, TIMES[k]);
        let mass = found.iter().map(|f| f[0].exp()).sum::<f64>() * self.pair.lattice.cell_area();
        let (mut distance, mut miss, mut scale) = (0.0, 0.0, 0.0);
        for (f, e) in found.iter().zip(exact.at(k)) {
            let rho = e[0].exp();
            distance += (f[0].exp() / mass - rho).abs();
            miss += rho * ((f[1] - e[1]).powi(2) + (f[2] - e[2]).powi(2));
            scale += rho * (e[1] * e[1] + e[2] * e[2]);
        }
        self.findings.l1_rho[k] = distance * self.pair.lattice.cell_area();
        self.findings.velocity_error[k] = miss / scale;
        if k == 1 {
            self.middle = found;
        }
    }

    fn continuity(&mut self) {
        let [before, after] = [-TIME_STEP, TIME_STEP].map(|dt| rho(&self.pair, 0.5 + dt));
        let rate: Vec<f64> = after.iter().zip(&before).map(|(a, b)| (a - b) / (2.0 * TIME_STEP)).collect();
        self.findings.continuity = continuity(&self.pair.lattice, &self.middle, &rate);
    }
}

/// ∫ |∂_t ρ + div(ρ v)| / ∫ |∂_t ρ| from a flow and `rate` = ∂_t ρ, with the divergence by central differences of
/// eighth order.
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

/// An audit of the learned flow that was measured last.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditReport {
    /// Training steps of the learned flow, and the ε of both flows.
    pub step: u64,
    /// ε of both flows.
    pub epsilon: f64,
    /// Which second potential the learned flow has.
    pub second_potential: SecondPotential,
    /// The measures themselves.
    pub findings: AuditMetrics,
    /// D* − J(φ), units of cost.
    pub gap: f64,
}
