//! The log-sum-exps, the dual value and the cotangents of both potentials, at the nodes of a step. The code that the
//! CPU backend shares is in [`transform`](crate::transform).
//!
//! Indices: i of the source's nodes, k of the target's. c_i and ω_k are the shares of p_D and p_N that the nodes stand
//! for, each with sum 1, a_i is the area of a node, and L = log H_ε[e^u] at the target's nodes.

use crate::numeric::Real;
use crate::quadrature::Quadrature;
use crate::transform::{cotangent_psi_at, log_shares};

/// L_k = log Σ_i a_i e^{u_i} G_ε(x_i − y_k) at the target's nodes.
pub fn log_heat_of_nodes<T: Real>(step: &Quadrature, epsilon: f64, u: &[T]) -> Vec<T> {
    let shares: Vec<T> = log_shares(&step.source, epsilon).zip(u).map(|(share, &u)| u + T::of(share)).collect();
    let points: Vec<[T; 2]> = step.source.points().map(|x| x.map(T::of)).collect();
    let rate = T::of(0.5 / epsilon);
    let log_sum = |y: [f64; 2]| {
        let y = y.map(T::of);
        let exponent = |(&x, &share): (&[T; 2], &T)| share - rate * squared_distance(x, y);
        let top = points.iter().zip(&shares).map(exponent).fold(T::neg_infinity(), T::max);
        let sum: T = points.iter().zip(&shares).map(|pair| (exponent(pair) - top).exp()).sum();
        top + sum.ln()
    };
    step.target.points().map(log_sum).collect()
}

fn squared_distance<T: Real>(x: [T; 2], y: [T; 2]) -> T {
    let [dx, dy] = [x[0] - y[0], x[1] - y[1]];
    dx * dx + dy * dy
}

/// Cotangent of −J/ε with respect to u: Σ_k ω_k a_i e^{u_i} G_ε(x_i − y_k) / e^{L_k} − c_i, which is the mass that γ
/// gives the node minus the mass that p_D gives it. It vanishes where ρ_0 = p_D.
pub fn cotangent_phi<T: Real>(step: &Quadrature, epsilon: f64, u: &[T], ratio: &[T]) -> Vec<T> {
    let targets: Vec<[T; 2]> = step.target.points().map(|y| y.map(T::of)).collect();
    let rate = T::of(0.5 / epsilon);
    let nodes = step.source.points().zip(log_shares(&step.source, epsilon)).zip(step.source.weights()).zip(u);
    nodes
        .map(|(((x, share), weight), &u)| {
            let (x, share) = (x.map(T::of), u + T::of(share));
            // No exponent is above 0 by more than rounding, because this node is one of the terms of the sum in L.
            let term = |(&y, &ratio): (&[T; 2], &T)| (share + ratio - rate * squared_distance(x, y)).exp();
            targets.iter().zip(ratio).map(term).sum::<T>() - T::of(weight)
        })
        .collect()
}

/// The source's part of J/ε, c_i u_i.
pub fn dual_of_source<T: Real>(step: &Quadrature, u: &[T]) -> Vec<T> {
    step.source.weights().zip(u).map(|(weight, &u)| T::of(weight) * u).collect()
}

/// Cotangent of ½ Σ_k ω′_k (w_k − regression_target_k)² with respect to w, and the terms of the sum.
pub fn cotangent_psi<T: Real>(step: &Quadrature, w: &[T], regression_target: &[T]) -> (Vec<T>, Vec<T>) {
    w.iter()
        .zip(regression_target)
        .enumerate()
        .map(|(k, (&w, &regression_target))| cotangent_psi_at(step, k, w, regression_target))
        .unzip()
}
