//! A picture as a density: proportional to its darkness, scaled to the drawing area.

use super::density::{Density, DensityError, density_lattice};
use crate::lattice::{Lattice, VIEW};

/// Width of the window around each point of the density lattice over which darkness is averaged, in cells.
const WINDOW: f64 = 1.0;

impl Density {
    /// The density proportional to `darkness`: non-negative values in rows of `width`, from the top.
    ///
    /// The picture keeps its proportions; its longer side fills [−4, 4]. Each value is the mean of the darkness over
    /// its cell, so that no line is lost between the points; the flow lattice is then chosen as fine as the picture
    /// needs.
    ///
    /// # Errors
    /// [`DensityError::Empty`] if all darkness is 0; [`DensityError::Invalid`] if the values are negative, not finite
    /// or not whole rows.
    pub fn from_darkness(darkness: &[f32], width: usize) -> Result<Self, DensityError> {
        if darkness.is_empty() || width == 0 || !darkness.len().is_multiple_of(width) {
            return Err(DensityError::Invalid);
        }
        let height = darkness.len() / width;
        let pixel = 2.0 * VIEW / width.max(height) as f64;
        let lattice = density_lattice();
        let [columns, rows] = [(0, width), (1, height)].map(|(axis, count)| shares(&lattice, axis, pixel, count));
        // Along x for every row of pixels, then along y; rows count from the top.
        let lines: Vec<f64> = darkness
            .chunks_exact(width)
            .flat_map(|row| columns.iter().map(|column| column.mean(|k| f64::from(row[k]))))
            .collect();
        let n = lattice.count;
        let value = |i: usize, j: usize| rows[j].mean(|k| lines[(height - 1 - k) * n + i]) as f32;
        Self::new((0..lattice.len()).map(|cell| value(cell / n, cell % n)).collect())
    }
}

/// The pixels in the window around one point of the lattice, and the share of the window that each fills.
struct Shares {
    first: usize,
    shares: Vec<f64>,
}

impl Shares {
    fn mean(&self, value: impl Fn(usize) -> f64) -> f64 {
        self.shares.iter().enumerate().map(|(k, share)| share * value(self.first + k)).sum()
    }
}

/// The shares for each point along one axis, for `count` pixels of size `pixel` centred at the origin.
fn shares(lattice: &Lattice, axis: usize, pixel: f64, count: usize) -> Vec<Shares> {
    let window = WINDOW * lattice.step;
    let edge = |k: usize| pixel * (k as f64 - 0.5 * count as f64);
    let of = |centre: f64| {
        let (low, high) = (centre - 0.5 * window, centre + 0.5 * window);
        let index = |x: f64| (x / pixel + 0.5 * count as f64).clamp(0.0, count as f64);
        let (first, last) = (index(low).floor() as usize, index(high).ceil() as usize);
        let share = |k: usize| (edge(k + 1).min(high) - edge(k).max(low)).max(0.0) / window;
        Shares { first, shares: (first..last).map(share).collect() }
    };
    lattice.coordinates(axis).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::density::DENSITY_COUNT;

    fn at(density: &Density, [x, y]: [f64; 2]) -> f32 {
        let index = |c: f64| ((c - density_lattice().origin[0]) / density_lattice().step).round() as usize;
        density.values()[index(x) * DENSITY_COUNT + index(y)]
    }

    #[test]
    fn a_picture_keeps_its_proportions_and_its_sides() {
        // Two pixels beside each other, dark and half dark: the left one fills [−4, 0] × [−2, 2].
        let density = Density::from_darkness(&[1.0, 0.5], 2).expect("it is dark");
        let mass = 16.0 * 1.5;
        for (point, value) in [([-2.0, 1.8], 1.0), ([2.0, -1.8], 0.5), ([-2.0, 2.2], 0.0), ([4.2, 0.0], 0.0)] {
            assert!((at(&density, point) - value / mass).abs() < 1e-6, "{point:?}");
        }
        // Upright: the dark pixel is above.
        let density = Density::from_darkness(&[1.0, 0.0], 1).expect("it is dark");
        assert!(at(&density, [0.0, 2.0]) > 0.05 && at(&density, [0.0, -2.0]) == 0.0);
    }

    #[test]
    fn fine_lines_lose_no_mass_on_the_flow_lattice() {
        // Every fourth column of pixels is dark; their spacing is no multiple of the lattice's.
        let (width, height) = (997, 500);
        let line = |k: usize| f32::from(u8::from((k % width).is_multiple_of(4)));
        let density = Density::from_darkness(&(0..width * height).map(line).collect::<Vec<f32>>(), width);
        let density = density.expect("it is dark");
        let lattice = density.flow_lattice(0.2);
        let values = density.on(lattice.count);
        let mass = values.iter().sum::<f64>() * lattice.cell_area();
        assert!((mass - 1.0).abs() < 1e-4, "{mass}");
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        assert_eq!(Density::from_darkness(&[0.0; 6], 3).unwrap_err(), DensityError::Empty);
        for (values, width) in [(&[][..], 1), (&[1.0; 5][..], 2), (&[1.0, -1.0][..], 2), (&[f32::NAN][..], 1)] {
            assert_eq!(Density::from_darkness(values, width).unwrap_err(), DensityError::Invalid);
        }
    }
}
