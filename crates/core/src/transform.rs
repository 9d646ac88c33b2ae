//! The (c, ε)-transform and the regression at the nodes of a step, and the masks of the flow lattice.
//!
//! Indices: i of the source's nodes, k of the target's. ω_k is the share of p_N that the k-th node stands for (sum 1),
//! and L = log H_ε[e^u] at the target's nodes.

use crate::lattice::{Lattice, TARGET_MASK};
use crate::measure::Target;
use crate::numeric::{LOG_TWO_PI, LOG_ZERO, MASKED_BELOW, Real};
use crate::quadrature::{Nodes, Quadrature};

/// log (a_i / 2πε) for each node: log H_ε\[e^u\](y) = log Σ_i exp(u_i + log (a_i / 2πε) − |x_i − y|²/2ε).
pub fn log_shares(nodes: &Nodes, epsilon: f64) -> impl Iterator<Item = f64> + '_ {
    let log_normaliser = LOG_TWO_PI + epsilon.ln();
    nodes.log_areas.iter().map(move |log_area| log_area - log_normaliser)
}

/// What the transform gives at the target's nodes.
#[derive(Clone, Debug)]
pub struct Transform<T> {
    /// log ω − L: Σ_k e^{u_i} a_i G_ε(x_i − y_k) e^{ratio_k} is the mass that γ gives the i-th node of the source.
    pub ratio: Vec<T>,
    /// φ^{c,ε} / ε = log p_N − L, on which w = ψ / ε is regressed.
    pub regression_target: Vec<T>,
    /// ω (log p_N − L): their sum is the target's part of J / ε.
    pub dual: Vec<T>,
}

/// The transform of u from L = log H_ε[e^u].
pub fn transform<T: Real>(step: &Quadrature, log_heat: &[T]) -> Transform<T> {
    let mut result = Transform { ratio: vec![], regression_target: vec![], dual: vec![] };
    for (k, &heat) in log_heat.iter().enumerate() {
        let log_weight = T::of(step.target.log_weight(k));
        let regression_target = T::of(step.target.log_densities[k]) - heat;
        result.ratio.push(log_weight - heat);
        result.regression_target.push(regression_target);
        result.dual.push(log_weight.exp() * regression_target);
    }
    result
}

/// Cotangent of ½ Σ_k ω′_k (w_k − regression_target_k)² with respect to w at the k-th node of the target, and the k-th
/// term of the sum; both are zero where ψ is not regressed.
pub fn cotangent_psi_at<T: Real>(step: &Quadrature, k: usize, w: T, regression_target: T) -> (T, T) {
    let weight = T::of(step.regression_weight(k));
    if weight == T::zero() {
        return (T::zero(), T::zero());
    }
    let miss = w - regression_target;
    (weight * miss, T::of(0.5) * weight * miss * miss)
}

/// The second network's w on the flow lattice: `LOG_ZERO` where p_N is below the floor under which it is not regressed.
pub fn masked_network<T: Real>(target: &Target, lattice: &Lattice, w: &[T]) -> Vec<T> {
    let floor = target.log_floor();
    let masked = |(y, &w): ([f64; 2], &T)| if target.log_density(y) >= floor { w } else { T::of(LOG_ZERO) };
    lattice.points().zip(w).map(masked).collect()
}

/// φ^{c,ε} / ε on the flow lattice from L there, masked: `LOG_ZERO` outside the box of ψ and where p_N is 0.
pub fn masked_transform<T: Real>(target: &Target, lattice: &Lattice, log_heat: &[T]) -> Vec<T> {
    let inside = |x: [f64; 2]| x.iter().all(|c| c.abs() < TARGET_MASK);
    let transform = |(x, &heat): ([f64; 2], &T)| {
        let log_p = if inside(x) { target.log_density(x) } else { LOG_ZERO };
        if log_p > MASKED_BELOW { T::of(log_p) - heat } else { T::of(LOG_ZERO) }
    };
    lattice.points().zip(log_heat).map(transform).collect()
}
