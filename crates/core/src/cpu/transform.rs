//! The (c, ε)-transform, the dual value and the cotangents of both potentials.
//!
//! Indices: b of the batch, j of the source lattice, k of the target lattice. ω_k ∝ p_N(y_k) sums to 1, and
//! L = log H_ε[e^u] on the target lattice.

use super::{LOG_ZERO, Real};
use crate::lattice::{Lattice, TARGET_MASK};
use crate::measure::Target;
use crate::schedule::{LOG_TWO_PI, Quadrature};

/// log p_N(y), nats.
pub fn log_normal<T: Real>([x, y]: [T; 2]) -> T {
    T::of(-0.5) * (x * x + y * y) - T::of(LOG_TWO_PI)
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
    for (k, &heat) in log_heat.iter().enumerate() {
        let log_weight: T = log_weight(step, k);
        let goal = T::of(step.log_target(k)) - heat;
        result.ratio.push(log_weight - heat);
        result.goal.push(goal);
        result.dual.push(log_weight.exp() * goal);
    }
    result
}

fn log_weight<T: Real>(step: &Quadrature, k: usize) -> T {
    T::of(step.log_target(k) + LOG_TWO_PI - step.log_target_sum)
}

/// Cotangent of −J/ε with respect to u, batch first, then the source lattice: −1/B at a point of the batch,
/// e^(u + log H_ε[ω / H_ε e^u]) at a node, where `spread` is log Σ_k exp(ratio_k) G_ε(x_j − y_k) h².
pub fn cotangent_phi<T: Real>(step: &Quadrature, u: &[T], spread: &[T]) -> Vec<T> {
    let share = T::one() / T::of(step.batch.len() as f64);
    let (batch, nodes) = u.split_at(step.batch.len());
    let d_nodes = nodes.iter().zip(spread).map(|(&u, &s)| (u + s).exp());
    batch.iter().map(|_| -share).chain(d_nodes).collect()
}

/// The batch's part of J/ε, u_b / B.
pub fn dual_batch<T: Real>(step: &Quadrature, u: &[T]) -> Vec<T> {
    let share = T::one() / T::of(step.batch.len() as f64);
    u[..step.batch.len()].iter().map(|&u| share * u).collect()
}

/// Cotangent of ½ Σ_k ω′_k (w_k − goal_k)² with respect to w, and its terms; ω′ is ω mixed with a uniform share.
pub fn cotangent_psi<T: Real>(step: &Quadrature, w: &[T], goal: &[T]) -> (Vec<T>, Vec<T>) {
    w.iter().zip(goal).enumerate().map(|(k, (&w, &goal))| cotangent_psi_at(step, k, w, goal)).unzip()
}

/// The same at the k-th point of the target lattice; zero where there is none of the target.
pub fn cotangent_psi_at<T: Real>(step: &Quadrature, k: usize, w: T, goal: T) -> (T, T) {
    if step.log_target(k) < 0.5 * LOG_ZERO {
        return (T::zero(), T::zero());
    }
    let uniform = T::of(step.uniform_share / step.target.len() as f64);
    let weight = T::of(1.0 - step.uniform_share) * log_weight::<T>(step, k).exp() + uniform;
    let miss = w - goal;
    (weight * miss, T::of(0.5) * weight * miss * miss)
}

/// φ^{c,ε} / ε on the flow lattice from L there, masked: `LOG_ZERO` outside the box of ψ.
pub fn masked_transform<T: Real>(lattice: &Lattice, log_heat: &[T]) -> Vec<T> {
    masked_transform_to(&Target::Normal, lattice, log_heat)
}

/// The same for another target; `LOG_ZERO` also where there is none of it.
pub fn masked_transform_to<T: Real>(target: &Target, lattice: &Lattice, log_heat: &[T]) -> Vec<T> {
    let inside = |x: [f64; 2]| x.iter().all(|c| c.abs() < TARGET_MASK);
    let transform = |(x, &heat): ([f64; 2], &T)| {
        let log_p = if inside(x) { target.log_density(x) } else { LOG_ZERO };
        if log_p > 0.5 * LOG_ZERO { T::of(log_p) - heat } else { T::of(LOG_ZERO) }
    };
    lattice.points().zip(log_heat).map(transform).collect()
}
