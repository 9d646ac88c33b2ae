//! Measures of error of the learned flow, in f64 on the host, from fields on the flow lattice.

use crate::lattice::Lattice;
use crate::potentials::TabulatedPotentials;
use serde::{Deserialize, Serialize};

/// The measures of the flow now shown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Training steps behind it.
    pub step: u64,
    /// Network evaluations behind it.
    pub evaluations: u64,
    /// ε it was made with.
    pub epsilon: f64,
    /// The dual value and the errors of the flow.
    pub metrics: Metrics,
    /// J(φ) as estimated in the last training steps, units of cost; none if there were no steps.
    pub estimate: Option<f64>,
}

/// J(φ) in units of cost: ε times the mean of `losses`, the J/ε of single steps; none without steps.
pub(crate) fn estimate(losses: &[f32], epsilon: f64) -> Option<f64> {
    let sum: f64 = losses.iter().map(|&v| f64::from(v)).sum();
    (!losses.is_empty()).then(|| epsilon * sum / losses.len() as f64)
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

/// Measures a tabulation against p_D and p_N, given at the points of `lattice`; they need not be of mass 1.
pub fn measure(lattice: &Lattice, source: &[f64], target: &[f64], tabulation: &TabulatedPotentials) -> Metrics {
    let cell = lattice.cell_area();
    let total = source.iter().sum::<f64>() * cell;
    let log_rho: Vec<f64> = tabulation.log_rho_0.iter().map(|&v| f64::from(v)).collect();
    let top = log_rho.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mass = top + (log_rho.iter().map(|v| (v - top).exp()).sum::<f64>() * cell).ln();

    let (mut kl_source, mut tv_source, mut mean_u) = (0.0, 0.0, 0.0);
    for ((&p, &log_rho), &u) in source.iter().zip(&log_rho).zip(&tabulation.u) {
        let p = p / total;
        let log_rho = log_rho - mass;
        if p > 0.0 {
            kl_source += p * (p.ln() - log_rho) * cell;
            mean_u += p * f64::from(u) * cell;
        }
        tv_source += 0.5 * (p - log_rho.exp()).abs() * cell;
    }

    // The sums below leave out the masked points: p_N has mass 1e-6 outside the box of ψ, and 1e-5 below the floor of
    // ψ's network.
    let inside =
        || target.iter().zip(tabulation.w.iter().zip(&tabulation.psi)).filter(|(_, (w, psi))| w.min(**psi) > -1e29);
    let total_weight: f64 = inside().map(|(p, _)| p).sum();
    let mean = |f: &dyn Fn(f64, f64) -> f64| {
        inside().map(|(p, (&w, &psi))| p * f(f64::from(w), f64::from(psi))).sum::<f64>() / total_weight
    };
    let mean_w = mean(&|w, _| w);
    let mean_miss = mean(&|w, psi| psi - w);
    let variance = mean(&|w, psi| (psi - w - mean_miss).powi(2));
    Metrics {
        dual: tabulation.epsilon * (mean_u + mean_w),
        kl_source,
        tv_source,
        mass,
        maximality_phi: tabulation.epsilon * variance.sqrt(),
    }
}
