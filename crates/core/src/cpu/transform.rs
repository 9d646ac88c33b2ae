//! The (c, ε)-transform, the dual value and the cotangents of both potentials.
//!
//! Indices: b of the batch, j of the source lattice, k of the target lattice. ω_k ∝ p_N(y_k) sums to 1, and
//! L = log H_ε[e^u] on the target lattice.

use super::{LOG_ZERO, Real};
use crate::lattice::{Lattice, TARGET_MASK};
use crate::schedule::Quadrature;

/// log p_N(y), nats.
pub fn log_normal<T: Real>([x, y]: [T; 2]) -> T {
    T::of(-0.5) * (x * x + y * y) - T::of((2.0 * std::f64::consts::PI).ln())
}

/// What the transform gives at the points of the target lattice.
#[derive(Clone, Debug)]
pub struct Transform<T> {
    /// log ω − L: its heat average, times e^u, is the mass that leaves each source point.
    pub ratio: Vec<T>,
    /// φ^{c,ε} / ε = log p_N − L, what ψ / ε should be.
    pub goal: Vec<T>,
    /// ω (log p_N − L): they add up to the second part of J / ε.
    pub dual: Vec<T>,
}

/// The transform of u from L = log H_ε[e^u].
pub fn transform<T: Real>(step: &Quadrature, log_heat: &[T]) -> Transform<T> {
    let mut result = Transform { ratio: vec![], goal: vec![], dual: vec![] };
    for (point, &heat) in step.target.points().zip(log_heat) {
        let point = point.map(T::of);
        let log_weight = log_weight(step, point);
        let goal = log_normal(point) - heat;
        result.ratio.push(log_weight - heat);
        result.goal.push(goal);
        result.dual.push(log_weight.exp() * goal);
    }
    result
}

fn log_weight<T: Real>(step: &Quadrature, [x, y]: [T; 2]) -> T {
    T::of(-0.5) * (x * x + y * y) - T::of(step.log_target_sum)
}

/// Cotangent of −J/ε with respect to u, batch first, then the source lattice: −1/B at a point of the batch,
/// e^(u + log H_ε[ω / H_ε e^u]) at a node, where `spread` is log Σ_k exp(ratio_k) G_ε(x_j − y_k) h². Also the
/// batch's part of J/ε, u_b / B.
pub fn cotangent_phi<T: Real>(step: &Quadrature, u: &[T], spread: &[T]) -> (Vec<T>, Vec<T>) {
    let share = T::one() / T::of(step.batch.len() as f64);
    let (batch, nodes) = u.split_at(step.batch.len());
    let d_nodes = nodes.iter().zip(spread).map(|(&u, &s)| (u + s).exp());
    (batch.iter().map(|_| -share).chain(d_nodes).collect(), batch.iter().map(|&u| share * u).collect())
}

/// Cotangent of ½ Σ_k ω′_k (w_k − goal_k)² with respect to w, and its terms; ω′ is ω mixed with a uniform share.
pub fn cotangent_psi<T: Real>(step: &Quadrature, w: &[T], goal: &[T]) -> (Vec<T>, Vec<T>) {
    step.target
        .points()
        .zip(w.iter().zip(goal))
        .map(|(point, (&w, &goal))| cotangent_psi_at(step, point.map(T::of), w, goal))
        .unzip()
}

/// The same at one point of the target lattice.
pub fn cotangent_psi_at<T: Real>(step: &Quadrature, point: [T; 2], w: T, goal: T) -> (T, T) {
    let uniform = T::of(step.uniform_share / step.target.len() as f64);
    let weight = T::of(1.0 - step.uniform_share) * log_weight(step, point).exp() + uniform;
    let miss = w - goal;
    (weight * miss, T::of(0.5) * weight * miss * miss)
}

/// φ^{c,ε} / ε on the flow lattice from L there, masked: `LOG_ZERO` outside the box of ψ.
pub fn masked_transform<T: Real>(lattice: &Lattice, log_heat: &[T]) -> Vec<T> {
    let inside = |x: [f64; 2]| x.iter().all(|c| c.abs() < TARGET_MASK);
    lattice
        .points()
        .zip(log_heat)
        .map(|(x, &heat)| if inside(x) { log_normal(x.map(T::of)) - heat } else { T::of(LOG_ZERO) })
        .collect()
}
