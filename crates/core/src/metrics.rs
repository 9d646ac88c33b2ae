//! Measures of error of the learned flow, in f64 on the host, from fields on the flow lattice.

use crate::audit::Completion;
use crate::cpu::LOG_ZERO;
use crate::cpu::transform::log_normal;
use crate::lattice::Lattice;
use serde::{Deserialize, Serialize};

/// The potentials of the averaged weights on the flow lattice, in nats.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovery {
    /// ε they belong to.
    pub epsilon: f64,
    /// φ/ε.
    pub u: Vec<f32>,
    /// φ^{c,ε}/ε, with `LOG_ZERO` outside the box of ψ: the flow is built from u and this.
    pub w: Vec<f32>,
    /// ψ/ε of the second network.
    pub psi: Vec<f32>,
    /// log ρ_0 = u + log H_ε[e^w].
    pub log_rho_0: Vec<f32>,
}

impl Recovery {
    /// The second potential of the flow, in nats; that of the network in the box of its transform.
    pub fn second(&self, completion: Completion) -> Vec<f64> {
        let masked = |(&psi, &w): (&f32, &f32)| if f64::from(w) > 0.5 * LOG_ZERO { f64::from(psi) } else { LOG_ZERO };
        match completion {
            Completion::Transform => self.w.iter().map(|&w| f64::from(w)).collect(),
            Completion::Network => self.psi.iter().zip(&self.w).map(masked).collect(),
        }
    }
}

/// The numbers shown beside the flow.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// J(φ), in units of cost.
    pub dual: f64,
    /// KL(p_D ‖ ρ_0 / ∫ρ_0), nats.
    pub kl_source: f64,
    /// ½ ∫ |p_D − ρ_0 / ∫ρ_0|.
    pub tv_source: f64,
    /// log ∫ρ_0.
    pub mass: f64,
    /// Root mean square over p_N of ψ − φ^{c,ε} less its mean, in units of cost.
    pub maximality_phi: f64,
}

/// Measures a recovery against p_D, given by `source` at the points of `lattice` (normalised here); the target is the
/// Normal.
pub fn measure(lattice: &Lattice, source: &[f64], recovery: &Recovery) -> Metrics {
    let target: Vec<f64> = lattice.points().map(|y| log_normal::<f64>(y).exp()).collect();
    measure_between(lattice, source, &target, recovery)
}

/// The same for another target, given at the points of `lattice`.
pub fn measure_between(lattice: &Lattice, source: &[f64], target: &[f64], recovery: &Recovery) -> Metrics {
    let cell = lattice.cell_area();
    let total = source.iter().sum::<f64>() * cell;
    let log_rho: Vec<f64> = recovery.log_rho_0.iter().map(|&v| f64::from(v)).collect();
    let top = log_rho.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mass = top + (log_rho.iter().map(|v| (v - top).exp()).sum::<f64>() * cell).ln();

    let (mut kl_source, mut tv_source, mut mean_u) = (0.0, 0.0, 0.0);
    for ((&p, &log_rho), &u) in source.iter().zip(&log_rho).zip(&recovery.u) {
        let p = p / total;
        let log_rho = log_rho - mass;
        if p > 0.0 {
            kl_source += p * (p.ln() - log_rho) * cell;
            mean_u += p * f64::from(u) * cell;
        }
        tv_source += 0.5 * (p - log_rho.exp()).abs() * cell;
    }

    // Outside the box of ψ p_N has mass 1e-6; there w is masked, and the sums below leave it out.
    let inside = || target.iter().zip(recovery.w.iter().zip(&recovery.psi)).filter(|(_, (w, _))| **w > -1e29);
    let total_weight: f64 = inside().map(|(p, _)| p).sum();
    let mean = |f: &dyn Fn(f64, f64) -> f64| {
        inside().map(|(p, (&w, &psi))| p * f(f64::from(w), f64::from(psi))).sum::<f64>() / total_weight
    };
    let mean_w = mean(&|w, _| w);
    let mean_miss = mean(&|w, psi| psi - w);
    let variance = mean(&|w, psi| (psi - w - mean_miss).powi(2));
    Metrics {
        dual: recovery.epsilon * (mean_u + mean_w),
        kl_source,
        tv_source,
        mass,
        maximality_phi: recovery.epsilon * variance.sqrt(),
    }
}
