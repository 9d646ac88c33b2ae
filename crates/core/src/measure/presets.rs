//! The eight toy data sets of the flow literature, as densities, and one Gaussian.

use super::density::{Density, density_lattice};
use crate::lattice::Lattice;
use std::f64::consts::{PI, TAU};

/// A named source density.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Eight uniform squares of side 2 in [−4, 4]².
    Checkerboard,
    /// A spiral from the angle 3π/2 to 9π/2, smoothed with standard deviation 0.2.
    Swissroll,
    /// Circles of radius 0.75, 1.5, 2.25 and 3 around the origin, smoothed with standard deviation 0.08.
    Rings,
    /// Two interlocking half circles of radius 2, smoothed with standard deviation 0.2.
    Moons,
    /// Circles of radius 1.5 and 3 around the origin, smoothed with standard deviation 0.24.
    Circles,
    /// Two spirals from the origin; each is the other one rotated by 180°.
    TwoSpirals,
    /// Five curved arms around the origin.
    Pinwheel,
    /// Eight Gaussians of standard deviation 0.354, with their means on the circle of radius 2.83.
    EightGaussians,
    /// One Gaussian, with mean (1.2, −0.7) and covariance ((0.9, 0.55), (0.55, 0.5)).
    Gaussian,
}

impl Preset {
    /// The eight data sets of the paper, in its order, then the Gaussian.
    pub const ALL: [Self; 9] = [
        Self::Checkerboard,
        Self::Swissroll,
        Self::Rings,
        Self::Moons,
        Self::Circles,
        Self::TwoSpirals,
        Self::Pinwheel,
        Self::EightGaussians,
        Self::Gaussian,
    ];

    /// The name used in files, links and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Checkerboard => "checkerboard",
            Self::Swissroll => "swissroll",
            Self::Rings => "rings",
            Self::Moons => "moons",
            Self::Circles => "circles",
            Self::TwoSpirals => "2spirals",
            Self::Pinwheel => "pinwheel",
            Self::EightGaussians => "8gaussians",
            Self::Gaussian => "gaussian",
        }
    }

    /// The preset of that [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// The density on [`density_lattice`].
    pub fn density(self) -> Density {
        let values = self.on_lattice(&density_lattice()).into_iter().map(|v| v as f32).collect();
        Density::new(values).expect("every preset has mass")
    }

    /// The density at the points of `lattice`, normalised there: Σ value · h² = 1.
    pub fn on_lattice(self, lattice: &Lattice) -> Vec<f64> {
        let mut sum = GaussianSum::new(lattice);
        match self {
            Self::Checkerboard => sum.values = lattice.points().map(checkerboard).collect(),
            // The usual roll with noise 1, divided by 5.
            Self::Swissroll => {
                for turn in midpoints(1000) {
                    let angle = 1.5 * PI * (1.0 + 2.0 * turn);
                    sum.add([angle * angle.cos() / 5.0, angle * angle.sin() / 5.0], 0.2, 1.0);
                }
            }
            Self::Rings => [0.75, 1.5, 2.25, 3.0].into_iter().for_each(|radius| sum.add_circle(radius, 0.08)),
            Self::Circles => [1.5, 3.0].into_iter().for_each(|radius| sum.add_circle(radius, 0.24)),
            Self::Moons => {
                for turn in midpoints(500) {
                    let (sin, cos) = (PI * turn).sin_cos();
                    sum.add([2.0 * cos - 1.0, 2.0 * sin - 0.2], 0.2, 1.0);
                    sum.add([2.0 * (1.0 - cos) - 1.0, 2.0 * (0.5 - sin) - 0.2], 0.2, 1.0);
                }
            }
            Self::TwoSpirals => {
                // The angle is 3π √r with r uniform in [0, 1]. The root s has the density 2 s, so evenly spaced roots
                // get the weight s.
                for root in midpoints(3000) {
                    let angle = root * 3.0 * PI;
                    let corner = [-angle.cos() * angle / 3.0, angle.sin() * angle / 3.0];
                    sum.add_blurred_square(corner, 0.5 / 3.0, 0.1, root);
                }
                let mirrored: Vec<f64> = sum.values.iter().rev().copied().collect();
                sum.values.iter_mut().zip(mirrored).for_each(|(value, mirror)| *value += mirror);
            }
            Self::Pinwheel => pinwheel(&mut sum),
            Self::EightGaussians => {
                for k in 0..8 {
                    let (sin, cos) = (TAU * f64::from(k) / 8.0).sin_cos();
                    sum.add([4.0 / 1.414 * cos, 4.0 / 1.414 * sin], 0.5 / 1.414, 1.0);
                }
            }
            // Mean (1.2, −0.7), covariance ((0.9, 0.55), (0.55, 0.5)).
            Self::Gaussian => sum.values = lattice.points().map(|x| gaussian([x[0] - 1.2, x[1] + 0.7])).collect(),
        }
        let mass = sum.values.iter().sum::<f64>() * lattice.cell_area();
        sum.values.iter().map(|value| value / mass).collect()
    }
}

/// The midpoints of `count` equal parts of [0, 1].
fn midpoints(count: usize) -> impl Iterator<Item = f64> {
    (0..count).map(move |k| (k as f64 + 0.5) / count as f64)
}

/// Eight 2 × 2 squares of [−4, 4]².
fn checkerboard([x, y]: [f64; 2]) -> f64 {
    let inside = x.abs() < 4.0 && y.abs() < 4.0;
    let even = ((x / 2.0).floor() + (y / 2.0).floor()).rem_euclid(2.0) == 0.0;
    f64::from(u8::from(inside && even))
}

fn gaussian([x, y]: [f64; 2]) -> f64 {
    let determinant = 0.9 * 0.5 - 0.55 * 0.55;
    (-0.5 * (0.5 * x * x - 2.0 * 0.55 * x * y + 0.9 * y * y) / determinant).exp()
}

/// Five arms with standard deviations 0.3 along the radius and 0.1 across it, rotated by the angle e^radius / 4,
/// scaled by 2 and smoothed with deviation 0.06.
fn pinwheel(sum: &mut GaussianSum) {
    for arm in 0..5 {
        for a in 0..=150 {
            let radial = 0.3 * 4.5 * (f64::from(a) / 75.0 - 1.0);
            let radius = 1.0 + radial;
            let (sin, cos) = (TAU * f64::from(arm) / 5.0 + 0.25 * radius.exp()).sin_cos();
            for b in 0..=30 {
                let across = 0.45 * (f64::from(b) / 15.0 - 1.0);
                let weight = (-0.5 * ((radial / 0.3).powi(2) + (across / 0.1).powi(2))).exp();
                let centre = [2.0 * (radius * cos + across * sin), 2.0 * (across * cos - radius * sin)];
                sum.add(centre, 0.06, weight);
            }
        }
    }
}

/// A sum of small separable bumps on a lattice, each added only to the cells near it.
pub(super) struct GaussianSum {
    lattice: Lattice,
    pub values: Vec<f64>,
}

/// Bumps are cut where they are below e⁻²⁴ of their top.
const REACH_IN_DEVIATIONS: f64 = 7.0;

impl GaussianSum {
    pub fn new(lattice: &Lattice) -> Self {
        Self { lattice: *lattice, values: vec![0.0; lattice.len()] }
    }

    /// Adds weight · N(centre, deviation²), up to a common factor 1/deviation².
    pub fn add(&mut self, centre: [f64; 2], deviation: f64, weight: f64) {
        let reach = REACH_IN_DEVIATIONS * deviation;
        self.add_product(centre.map(|c| [c - reach, c + reach]), |axis, x| {
            let bump = (-0.5 * ((x - centre[axis]) / deviation).powi(2)).exp();
            if axis == 0 { weight * bump } else { bump }
        });
    }

    /// Adds the circle of `radius` around the origin, smoothed by a Gaussian of standard deviation `deviation`. Its
    /// mass does not depend on the radius.
    fn add_circle(&mut self, radius: f64, deviation: f64) {
        for turn in midpoints(1000) {
            let (sin, cos) = (TAU * turn).sin_cos();
            self.add([radius * cos, radius * sin], deviation, 1.0);
        }
    }

    /// Adds weight times the indicator of the square with its lower left corner at `corner` and this `side`, smoothed
    /// by a Gaussian of standard deviation `deviation`.
    fn add_blurred_square(&mut self, corner: [f64; 2], side: f64, deviation: f64, weight: f64) {
        let reach = REACH_IN_DEVIATIONS * deviation;
        let below = |z: f64| 0.5 * libm::erfc(-z / (deviation * std::f64::consts::SQRT_2));
        self.add_product(corner.map(|c| [c - reach, c + side + reach]), |axis, x| {
            let share = below(x - corner[axis]) - below(x - corner[axis] - side);
            if axis == 0 { weight * share } else { share }
        });
    }

    /// Adds f(0, x) · f(1, y) on the cells of `extent` (an interval per axis).
    fn add_product(&mut self, extent: [[f64; 2]; 2], f: impl Fn(usize, f64) -> f64) {
        let lattice = self.lattice;
        let axes = [0, 1].map(|axis| {
            let index =
                |x: f64| ((x - lattice.origin[axis]) / lattice.step).ceil().clamp(0.0, lattice.count as f64) as usize;
            let [low, high] = extent[axis];
            let first = index(low);
            let factors: Vec<f64> = (first..index(high)).map(|k| f(axis, lattice.coordinate(axis, k))).collect();
            (first, factors)
        });
        let [(first_i, along_x), (first_j, along_y)] = axes;
        for (i, a) in along_x.iter().enumerate() {
            let row = (first_i + i) * lattice.count + first_j;
            for (value, b) in self.values[row..].iter_mut().zip(&along_y) {
                *value += a * b;
            }
        }
    }
}
