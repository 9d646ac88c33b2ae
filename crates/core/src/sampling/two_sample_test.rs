//! Are two samples of one law?

use crate::parallel;
use serde::{Deserialize, Serialize};

/// Energy distance of two samples, 2 E|X − Y| − E|X − X'| − E|Y − Y'|, world units.
///
/// The means are over all pairs, a point with itself included (V-statistic): never negative, 0 only for equal samples.
/// For n and m points of one law the mean of the distance is (1/n + 1/m) E|X − X'|.
///
/// # Panics
/// When a sample is empty.
pub fn energy_distance(a: &[[f64; 2]], b: &[[f64; 2]]) -> f64 {
    assert!(!a.is_empty() && !b.is_empty(), "an energy distance is between two samples of at least one point");
    let mean = |a: &[[f64; 2]], b: &[[f64; 2]]| {
        let row = |x: &[f64; 2]| b.iter().map(|y| (x[0] - y[0]).hypot(x[1] - y[1])).sum::<f64>();
        parallel::map(a, row).iter().sum::<f64>() / (a.len() * b.len()) as f64
    };
    2.0 * mean(a, b) - mean(a, a) - mean(b, b)
}

/// How far two samples are apart, and how far independent samples of one law would be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TwoSampleTest {
    /// [`energy_distance`], world units.
    pub distance: f64,
    /// The mean of the distance of two independent samples of one law, of these sizes.
    pub expected: f64,
    /// The distance that one in twenty of such pairs exceeds.
    pub limit: f64,
}

impl TwoSampleTest {
    /// Whether the samples are no farther apart than two of one law may be.
    pub fn is_alike(&self) -> bool {
        self.distance <= self.limit
    }
}

/// The 95 % quantile of the standard Normal.
const ONE_IN_TWENTY: f64 = 1.644_853_6;

/// The energy distance of two samples of n and m points, and what is expected of one law; distances of pairs are in f32.
///
/// For one law it is (1/n + 1/m) Σ_i λ_i Z_i² with independent standard Normal Z_i, where λ are the eigenvalues of the
/// kernel |x − y| centred on both sides: Σ λ = E|X − X'|, and Σ λ² = E|X − X'|² − 2 E a(X)² + (E|X − X'|)² with
/// a(x) = E|x − X'|. Both are estimated from all points together, and the limit is the 95 % quantile of the Gamma law
/// with this mean and variance, by the approximation of Wilson and Hilferty.
///
/// # Panics
/// When a sample is empty.
pub fn two_sample_test(a: &[[f64; 2]], b: &[[f64; 2]]) -> TwoSampleTest {
    assert!(!a.is_empty() && !b.is_empty(), "the test is of two samples of at least one point");
    let points: Vec<[f64; 2]> = a.iter().chain(b).copied().collect();
    let [n, m, all] = [a.len(), b.len(), points.len()].map(|count| count as f64);
    let [lanes_a, lanes_b] = [a, b].map(in_lanes);
    // Σ_j |x_i − x_j| over each sample.
    let sums = parallel::map(&points, |x| [sum_of_distances(*x, &lanes_a), sum_of_distances(*x, &lanes_b)]);
    let (of_a, of_b) = sums.split_at(a.len());
    let total = |rows: &[[f64; 2]], k: usize| rows.iter().map(|row| row[k]).sum::<f64>();
    let distance = 2.0 * total(of_a, 1) / (n * m) - total(of_a, 0) / (n * n) - total(of_b, 1) / (m * m);
    // A point is not paired with itself.
    let row_means = || sums.iter().map(|row| (row[0] + row[1]) / (all - 1.0));
    let mean = row_means().sum::<f64>() / all;
    let square = row_means().map(|row| row * row).sum::<f64>() / all;
    let moment = |f: &dyn Fn(&[f64; 2]) -> f64| points.iter().map(f).sum::<f64>() / all;
    let variance = moment(&|x| x[0] * x[0] + x[1] * x[1]) - moment(&|x| x[0]).powi(2) - moment(&|x| x[1]).powi(2);
    let eigenvalues_squared = (2.0 * variance - 2.0 * square + mean * mean).max(0.0);
    let rate = 1.0 / n + 1.0 / m;
    // 1 / (9 · shape) of the Gamma law.
    let ninth = 2.0 * eigenvalues_squared / (9.0 * (mean * mean).max(f64::MIN_POSITIVE));
    let quantile = (1.0 - ninth + ONE_IN_TWENTY * ninth.sqrt()).powi(3);
    TwoSampleTest { distance, expected: rate * mean, limit: rate * mean * quantile }
}

const LANES: usize = 8;

/// x, y and weight of several points; the weight is 1, or 0 for those that fill up the last lanes.
type Lanes = [[f32; LANES]; 3];

fn in_lanes(points: &[[f64; 2]]) -> Vec<Lanes> {
    let lanes = points.chunks(LANES).map(|chunk| {
        let mut lanes = Lanes::default();
        for (k, x) in chunk.iter().enumerate() {
            [lanes[0][k], lanes[1][k], lanes[2][k]] = [x[0] as f32, x[1] as f32, 1.0];
        }
        lanes
    });
    lanes.collect()
}

fn sum_of_distances(x: [f64; 2], points: &[Lanes]) -> f64 {
    let [x, y] = x.map(|c| c as f32);
    let mut sums = [0.0; LANES];
    for [xs, ys, counts] in points {
        for k in 0..LANES {
            let [dx, dy] = [xs[k] - x, ys[k] - y];
            sums[k] += counts[k] * (dx * dx + dy * dy).sqrt();
        }
    }
    sums.into_iter().map(f64::from).sum()
}
