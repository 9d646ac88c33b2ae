//! The heat average between scattered nodes x_i and the points y_k of a lattice, in f64 by matrix products. A Gaussian
//! is a product of one factor for each axis, so a table of M x N exponentials for each axis and a product (M, N) (N, M)
//! give the sums at all M² points.
//!
//! The result is as accurate as a log-sum-exp for each point. Where the products leave the range of f64, a log-sum-exp
//! is computed instead.

use crate::lattice::Lattice;
use crate::quadrature::Quadrature;
use crate::simd::elementary::exp_double;
use crate::simd::product::COLUMN_BLOCK;
use crate::simd::width::{Width, for_each_width};

/// Gaussians exp(−|x_i − y_k|²/2ε) between the N nodes x_i of the source and the nodes y_k of the target: its batch
/// (the "other nodes") and its lattice of M x M points.
#[derive(Clone, Debug)]
pub struct NodeHeat {
    width: Width,
    /// Coordinates of the x_i, by axis.
    points: [Vec<f64>; 2],
    /// The target's batch, whose nodes come before those of the lattice; may be empty.
    others: Vec<[f64; 2]>,
    lattice: Lattice,
    /// 1/2ε.
    rate: f64,
    /// N and M, rounded up to whole blocks of columns.
    strides: [usize; 2],
    /// exp(−(x_i − y_l)²/2ε) for the second axis, (M, N).
    across: Vec<f64>,
    /// e^{f_i} exp(−(x_i − y_l)²/2ε) for the first axis, (M, N), each row divided by its maximum; f is that of the last
    /// [`average`](Self::average).
    along: Vec<f64>,
    /// Logarithms of those maxima, (M).
    tops: Vec<f64>,
}

/// Sums below this are computed again term by term: their largest terms may have underflowed.
const SMALLEST_SUM: f64 = 1e-250;
/// Largest deviation of Σ_i received_i from 1; if it is larger, terms have underflowed.
const LOST: f64 = 1e-6;

impl NodeHeat {
    /// For the nodes of a step.
    pub fn new(quadrature: &Quadrature, epsilon: f64) -> Self {
        let (source, target) = (&quadrature.source, &quadrature.target);
        let (width, rate, lattice) = (Width::detect(), 0.5 / epsilon, &target.lattice);
        let strides = [source.len(), lattice.count].map(|count| count.next_multiple_of(COLUMN_BLOCK));
        let points = [0, 1].map(|axis| source.points().map(|x| x[axis]).collect::<Vec<f64>>());
        let mut across = vec![0.0; lattice.count * strides[0]];
        let (batch, line) = (source.batch.len(), source.lattice.count);
        for (y, row) in lattice.coordinates(1).zip(across.chunks_exact_mut(strides[0])) {
            // Every line of the source's lattice has the same coordinates along this axis, so the first one is copied.
            let until = batch + line;
            width.gaussians(&points[1][..until], y, rate, &mut row[..until]);
            (until..source.len()).step_by(line).for_each(|start| row.copy_within(batch..until, start));
        }
        let others = target.batch.iter().map(|y| y.map(f64::from)).collect();
        Self { width, others, lattice: *lattice, rate, strides, across, along: vec![], tops: vec![], points }
    }

    /// log Σ_i e^{f_i} exp(−|x_i − y_k|²/2ε) at the other nodes, then at the points of the lattice.
    pub fn average(&mut self, f: &[f64]) -> Vec<f64> {
        let others: Vec<f64> = self.others.iter().map(|y| self.log_sum(f, &self.points, *y)).collect();
        others.into_iter().chain(self.average_on_lattice(f)).collect()
    }

    fn average_on_lattice(&mut self, f: &[f64]) -> Vec<f64> {
        let [nodes, stride] = self.strides;
        let (count, lattice) = (self.lattice.count, self.lattice);
        self.along = vec![0.0; count * nodes];
        self.tops.clear();
        let mut exponents = vec![0.0; f.len()];
        for (y, row) in lattice.coordinates(0).zip(self.along.chunks_exact_mut(nodes)) {
            self.width.exponents_of_axis(f, &self.points[0], y, self.rate, &mut exponents);
            let top = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            self.width.exponentials(&exponents, top, &mut row[..f.len()]);
            self.tops.push(top);
        }
        // The table of the second axis, transposed: (N, M).
        let mut across = vec![0.0; nodes * stride];
        for (l, row) in self.across.chunks_exact(nodes).enumerate() {
            row.iter().zip(across[l..].iter_mut().step_by(stride)).for_each(|(&entry, place)| *place = entry);
        }
        let mut sums = vec![0.0; count * stride];
        self.width.multiply(&self.along, &across, nodes, stride, &mut sums);
        let mut result = Vec::with_capacity(count * count);
        for ((row, x), top) in sums.chunks_exact(stride).zip(lattice.coordinates(0)).zip(&self.tops) {
            for (&sum, y) in row.iter().zip(lattice.coordinates(1)) {
                result.push(if sum > SMALLEST_SUM { top + sum.ln() } else { self.log_sum(f, &self.points, [x, y]) });
            }
        }
        result
    }

    /// Σ_k e^{f_i + g_k} exp(−|x_i − y_k|²/2ε) for every x_i, (N). g is given at the other nodes, then on the lattice;
    /// f must be that of the last [`average`](Self::average), whose result is L. g is log ω − L, so that no term is
    /// above 1 and the sums add up to Σ ω = 1.
    pub fn received(&self, f: &[f64], g: &[f64]) -> Vec<f64> {
        let (of_others, on_lattice) = g.split_at(self.others.len());
        let mut sums = self.received_from_lattice(on_lattice);
        let mut exponents = vec![0.0; f.len()];
        for (y, g) in self.others.iter().zip(of_others) {
            let [xs, ys] = &self.points;
            self.width.exponents(f, [xs, ys], *y, self.rate, &mut exponents);
            self.width.add_each_exponential(&exponents, -g, &mut sums);
        }
        sums.truncate(f.len());
        if (sums.iter().sum::<f64>() - 1.0).abs() < LOST { sums } else { self.received_term_by_term(f, g) }
    }

    fn received_from_lattice(&self, g: &[f64]) -> Vec<f64> {
        let [nodes, _] = self.strides;
        let count = self.lattice.count;
        let mut weights = vec![0.0; g.len()];
        let mut halves = vec![];
        for ((g, weights), top) in g.chunks_exact(count).zip(weights.chunks_exact_mut(count)).zip(&self.tops) {
            let top_of_line = g.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            self.width.exponentials(g, top_of_line, weights);
            // The root of the product of both maxima, which is multiplied in twice: the product may overflow.
            halves.push((0.5 * (top + top_of_line)).exp());
        }
        let mut across = vec![0.0; count * nodes];
        self.width.multiply(&weights, &self.across, count, nodes, &mut across);
        let mut sums = vec![0.0; nodes];
        let lines = self.along.chunks_exact(nodes).zip(across.chunks_exact(nodes)).zip(&halves);
        for ((along, across), half) in lines {
            sums.iter_mut().zip(along.iter().zip(across)).for_each(|(sum, (a, b))| *sum += (a * half) * (b * half));
        }
        sums
    }

    fn received_term_by_term(&self, f: &[f64], g: &[f64]) -> Vec<f64> {
        let targets = || self.others.iter().copied().chain(self.lattice.points());
        let targets = [0, 1].map(|axis| targets().map(|y| y[axis]).collect::<Vec<f64>>());
        let nodes = self.points[0].iter().zip(&self.points[1]).zip(f);
        nodes.map(|((&x0, &x1), f)| (f + self.log_sum(g, &targets, [x0, x1])).exp()).collect()
    }

    /// The log-sum-exp of f_i − |x_i − y|²/2ε, term by term.
    fn log_sum(&self, f: &[f64], x: &[Vec<f64>; 2], y: [f64; 2]) -> f64 {
        let mut exponents = vec![0.0; f.len()];
        self.width.exponents(f, [&x[0], &x[1]], y, self.rate, &mut exponents);
        let top = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut sum = 0.0;
        self.width.add_exponentials(&exponents, top, &mut sum);
        top + sum.ln()
    }
}

for_each_width! {
    /// exp(−`rate` (x_i − y)²) for every x.
    gaussians(x: &[f64], y: f64, rate: f64, result: &mut [f64]) = all_gaussians { [] [] [] [] }
}

#[inline(always)]
fn all_gaussians(x: &[f64], y: f64, rate: f64, result: &mut [f64]) {
    for (result, x) in result.iter_mut().zip(x) {
        *result = exp_double(-rate * (x - y) * (x - y));
    }
}

for_each_width! {
    /// f_i − `rate` (x_i − y)².
    exponents_of_axis(f: &[f64], x: &[f64], y: f64, rate: f64, result: &mut [f64]) = axis_exponents { [] [] [] [] }
}

#[inline(always)]
fn axis_exponents(f: &[f64], x: &[f64], y: f64, rate: f64, result: &mut [f64]) {
    for ((result, f), x) in result.iter_mut().zip(f).zip(x) {
        *result = f - rate * (x - y) * (x - y);
    }
}

for_each_width! {
    /// e^{f_i − top}.
    exponentials(f: &[f64], top: f64, result: &mut [f64]) = all_exponentials { [] [] [] [] }
}

#[inline(always)]
fn all_exponentials(f: &[f64], top: f64, result: &mut [f64]) {
    for (result, f) in result.iter_mut().zip(f) {
        *result = exp_double(f - top);
    }
}

for_each_width! {
    /// f_i − `rate` |x_i − y|², with the coordinates of x by axis.
    exponents(f: &[f64], x: [&[f64]; 2], y: [f64; 2], rate: f64, result: &mut [f64]) = all_exponents { [] [] [] [] }
}

#[inline(always)]
fn all_exponents(f: &[f64], x: [&[f64]; 2], y: [f64; 2], rate: f64, result: &mut [f64]) {
    for (((result, f), x0), x1) in result.iter_mut().zip(f).zip(x[0]).zip(x[1]) {
        let [d0, d1] = [x0 - y[0], x1 - y[1]];
        *result = f - rate * (d0 * d0 + d1 * d1);
    }
}

for_each_width! {
    /// sum += Σ_i e^{f_i − top}.
    add_exponentials(f: &[f64], top: f64, sum: &mut f64) = sum_exponentials { [] [] [] [] }
}

#[inline(always)]
fn sum_exponentials(f: &[f64], top: f64, sum: &mut f64) {
    // Eight partial sums, so that the compiler can use vectors.
    let (blocks, rest) = f.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for block in blocks {
        sums.iter_mut().zip(block).for_each(|(sum, f)| *sum += exp_double(f - top));
    }
    *sum += sums.iter().sum::<f64>() + rest.iter().map(|f| exp_double(f - top)).sum::<f64>();
}

for_each_width! {
    /// sums_i += e^{f_i − top}.
    add_each_exponential(f: &[f64], top: f64, sums: &mut [f64]) = add_all_exponentials { [] [] [] [] }
}

#[inline(always)]
fn add_all_exponentials(f: &[f64], top: f64, sums: &mut [f64]) {
    for (sum, f) in sums.iter_mut().zip(f) {
        *sum += exp_double(f - top);
    }
}
