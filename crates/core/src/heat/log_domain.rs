//! The heat average in the log domain: log H_s[e^f], one axis at a time.

use crate::lattice::Lattice;
use crate::numeric::Real;

/// log Σ_j exp(f_aj − (q_l − x_j)² / 2s) − `log_normaliser`, for each row a and query l; the result (L, A) is
/// transposed, so that a second call does the other axis and restores the order.
pub fn log_heat_axis<T: Real>(field: &[T], nodes: &[T], queries: &[T], variance: T, log_normaliser: T) -> Vec<T> {
    let rate = T::of(0.5) / variance;
    queries
        .iter()
        .flat_map(|&q| {
            field.chunks_exact(nodes.len()).map(move |row| {
                let exponent = |(&f, &x): (&T, &T)| f - rate * (q - x) * (q - x);
                let top = row.iter().zip(nodes).map(exponent).fold(T::neg_infinity(), T::max);
                let sum: T = row.iter().zip(nodes).map(|pair| (exponent(pair) - top).exp()).sum();
                top + sum.ln() - log_normaliser
            })
        })
        .collect()
}

/// log H_s[e^f] on `to`, with e^f integrated over the cells of `from`: the sum times h² / 2πs.
pub fn log_heat<T: Real>(field: &[T], from: &Lattice, to: &Lattice, variance: f64) -> Vec<T> {
    let log_normaliser = T::of(log_normaliser(variance, from.step));
    let pass = |field: &[T], axis: usize| {
        let [nodes, queries] = [from, to].map(|l| l.coordinates(axis).map(T::of).collect::<Vec<T>>());
        log_heat_axis(field, &nodes, &queries, T::of(variance), log_normaliser)
    };
    pass(&pass(field, 1), 0)
}

/// log Σ_k exp(−k² h² / 2s) over all integers k, which is log(√(2πs) / h) unless s is below h², and 0 for s = 0.
///
/// With it the discrete heat average of a constant is that constant for every s.
pub fn log_normaliser(variance: f64, step: f64) -> f64 {
    let rate = 0.5 * step * step / variance.max(MIN_VARIANCE_IN_CELLS * step * step);
    if rate < 0.1 {
        return (std::f64::consts::PI / rate).sqrt().ln();
    }
    let tail: f64 = (1..32).map(|k| (-rate * f64::from(k * k)).exp()).sum();
    (1.0 + 2.0 * tail).ln()
}

/// Variances below `MIN_VARIANCE_IN_CELLS` h² are equivalent to 0, because exp(−1 / (2 · `MIN_VARIANCE_IN_CELLS`)) is
/// 0 in f32.
pub const MIN_VARIANCE_IN_CELLS: f64 = 1e-3;

/// One pass of [`log_heat_gradient`] along one axis, on rows of (value, derivative along the axis of the pass before,
/// ..). For each row and query it gives the log-sum-exp of the values, the mean of (x_j − q_l) / s under the softmax
/// weights, which is the derivative along this axis, and the mean of the derivatives of the pass before. The result is
/// transposed like that of [`log_heat_axis`].
pub fn log_heat_gradient_axis<T: Real>(
    field: &[[T; 3]],
    count: usize,
    step: T,
    variance: T,
    log_normaliser: T,
) -> Vec<[T; 3]> {
    let rate = T::of(0.5) * step * step / variance;
    let mut result = Vec::with_capacity(field.len());
    for l in 0..count {
        for row in field.chunks_exact(count) {
            let offset = |j: usize| T::of(j as f64 - l as f64);
            let exponent = |j: usize| row[j][0] - rate * offset(j) * offset(j);
            let top = (0..count).map(exponent).fold(T::neg_infinity(), T::max);
            let (mut sum, mut own, mut carried) = (T::zero(), T::zero(), T::zero());
            for (j, node) in row.iter().enumerate() {
                let weight = (exponent(j) - top).exp();
                sum += weight;
                own += weight * offset(j);
                carried += weight * node[1];
            }
            result.push([top + sum.ln() - log_normaliser, own / sum * step / variance, carried / sum]);
        }
    }
    result
}

/// log H_s[e^f] on the lattice of f, with its gradient: (value, ∂_x, ∂_y).
pub fn log_heat_gradient<T: Real>(field: &[T], lattice: &Lattice, variance: f64) -> Vec<[T; 3]> {
    let variance = variance.max(MIN_VARIANCE_IN_CELLS * lattice.cell_area());
    let log_normaliser = T::of(log_normaliser(variance, lattice.step));
    let pass = |field: &[[T; 3]]| {
        log_heat_gradient_axis(field, lattice.count, T::of(lattice.step), T::of(variance), log_normaliser)
    };
    let start: Vec<[T; 3]> = field.iter().map(|&f| [f, T::zero(), T::zero()]).collect();
    pass(&pass(&start))
}
