//! Points as a density: a sum of Gaussians around them (kernel density estimate).

use super::density::{Density, DensityError, density_lattice};
use super::presets::GaussianSum;

/// Smallest bandwidth, world units: 1.5 spacings of the density lattice, which cannot resolve much less.
pub const MIN_BANDWIDTH: f64 = 0.05;
/// Largest bandwidth, world units.
pub const MAX_BANDWIDTH: f64 = 2.0;
/// Points must lie in [−`POINTS_WITHIN`, `POINTS_WITHIN`]², world units.
pub const POINTS_WITHIN: f64 = 5.0;
/// Half the longer side of the bounding box after [`fit`], world units.
const FITTED: f64 = 3.5;

impl Density {
    /// The mean of the Gaussians N(x, bandwidth² I) around `points`, world units.
    ///
    /// # Errors
    /// [`DensityError::Empty`] if no point is near the lattice; [`DensityError::Invalid`] for points that are not
    /// finite, or a bandwidth outside [[`MIN_BANDWIDTH`], [`MAX_BANDWIDTH`]].
    pub fn from_points(points: &[[f64; 2]], bandwidth: f64) -> Result<Self, DensityError> {
        Self::from_weighted_points(points, &vec![1.0; points.len()], bandwidth)
    }

    /// The same mean, weighted in proportion to `weights`, one for each point.
    ///
    /// # Errors
    /// As [`Density::from_points`], where points of weight 0 do not count; [`DensityError::Invalid`] also for weights
    /// that are negative, not finite or not as many as the points.
    pub fn from_weighted_points(points: &[[f64; 2]], weights: &[f64], bandwidth: f64) -> Result<Self, DensityError> {
        let are_finite = points.iter().flatten().all(|c| c.is_finite());
        let are_weights = weights.len() == points.len() && weights.iter().all(|w| w.is_finite() && *w >= 0.0);
        if !are_finite || !are_weights || !(MIN_BANDWIDTH..=MAX_BANDWIDTH).contains(&bandwidth) {
            return Err(DensityError::Invalid);
        }
        // Weights are scaled to a maximum of 1, so that their sums cannot overflow.
        let largest = weights.iter().copied().fold(0.0, f64::max);
        let mut sum = GaussianSum::new(&density_lattice());
        for (&point, &weight) in points.iter().zip(weights).filter(|(_, weight)| **weight > 0.0) {
            sum.add(point, bandwidth, weight / largest);
        }
        Self::new(sum.values.into_iter().map(|value| value as f32).collect())
    }
}

/// How points were moved: x becomes `scale` · (x − `centre`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// Middle of the bounding box of the given points, in their units.
    pub centre: [f64; 2],
    /// World units per unit of the given points; 1 if all points are the same.
    pub scale: f64,
}

/// Moves and scales `points` so that the longer side of their bounding box becomes [−3.5, 3.5]. Points that are all
/// the same are only moved.
pub fn fit(points: &mut [[f64; 2]]) -> Fit {
    let ends = [0, 1].map(|axis| {
        let coordinates = || points.iter().map(|point| point[axis]);
        [coordinates().fold(f64::INFINITY, f64::min), coordinates().fold(f64::NEG_INFINITY, f64::max)]
    });
    let centre = ends.map(|[low, high]| low + 0.5 * (high - low));
    let longer = ends.map(|[low, high]| high - low).into_iter().fold(0.0, f64::max);
    let scale = if longer > 0.0 { 2.0 * FITTED / longer } else { 1.0 };
    points.iter_mut().for_each(|point| *point = [0, 1].map(|axis| scale * (point[axis] - centre[axis])));
    Fit { centre, scale }
}

/// The bandwidth between [`MIN_BANDWIDTH`] and 1 that maximises the leave-one-out likelihood,
/// h = argmax Σ_i log Σ_{j≠i} G_{h²}(x_i − x_j).
///
/// Of many points only every k-th is used, and h is then multiplied by k^(−1/6), because the best bandwidth of n
/// points is proportional to n^(−1/6). Weights are not used: the bandwidth depends on how densely points were sampled,
/// and weights need not be counts of samples.
pub fn likeliest_bandwidth(points: &[[f64; 2]]) -> f64 {
    const MOST: usize = 1500;
    const CANDIDATES: i32 = 16;
    let kept: Vec<[f64; 2]> = points.iter().step_by(points.len().div_ceil(MOST).max(1)).copied().collect();
    let squared_distance = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2);
    let log_likelihood = |bandwidth: f64| {
        let variance = bandwidth * bandwidth;
        let others = |i: usize| kept[..i].iter().chain(&kept[i + 1..]);
        let likelihood = |i: usize| {
            let sum: f64 = others(i).map(|&other| (-0.5 * squared_distance(kept[i], other) / variance).exp()).sum();
            // A point far from all others says nothing about the bandwidth of the rest.
            (sum / variance).max(1e-9).ln()
        };
        (0..kept.len()).map(likelihood).sum::<f64>()
    };
    let candidate = |k: i32| MIN_BANDWIDTH.powf(1.0 - f64::from(k) / f64::from(CANDIDATES));
    let best = (0..=CANDIDATES)
        .map(candidate)
        .map(|bandwidth| (bandwidth, log_likelihood(bandwidth)))
        .fold((1.0, f64::NEG_INFINITY), |best, next| if next.1 > best.1 { next } else { best });
    let fewer = points.len() as f64 / kept.len().max(1) as f64;
    (best.0 * fewer.powf(-1.0 / 6.0)).max(MIN_BANDWIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::presets::Preset;
    use crate::measure::sampler::Sampler;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    #[test]
    fn two_points_are_two_gaussians() {
        let density = Density::from_points(&[[1.0, 2.0], [-1.0, 0.5]], 0.3).expect("it has mass");
        for (x, &value) in density_lattice().points().zip(density.values()) {
            let bump = |c: [f64; 2]| (-((x[0] - c[0]).powi(2) + (x[1] - c[1]).powi(2)) / 0.18).exp();
            let expected = (bump([1.0, 2.0]) + bump([-1.0, 0.5])) / (2.0 * std::f64::consts::TAU * 0.09);
            assert!((f64::from(value) - expected).abs() < 1e-5, "{x:?}: {value} and {expected}");
        }
    }

    #[test]
    fn weights_are_shares_of_the_mass() {
        let points = [[1.0, 2.0], [-1.0, 0.5], [3.0, 3.0]];
        for unit in [1.0, 1e-300, 1e308] {
            let weights = [0.25, 0.75, 0.0].map(|share| share * unit);
            let density = Density::from_weighted_points(&points, &weights, 0.3).expect("it has mass");
            for (x, &value) in density_lattice().points().zip(density.values()) {
                let bump = |c: [f64; 2]| (-((x[0] - c[0]).powi(2) + (x[1] - c[1]).powi(2)) / 0.18).exp();
                let expected = (0.25 * bump(points[0]) + 0.75 * bump(points[1])) / (std::f64::consts::TAU * 0.09);
                assert!((f64::from(value) - expected).abs() < 1e-5, "{x:?}: {value} and {expected}");
            }
        }
        assert_eq!(Density::from_weighted_points(&points, &[0.0; 3], 0.3).unwrap_err(), DensityError::Empty);
        for weights in [&[1.0, -1.0, 1.0][..], &[1.0, f64::NAN, 1.0], &[1.0, f64::INFINITY, 1.0], &[1.0; 2]] {
            assert_eq!(Density::from_weighted_points(&points, weights, 0.3).unwrap_err(), DensityError::Invalid);
        }
    }

    #[test]
    fn the_likeliest_bandwidth_brings_points_near_the_density_they_came_from() {
        let truth = Preset::TwoSpirals.density();
        let (sampler, mut rng) = (Sampler::new(&truth), ChaCha8Rng::seed_from_u64(3));
        // A batch of many points is spread evenly; batches of one are independent.
        let points: Vec<[f64; 2]> = (0..1000).map(|_| sampler.batch(1, &mut rng)[0].map(f64::from)).collect();
        let distance = |bandwidth: f64| {
            let density = Density::from_points(&points, bandwidth).expect("it has mass");
            let pairs = density.values().iter().zip(truth.values());
            pairs.map(|(a, b)| f64::from((a - b).abs())).sum::<f64>() * density_lattice().cell_area()
        };
        let chosen = likeliest_bandwidth(&points);
        let [less, here, more] = [0.6, 1.0, 1.6].map(|factor| distance(factor * chosen));
        println!("bandwidth {chosen}: L1 {here}; with less {less}, with more {more}");
        assert!(here < less && here < more);
    }

    #[test]
    fn points_are_fitted_with_their_proportions() {
        let mut points = [[10.0, 100.0], [30.0, 110.0]];
        let fitted = fit(&mut points);
        assert_eq!(fitted, Fit { centre: [20.0, 105.0], scale: 0.35 });
        assert_eq!(points, [[-3.5, -1.75], [3.5, 1.75]]);
        assert_eq!(fit(&mut [[7.0, 7.0]]).scale, 1.0);
    }

    #[test]
    fn what_is_no_density_is_refused() {
        assert_eq!(Density::from_points(&[], 0.2).unwrap_err(), DensityError::Empty);
        for (point, bandwidth) in [([f64::NAN, 0.0], 0.2), ([0.0, 0.0], 0.0), ([0.0, 0.0], f64::NAN)] {
            assert_eq!(Density::from_points(&[point], bandwidth).unwrap_err(), DensityError::Invalid);
        }
    }
}
