//! The heat average in f64 by matrix products: exponentials of rows less their maxima, times the kernel of one axis.
//!
//! That is far cheaper than a log-sum-exp for each entry ([`heat`](super::heat)), and in f64 as good unless an entry lies
//! some 600 nats below the maximum of its row.

use super::LOG_ZERO;
use super::heat::{MIN_VARIANCE_IN_CELLS, log_heat_axis, log_normaliser};
use crate::lattice::Lattice;

/// H_s on one lattice.
#[derive(Clone, Debug)]
pub struct HeatProducts {
    lattice: Lattice,
    variance: f64,
    log_normaliser: f64,
    /// K_jk = exp(−(x_j − x_k)² / 2s), (G, G).
    kernel: Vec<f64>,
    /// K_jk (x_j − x_k) / s: the derivative by x_k.
    slope: Vec<f64>,
}

/// Sums below this are not trusted: their largest terms may have been lost.
const SMALLEST_SUM: f64 = 1e-250;
/// Numbers below the smallest normal one are slow, and add nothing.
const SMALLEST_KERNEL: f64 = 1e-300;
/// Exponentials below this of the largest are 0.
const SMALLEST_EXPONENT: f64 = -700.0;

impl HeatProducts {
    /// H_s with s = `variance`, floored as in [`log_heat_gradient`](super::heat::log_heat_gradient).
    pub fn new(lattice: &Lattice, variance: f64) -> Self {
        let n = lattice.count;
        let variance = variance.max(MIN_VARIANCE_IN_CELLS * lattice.cell_area());
        let distance = |cell: usize| ((cell / n) as f64 - (cell % n) as f64) * lattice.step;
        let value = |cell: usize| (-0.5 * distance(cell).powi(2) / variance).exp();
        let kernel: Vec<f64> = (0..n * n).map(value).map(|k| if k < SMALLEST_KERNEL { 0.0 } else { k }).collect();
        let slope = kernel.iter().enumerate().map(|(cell, k)| k * distance(cell) / variance).collect();
        Self { lattice: *lattice, variance, log_normaliser: log_normaliser(variance, lattice.step), kernel, slope }
    }

    /// The lattice of the fields.
    pub fn lattice(&self) -> &Lattice {
        &self.lattice
    }

    /// log H_s[e^f] of a field (G, G), as [`log_heat`](super::heat::log_heat).
    pub fn average(&self, field: &[f64]) -> Vec<f64> {
        self.pass(&self.pass(field))
    }

    /// One axis, transposed, as [`log_heat_axis`].
    fn pass(&self, field: &[f64]) -> Vec<f64> {
        let n = self.lattice.count;
        let mut result = vec![0.0; n * n];
        let mut sums = vec![0.0; n];
        for (a, row) in field.chunks_exact(n).enumerate() {
            let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            sums.fill(0.0);
            for (&f, kernel) in row.iter().zip(self.kernel.chunks_exact(n)) {
                if f - top > SMALLEST_EXPONENT {
                    add(&mut sums, (f - top).exp(), kernel);
                }
            }
            for (l, &sum) in sums.iter().enumerate() {
                result[l * n + a] =
                    if sum > SMALLEST_SUM { top + sum.ln() - self.log_normaliser } else { self.entry(row, l) };
            }
        }
        result
    }

    fn entry(&self, row: &[f64], l: usize) -> f64 {
        let nodes: Vec<f64> = (0..row.len()).map(|j| j as f64 * self.lattice.step).collect();
        log_heat_axis(row, &nodes, &nodes[l..=l], self.variance, self.log_normaliser)[0]
    }

    /// log H_s[e^f] and its gradient (value, ∂_x, ∂_y), as [`log_heat_gradient`](super::heat::log_heat_gradient); where
    /// nothing of e^f arrives, `LOG_ZERO` and 0.
    pub fn average_gradient(&self, field: &[f64]) -> Vec<[f64; 3]> {
        let n = self.lattice.count;
        // Along y: for each row i, e^(f − top_i) times the kernel and times its slope.
        let (mut along, mut across) = (vec![0.0; n * n], vec![0.0; n * n]);
        let mut tops = Vec::with_capacity(n);
        for (i, row) in field.chunks_exact(n).enumerate() {
            let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            for (j, &f) in row.iter().enumerate() {
                if f - top > SMALLEST_EXPONENT {
                    let weight = (f - top).exp();
                    add(&mut along[i * n..][..n], weight, &self.kernel[j * n..][..n]);
                    add(&mut across[i * n..][..n], weight, &self.slope[j * n..][..n]);
                }
            }
            tops.push(top);
        }
        // Along x, with the tops of the rows made one for each column l.
        let mut result = vec![[LOG_ZERO, 0.0, 0.0]; n * n];
        let mut sums = [(); 3].map(|()| vec![0.0; n]);
        for l in 0..n {
            let logs = || (0..n).map(|i| tops[i] + along[i * n + l].max(SMALLEST_KERNEL).ln());
            let top = logs().fold(f64::NEG_INFINITY, f64::max);
            sums.iter_mut().for_each(|sum| sum.fill(0.0));
            for (i, log) in logs().enumerate() {
                if log - top > SMALLEST_EXPONENT {
                    let weight = (log - top).exp();
                    let [value, by_x, by_y] = &mut sums;
                    add(value, weight, &self.kernel[i * n..][..n]);
                    add(by_x, weight, &self.slope[i * n..][..n]);
                    add(by_y, weight * across[i * n + l] / along[i * n + l], &self.kernel[i * n..][..n]);
                }
            }
            let [value, by_x, by_y] = &sums;
            for k in 0..n {
                if value[k] > SMALLEST_SUM && top > 0.5 * LOG_ZERO {
                    let log = top + value[k].ln() - 2.0 * self.log_normaliser;
                    result[k * n + l] = [log, by_x[k] / value[k], by_y[k] / value[k]];
                }
            }
        }
        result
    }
}

/// sums += weight · row.
fn add(sums: &mut [f64], weight: f64, row: &[f64]) {
    sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
}
