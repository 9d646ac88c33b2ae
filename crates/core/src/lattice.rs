//! Square lattices of points in the plane.
//!
//! A field on a lattice is a flat slice, `field[i * count + j] = f(x_i, y_j)`: axis 0 is x, axis 1 is y.

/// A density of mass 1 on `lattice`.
pub fn normalised(lattice: &Lattice, mut density: Vec<f64>) -> Vec<f64> {
    let mass = density.iter().sum::<f64>() * lattice.cell_area();
    density.iter_mut().for_each(|p| *p /= mass);
    density
}

/// φ is −∞ outside [−`SOURCE_MASK`, `SOURCE_MASK`]²: ρ_0 has no mass there.
pub const SOURCE_MASK: f64 = 5.4;
/// ψ is −∞ outside [−`TARGET_MASK`, `TARGET_MASK`]².
pub const TARGET_MASK: f64 = 5.0;
/// The part of the plane that is drawn on and shown: [−`VIEW`, `VIEW`]².
pub const VIEW: f64 = 4.0;

/// `count` × `count` points `origin + step * (i, j)`, in world units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lattice {
    /// The point (0, 0), world units.
    pub origin: [f64; 2],
    /// Spacing h, world units.
    pub step: f64,
    /// Points along one axis.
    pub count: usize,
}

impl Lattice {
    /// The centres of `count` × `count` equal cells of [−half_width, half_width]².
    pub fn centred(half_width: f64, count: usize) -> Self {
        Self::shifted(half_width, count, [0.5, 0.5])
    }

    /// The same cells; in each the point is at the fraction `shift` in [0, 1)² of its sides (½ is the centre).
    pub fn shifted(half_width: f64, count: usize, shift: [f64; 2]) -> Self {
        let step = 2.0 * half_width / count as f64;
        Self { origin: shift.map(|s| step * s - half_width), step, count }
    }

    /// Points in all.
    pub fn len(&self) -> usize {
        self.count * self.count
    }

    /// Whether there is no point at all.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Area of one cell, h².
    pub fn cell_area(&self) -> f64 {
        self.step * self.step
    }

    /// Coordinate of the `index`-th point along `axis`.
    pub fn coordinate(&self, axis: usize, index: usize) -> f64 {
        self.origin[axis] + self.step * index as f64
    }

    /// All coordinates along `axis`.
    pub fn coordinates(&self, axis: usize) -> impl Iterator<Item = f64> + Clone + use<> {
        let lattice = *self;
        (0..lattice.count).map(move |index| lattice.coordinate(axis, index))
    }

    /// The k-th point, in the order of a field.
    pub fn point(&self, k: usize) -> [f64; 2] {
        [self.coordinate(0, k / self.count), self.coordinate(1, k % self.count)]
    }

    /// All points, in the order of a field.
    pub fn points(&self) -> impl Iterator<Item = [f64; 2]> + use<> {
        let lattice = *self;
        lattice.coordinates(0).flat_map(move |x| lattice.coordinates(1).map(move |y| [x, y]))
    }
}
