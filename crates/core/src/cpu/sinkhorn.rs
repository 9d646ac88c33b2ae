//! The exact potentials on a lattice: Sinkhorn's iteration in the log domain.
//!
//! The two marginals of γ = e^u G_ε e^w are p = e^u H_ε[e^w] and q = e^w H_ε[e^u]; each half of a sweep solves one of
//! them for its potential, which is exact block ascent of the dual D(φ, ψ).

use super::LOG_ZERO;
use super::products::HeatProducts;
use crate::lattice::Lattice;

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stop {
    /// Largest L1 distance of the source marginal from p.
    pub tolerance: f64,
    /// Sweeps after which to stop anyway.
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
    /// log H_ε[e^w]: with u it gives log ρ_0.
    pub heat_w: Vec<f64>,
    /// Sweeps made.
    pub sweeps: u32,
    /// L1 distance of the source marginal from p.
    pub error: f64,
}

/// Solves for densities `source` and `target` on `lattice`, from `start` (w in nats; 0 without it).
pub fn solve(
    lattice: &Lattice,
    source: &[f64],
    target: &[f64],
    epsilon: f64,
    start: Option<&[f64]>,
    stop: &Stop,
) -> Solution {
    let mut sinkhorn = Sinkhorn::new(lattice, source, target, epsilon, start);
    while !sinkhorn.sweep(stop) {}
    sinkhorn.solution
}

/// A solution on its way, for those who cannot wait for all of it.
#[derive(Clone, Debug)]
pub struct Sinkhorn {
    heat: HeatProducts,
    source: Vec<f64>,
    log_source: Vec<f64>,
    log_target: Vec<f64>,
    solution: Solution,
}

impl Sinkhorn {
    /// As for [`solve`].
    pub fn new(lattice: &Lattice, source: &[f64], target: &[f64], epsilon: f64, start: Option<&[f64]>) -> Self {
        let heat = HeatProducts::new(lattice, epsilon);
        let log_target = log_density(target);
        let flat = || log_target.iter().map(|&log_q| if log_q > 0.5 * LOG_ZERO { 0.0 } else { LOG_ZERO }).collect();
        let w = start.map_or_else(flat, <[f64]>::to_vec);
        let heat_w = heat.average(&w);
        let solution = Solution { u: vec![LOG_ZERO; w.len()], w, heat_w, sweeps: 0, error: f64::INFINITY };
        Self { heat, source: source.to_vec(), log_source: log_density(source), log_target, solution }
    }

    /// One sweep, both potentials; true when it is time to stop.
    pub fn sweep(&mut self, stop: &Stop) -> bool {
        let solution = &mut self.solution;
        solution.u = half_sweep(&self.log_source, &solution.heat_w);
        solution.w = half_sweep(&self.log_target, &self.heat.average(&solution.u));
        solution.heat_w = self.heat.average(&solution.w);
        solution.sweeps += 1;
        solution.error = marginal_error(self.heat.lattice(), &self.source, &solution.u, &solution.heat_w);
        solution.error <= stop.tolerance || solution.sweeps >= stop.max_sweeps || solution.error.is_nan()
    }

    /// What it has come to.
    pub fn solution(&self) -> &Solution {
        &self.solution
    }
}

/// log p, with `LOG_ZERO` for log 0.
pub fn log_density(density: &[f64]) -> Vec<f64> {
    density.iter().map(|&p| if p > 0.0 { p.ln() } else { LOG_ZERO }).collect()
}

/// ∫ |e^u H_ε[e^w] − p|.
pub fn marginal_error(lattice: &Lattice, density: &[f64], u: &[f64], heat_w: &[f64]) -> f64 {
    let terms = density.iter().zip(u.iter().zip(heat_w)).map(|(p, (u, heat))| ((u + heat).exp() - p).abs());
    terms.sum::<f64>() * lattice.cell_area()
}

/// The potential that gives its marginal: log p − log H, and log 0 where p is 0.
pub fn half_sweep(log_density: &[f64], log_heat: &[f64]) -> Vec<f64> {
    let value = |(&log_p, &heat): (&f64, &f64)| if log_p > 0.5 * LOG_ZERO { log_p - heat } else { LOG_ZERO };
    log_density.iter().zip(log_heat).map(value).collect()
}
