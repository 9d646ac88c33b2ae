//! The cells of the line, densities on them, and their heat averages.

use crate::heat::log_domain::{MIN_VARIANCE_IN_CELLS, log_heat_axis, log_normaliser};
use crate::numeric::LOG_ZERO;

/// The line is [−`HALF_WIDTH`, `HALF_WIDTH`], world units.
pub const HALF_WIDTH: f64 = 4.0;
/// Cells of the line.
pub const COUNT: usize = 160;
pub(super) const STEP: f64 = 2.0 * HALF_WIDTH / COUNT as f64;

/// A density at a place of the line, up to a factor.
pub type Shape = fn(f64) -> f64;

/// Sources of lessons, with their names.
pub const SOURCES: [(&str, Shape); 4] = [
    ("humps", |x| hump(x, -1.8, 0.45) + hump(x, 1.8, 0.45)),
    ("block", |x| if x.abs() < 2.0 { 1.0 } else { 0.0 }),
    ("ramp", |x| if x.abs() < 3.0 { 3.0 + x } else { 0.0 }),
    ("Gaussian", |x| hump(x, 1.0, 0.6)),
];

pub(super) fn hump(x: f64, centre: f64, deviation: f64) -> f64 {
    (-0.5 * ((x - centre) / deviation).powi(2)).exp() / deviation
}

/// The centre of a cell, world units.
pub fn place(cell: usize) -> f64 {
    STEP * (cell as f64 + 0.5) - HALF_WIDTH
}

/// The cell of a place; the nearest one of a place outside the line.
pub fn cell_at(x: f64) -> usize {
    (((x + HALF_WIDTH) / STEP) as usize).min(COUNT - 1)
}

/// The source of that name, or none.
pub fn source(name: &str) -> Option<Vec<f64>> {
    let (_, density) = SOURCES.iter().find(|(known, _)| *known == name)?;
    Some((0..COUNT).map(|cell| density(place(cell))).collect())
}

/// A density of mass 1; none if there is no mass.
pub(super) fn normalised(density: &[f64]) -> Option<Vec<f64>> {
    let mass = STEP * density.iter().sum::<f64>();
    (mass > 0.0 && mass.is_finite()).then(|| density.iter().map(|p| p / mass).collect())
}

/// The shares of the mass on the left of the paths that are followed.
pub const SHARES: [f64; 9] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/// The place that has the share `chance` of the mass of a density on its left.
///
/// The paths of the flow are lines of equal share: on a line no path overtakes another.
pub fn quantile(density: &[f64], chance: f64) -> f64 {
    let wanted = chance * density.iter().sum::<f64>();
    let mut below = 0.0;
    for (cell, &mass) in density.iter().enumerate() {
        if below + mass >= wanted && mass > 0.0 {
            return STEP * (cell as f64 + (wanted - below) / mass) - HALF_WIDTH;
        }
        below += mass;
    }
    HALF_WIDTH
}

/// Mean and variance of a density, whatever its mass.
pub(super) fn moments(density: &[f64]) -> [f64; 2] {
    let mass: f64 = density.iter().sum();
    let mean = |f: &dyn Fn(f64) -> f64| density.iter().enumerate().map(|(k, p)| p * f(place(k))).sum::<f64>() / mass;
    let middle = mean(&|x| x);
    [middle, mean(&|x| (x - middle).powi(2))]
}

/// 0 where there is mass.
pub(super) fn flat(density: &[f64]) -> Vec<f64> {
    density.iter().map(|&p| if p > 0.0 { 0.0 } else { LOG_ZERO }).collect()
}

/// log H_s\[e^f\] at the cells.
pub(super) fn heat(field: &[f64], variance: f64) -> Vec<f64> {
    let places: Vec<f64> = (0..COUNT).map(place).collect();
    let variance = variance.max(MIN_VARIANCE_IN_CELLS * STEP * STEP);
    log_heat_axis(field, &places, &places, variance, log_normaliser(variance, STEP))
}
