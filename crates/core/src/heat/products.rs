//! The heat average in f64 by matrix products: exponentials of rows less their maxima, times the kernel of one axis.
//!
//! That is far cheaper than a log-sum-exp for each entry ([`log_domain`](super::log_domain)), and in f64 as accurate
//! unless an entry lies some 600 nats below the maximum of its row.

use super::log_domain::{MIN_VARIANCE_IN_CELLS, log_heat_axis, log_normaliser};
use crate::lattice::Lattice;
use crate::numeric::{LOG_ZERO, MASKED_BELOW};
use crate::simd::product::COLUMN_BLOCK;
use crate::simd::width::Width;

/// H_s from the points of one lattice to those of another.
#[derive(Clone, Debug)]
pub struct HeatProducts {
    width: Width,
    from: Lattice,
    to: Lattice,
    variance: f64,
    log_normaliser: f64,
    /// For each axis K_jl = exp(−(x_j − q_l)² / 2s), (from, to); rows are padded with zeros to whole blocks.
    kernels: [Vec<f64>; 2],
}

/// Sums below this are computed again by a log-sum-exp: their largest terms may have underflowed.
const SMALLEST_SUM: f64 = 1e-250;
/// Kernel values below this are set to 0: arithmetic on subnormal numbers is slow, and they contribute nothing.
const SMALLEST_KERNEL: f64 = 1e-300;
/// exp(f − max) is set to 0 if the exponent is below this.
const SMALLEST_EXPONENT: f64 = -700.0;

impl HeatProducts {
    /// H_s on one lattice with s = `variance`, floored as in
    /// [`log_heat_gradient`](super::log_domain::log_heat_gradient).
    pub fn new(lattice: &Lattice, variance: f64) -> Self {
        Self::between(lattice, lattice, variance.max(MIN_VARIANCE_IN_CELLS * lattice.cell_area()))
    }

    /// H_s with s = `variance`, integrated over the cells of `from`, at the points of `to`.
    pub fn between(from: &Lattice, to: &Lattice, variance: f64) -> Self {
        let stride = to.count.next_multiple_of(COLUMN_BLOCK);
        let kernels = [0, 1].map(|axis| {
            let mut kernel = vec![0.0; from.count * stride];
            for (x, row) in from.coordinates(axis).zip(kernel.chunks_exact_mut(stride)) {
                for (q, entry) in to.coordinates(axis).zip(row) {
                    let value = (-0.5 * (x - q) * (x - q) / variance).exp();
                    *entry = if value < SMALLEST_KERNEL { 0.0 } else { value };
                }
            }
            kernel
        });
        let (from, to, width) = (*from, *to, Width::detect());
        Self { width, from, to, variance, log_normaliser: log_normaliser(variance, from.step), kernels }
    }

    /// H_s from `to` to `from`, integrated over the cells of `to`.
    pub fn adjoint(&self) -> Self {
        let (from, to) = (self.to, self.from);
        let [read, write] = [&from, &to].map(|lattice| lattice.count.next_multiple_of(COLUMN_BLOCK));
        let kernels = self.kernels.each_ref().map(|kernel| {
            let mut transposed = vec![0.0; from.count * write];
            for (j, row) in transposed.chunks_exact_mut(write).enumerate() {
                row[..to.count].iter_mut().enumerate().for_each(|(l, entry)| *entry = kernel[l * read + j]);
            }
            transposed
        });
        Self { from, to, kernels, log_normaliser: log_normaliser(self.variance, from.step), ..*self }
    }

    /// The lattice over which it integrates.
    pub fn lattice(&self) -> &Lattice {
        &self.from
    }

    /// log H_s[e^f] of a field on `from` at the points of `to`, as [`log_heat`](super::log_domain::log_heat).
    pub fn average(&self, field: &[f64]) -> Vec<f64> {
        self.pass(&self.pass(field, 1), 0)
    }

    /// H_s\[f\] (not in the log domain) of f on `from` at the points of `to`; rows in which f is 0 cost nothing.
    pub fn average_of(&self, field: &[f64]) -> Vec<f64> {
        let pass = |field: &[f64], axis: usize| {
            let (depth, count) = (self.from.count, self.to.count);
            let rows = field.len() / depth;
            let row = |a: usize| &field[a * depth..][..depth];
            let filled: Vec<usize> = (0..rows).filter(|&a| row(a).iter().any(|f| *f != 0.0)).collect();
            let weights: Vec<f64> = filled.iter().flat_map(|&a| row(a)).copied().collect();
            let sums = self.product(&weights, &self.kernels[axis]);
            let (stride, scale) = (self.kernels[axis].len() / depth, (-self.log_normaliser).exp());
            let mut result = vec![0.0; rows * count];
            for (sums, a) in sums.chunks_exact(stride).zip(filled) {
                sums[..count].iter().enumerate().for_each(|(l, sum)| result[l * rows + a] = scale * sum);
            }
            result
        };
        pass(&pass(field, 1), 0)
    }

    /// One axis; the result is transposed, as in [`log_heat_axis`].
    fn pass(&self, field: &[f64], axis: usize) -> Vec<f64> {
        let (depth, count) = (self.from.count, self.to.count);
        let (tops, weights) = exponentials(field, depth);
        let rows = tops.len();
        let sums = self.product(&weights, &self.kernels[axis]);
        let mut result = vec![0.0; rows * count];
        for (a, (sums, top)) in sums.chunks_exact(sums.len() / rows).zip(&tops).enumerate() {
            for (l, &sum) in sums[..count].iter().enumerate() {
                result[l * rows + a] = if sum > SMALLEST_SUM {
                    top + sum.ln() - self.log_normaliser
                } else {
                    self.entry(&field[a * depth..][..depth], l, axis)
                };
            }
        }
        result
    }

    /// `weights` (M, from) times a kernel of one axis: (M, to), rows padded to whole blocks.
    fn product(&self, weights: &[f64], kernel: &[f64]) -> Vec<f64> {
        let stride = kernel.len() / self.from.count;
        let mut sums = vec![0.0; weights.len() / self.from.count * stride];
        self.width.multiply(weights, kernel, self.from.count, stride, &mut sums);
        sums
    }

    fn entry(&self, row: &[f64], l: usize, axis: usize) -> f64 {
        let nodes: Vec<f64> = self.from.coordinates(axis).collect();
        log_heat_axis(row, &nodes, &[self.to.coordinate(axis, l)], self.variance, self.log_normaliser)[0]
    }

    /// log H_s[e^f] and its gradient (value, ∂_x, ∂_y) at the points of `to`, as
    /// [`log_heat_gradient`](super::log_domain::log_heat_gradient); where the average of e^f is 0, the value is
    /// `LOG_ZERO` and the gradient 0.
    pub fn average_gradient(&self, field: &[f64]) -> Vec<[f64; 3]> {
        let (n, count) = (self.from.count, self.to.count);
        let stride = self.kernels[0].len() / n;
        let slopes = [0, 1].map(|axis| self.slope(axis));
        // Along y: for each row i, e^(f − top_i) times the kernel and times its slope.
        let (tops, weights) = exponentials(field, n);
        let (along, across) = (self.product(&weights, &self.kernels[1]), self.product(&weights, &slopes[1]));
        // Along x, with a new maximum for each column l.
        let mut logs = vec![0.0; count * n];
        for (i, top) in tops.iter().enumerate() {
            for l in 0..count {
                logs[l * n + i] = top + along[i * stride + l].max(SMALLEST_KERNEL).ln();
            }
        }
        let (tops, weights) = exponentials(&logs, n);
        let mut ratios = weights.clone();
        for (l, row) in ratios.chunks_exact_mut(n).enumerate() {
            for (i, weight) in row.iter_mut().enumerate() {
                *weight *= across[i * stride + l] / along[i * stride + l].max(SMALLEST_KERNEL);
            }
        }
        let value = self.product(&weights, &self.kernels[0]);
        let by_x = self.product(&weights, &slopes[0]);
        let by_y = self.product(&ratios, &self.kernels[0]);
        let mut result = vec![[LOG_ZERO, 0.0, 0.0]; count * count];
        for (l, top) in tops.iter().enumerate() {
            for k in 0..count {
                let place = l * stride + k;
                if value[place] > SMALLEST_SUM && *top > MASKED_BELOW {
                    let log = top + value[place].ln() - 2.0 * self.log_normaliser;
                    result[k * count + l] = [log, by_x[place] / value[place], by_y[place] / value[place]];
                }
            }
        }
        result
    }

    /// K_jl (x_j − q_l) / s: the derivative of the kernel of one axis by q_l.
    fn slope(&self, axis: usize) -> Vec<f64> {
        let mut slope = self.kernels[axis].clone();
        let stride = slope.len() / self.from.count;
        for (x, row) in self.from.coordinates(axis).zip(slope.chunks_exact_mut(stride)) {
            for (q, entry) in self.to.coordinates(axis).zip(row) {
                *entry *= (x - q) / self.variance;
            }
        }
        slope
    }
}

/// The maximum of each row of `count` values, and exp(f − maximum) for each value.
fn exponentials(field: &[f64], count: usize) -> (Vec<f64>, Vec<f64>) {
    let mut weights = Vec::with_capacity(field.len());
    let tops = field.chunks_exact(count).map(|row| {
        let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        weights.extend(row.iter().map(|f| if f - top > SMALLEST_EXPONENT { (f - top).exp() } else { 0.0 }));
        top
    });
    (tops.collect(), weights)
}
