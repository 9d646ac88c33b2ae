//! How fine a lattice a density needs, and its values there.
//!
//! A density is known at the points of [`density_lattice`]. Between them its logarithm is interpolated along each axis
//! by the cubic through four neighbouring points: that is exact for a Gaussian, and the density stays positive. If the
//! density is 0 at one of the four, it is interpolated linearly itself.

use super::density::{DENSITY_COUNT, Density, density_lattice};
use crate::heat::products::HeatProducts;
use crate::lattice::{Lattice, SOURCE_MASK};

/// Points along one axis of each possible flow lattice, the coarsest first. The first has every third point of the
/// density lattice, the last has all.
pub const FLOW_COUNTS: [usize; 4] = [108, 162, 216, DENSITY_COUNT];

/// The time t at which a lattice is tested. The flow must be accurate for t ≥ 0.1; half of that is used because e^u
/// may be narrower than p_D.
const EARLY: f64 = 0.05;
/// The largest discretisation error of a lattice at that time, in L1.
const LARGEST_LOSS: f64 = 1.5e-3;

/// The coarsest lattice of a flow: it resolves the standard Normal for every ε.
pub fn coarsest_lattice() -> Lattice {
    Lattice::centred(SOURCE_MASK, FLOW_COUNTS[0])
}

impl Density {
    /// The values on the centred lattice of `count` × `count` points, per unit of area, not renormalised.
    pub fn on(&self, count: usize) -> Vec<f64> {
        if DENSITY_COUNT.is_multiple_of(count) && !(DENSITY_COUNT / count).is_multiple_of(2) {
            return self.subsample(DENSITY_COUNT / count).1;
        }
        let logs: Vec<f64> = self.values.iter().map(|&p| f64::from(p).ln()).collect();
        let along_y = interpolated(&logs, count);
        interpolated(&along_y, count).into_iter().map(f64::exp).collect()
    }

    /// The mean of the density over each cell of the centred lattice of `count` × `count` points, per unit of area;
    /// `count` divides [`DENSITY_COUNT`]. No mass is lost, but the density becomes wider by the variance of a cell.
    pub fn averaged(&self, count: usize) -> Vec<f64> {
        let side = DENSITY_COUNT / count;
        assert_eq!(side * count, DENSITY_COUNT, "{count} cells do not part the density lattice");
        let mut means = vec![0.0; count * count];
        for (k, &p) in self.values.iter().enumerate() {
            means[k / DENSITY_COUNT / side * count + k % DENSITY_COUNT / side] += f64::from(p);
        }
        means.iter_mut().for_each(|mean| *mean /= (side * side) as f64);
        means
    }

    /// The discretisation error of a lattice of n × n points, n = `count`: ∫ |H_s\[p_n\] − H_s\[p\]| with
    /// s = `variance`, where p is this density as a sum over all points of the density lattice, and p_n as a sum over
    /// those of the coarser lattice, with mass 1.
    ///
    /// With s = tε this is the error of the exact ρ_t up to a factor near 1, because ρ_t = H_tε[e^u] e^{w_t} and e^u
    /// is p_D over a smooth function.
    pub fn loss(&self, count: usize, variance: f64) -> f64 {
        self.loss_from(&self.heated(DENSITY_COUNT, variance), count, variance)
    }

    /// The coarsest of the lattices with [`FLOW_COUNTS`] points an axis on which the exact flow at this ε and t ≥ 0.1
    /// is within 2e-3 in L1 of that on the density lattice.
    pub fn flow_lattice(&self, epsilon: f64) -> Lattice {
        let variance = EARLY * epsilon;
        let all = self.heated(DENSITY_COUNT, variance);
        let [coarser @ .., finest] = FLOW_COUNTS;
        let serves = |count: &usize| self.loss_from(&all, *count, variance) <= LARGEST_LOSS;
        Lattice::centred(SOURCE_MASK, coarser.into_iter().find(serves).unwrap_or(finest))
    }

    /// H_s of this density, given at `count` × `count` points with mass 1, at the points of the coarsest lattice.
    fn heated(&self, count: usize, variance: f64) -> Vec<f64> {
        let (lattice, values) = (Lattice::centred(SOURCE_MASK, count), self.on(count));
        let mass = values.iter().sum::<f64>() * lattice.cell_area();
        let heated = HeatProducts::between(&lattice, &coarsest_lattice(), variance).average_of(&values);
        heated.into_iter().map(|value| value / mass).collect()
    }

    fn loss_from(&self, all: &[f64], count: usize, variance: f64) -> f64 {
        let misses = self.heated(count, variance).into_iter().zip(all).map(|(a, b)| (a - b).abs());
        misses.sum::<f64>() * coarsest_lattice().cell_area()
    }
}

/// Interpolates rows of [`DENSITY_COUNT`] logarithms at `count` points a row; the result is transposed.
fn interpolated(logs: &[f64], count: usize) -> Vec<f64> {
    let (fine, coarse) = (density_lattice(), Lattice::centred(SOURCE_MASK, count));
    let rows = logs.len() / DENSITY_COUNT;
    let mut result = vec![f64::NEG_INFINITY; count * rows];
    for (j, x) in coarse.coordinates(1).enumerate() {
        let place = (x - fine.origin[1]) / fine.step;
        // Beyond the outermost points there is nothing to interpolate between.
        let before = (place + 1e-9).floor();
        if before < 0.0 || place > (DENSITY_COUNT - 1) as f64 + 1e-9 {
            continue;
        }
        let (k, share) = (before as usize, (place - before).max(0.0));
        for (i, row) in logs.chunks_exact(DENSITY_COUNT).enumerate() {
            result[j * rows + i] = between(row, k, share);
        }
    }
    result
}

/// The logarithm at `share` of the way from the k-th value to the next.
fn between(logs: &[f64], k: usize, share: f64) -> f64 {
    if share < 1e-6 {
        return logs[k];
    }
    let at = |k: Option<usize>| k.and_then(|k| logs.get(k)).copied().unwrap_or(f64::NEG_INFINITY);
    let near = [at(k.checked_sub(1)), at(Some(k)), at(Some(k + 1)), at(Some(k + 2))];
    let (s, r) = (share, 1.0 - share);
    if near.iter().any(|log| log.is_infinite()) {
        return (r * near[1].exp() + s * near[2].exp()).ln();
    }
    let weights = [
        -s * r * (1.0 + r) / 6.0,
        r * (1.0 + s) * (1.0 + r) / 2.0,
        s * (1.0 + r) * (1.0 + s) / 2.0,
        -s * r * (1.0 + s) / 6.0,
    ];
    near.iter().zip(weights).map(|(log, weight)| log * weight).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cubics_are_interpolated_exactly() {
        let cubic = |x: f64| 0.3 * x.powi(3) - 2.0 * x * x + x - 1.0;
        let logs: Vec<f64> = (0..8).map(|k| cubic(f64::from(k))).collect();
        for share in [0.0, 0.25, 0.5, 0.8] {
            assert!((between(&logs, 3, share) - cubic(3.0 + share)).abs() < 1e-12, "{share}");
        }
    }
}
