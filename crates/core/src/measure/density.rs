//! The source p_D: a density on one fixed fine lattice, made from a preset, a drawing, a picture or points; and the
//! target.

use crate::gaussian::{self, Moments};
use crate::lattice::{Lattice, SOURCE_MASK};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Points along one axis of the lattice that holds a source density: spacing 1/30 in world units.
pub const DENSITY_COUNT: usize = 324;

/// The lattice of every [`Density`].
pub fn density_lattice() -> Lattice {
    Lattice::centred(SOURCE_MASK, DENSITY_COUNT)
}

/// A probability density on [`density_lattice`]: non-negative values, Σ value · h² = 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Density {
    pub(super) values: Vec<f32>,
}

/// Why an array is not a density. The text is a sentence for the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DensityError {
    /// No mass anywhere.
    Empty,
    /// A negative or non-finite value, or the wrong number of values.
    Invalid,
}

impl fmt::Display for DensityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "The drawing is empty: draw a shape or choose a preset.",
            Self::Invalid => "This source is not a density: it has values that are negative or not finite.",
        })
    }
}

impl std::error::Error for DensityError {}

impl Density {
    /// The density of the Gaussian with these moments, cut off outside the lattice.
    ///
    /// # Errors
    /// When the lattice holds none of its mass.
    pub fn gaussian(moments: &Moments) -> Result<Self, DensityError> {
        Self::new(density_lattice().points().map(|x| gaussian::density(moments, x) as f32).collect())
    }

    /// Normalises `values` (in the order of [`density_lattice`]) to mass 1.
    ///
    /// # Errors
    /// [`DensityError::Invalid`] for values that are negative, not finite or not as many as the points;
    /// [`DensityError::Empty`] without mass.
    pub fn new(mut values: Vec<f32>) -> Result<Self, DensityError> {
        let lattice = density_lattice();
        if values.len() != lattice.len() || values.iter().any(|v| !v.is_finite() || *v < 0.0) {
            return Err(DensityError::Invalid);
        }
        let mass = values.iter().map(|&v| f64::from(v)).sum::<f64>() * lattice.cell_area();
        // Less ink than this is only what an eraser leaves behind.
        if mass < 1e-6 {
            return Err(DensityError::Empty);
        }
        values.iter_mut().for_each(|v| *v = (f64::from(*v) / mass) as f32);
        Ok(Self { values })
    }

    /// The values p_D(x_i, y_j) on [`density_lattice`], per unit of area.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The values on the centred lattice that keeps the middle point of every `stride` × `stride` block, not
    /// renormalised; [`on`](Self::on) interpolates for other lattices. `stride` is odd and divides [`DENSITY_COUNT`],
    /// so that each kept point is a point of both lattices.
    pub fn subsample(&self, stride: usize) -> (Lattice, Vec<f64>) {
        assert!(stride % 2 == 1 && DENSITY_COUNT.is_multiple_of(stride), "stride {stride} keeps no centred lattice");
        let count = DENSITY_COUNT / stride;
        let index = |i: usize| i * stride + stride / 2;
        let values = (0..count * count)
            .map(|k| f64::from(self.values[index(k / count) * DENSITY_COUNT + index(k % count)]))
            .collect();
        (Lattice::centred(SOURCE_MASK, count), values)
    }

    /// Mean and covariance.
    pub fn moments(&self) -> Moments {
        Moments::on(&density_lattice(), self.values.iter().map(|&p| f64::from(p)))
    }
}
