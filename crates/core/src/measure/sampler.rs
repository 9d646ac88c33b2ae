//! Fresh points from a density: spread evenly over its mass, or independent.

use super::density::{DENSITY_COUNT, Density, density_lattice};
use crate::lattice::Lattice;
use rand::{Rng, RngExt};
use std::borrow::Cow;
use std::sync::OnceLock;

/// Intervals of [0, 1] in the lookup table of a search: a power of two, so that products with it are exact.
const GUIDES: usize = 4096;

/// Draws batches from a density on a lattice.
///
/// The cells of the lattice are laid end to end along a Hilbert curve, so that cells that follow each other are near
/// in the plane; a batch of B takes one uniform point from each of the B equal slices of the total mass. Each point
/// has exactly the law of the density (uniform within its cell); a batch has far less noise than B independent draws.
#[derive(Clone, Debug)]
pub struct Sampler {
    lattice: Lattice,
    /// Cells with mass, in Hilbert order.
    cells: Vec<u32>,
    /// Cumulative mass up to and including each of them, ending at 1.
    cumulative: Vec<f64>,
    /// For each k, the first of them with a cumulative mass of at least k / [`GUIDES`]: a search is limited to the
    /// cells between two of these.
    guides: Vec<u32>,
    /// p in every cell of the lattice, per unit of area, normalised to mass 1.
    density: Vec<f32>,
}

impl Sampler {
    /// A sampler of a source.
    pub fn new(density: &Density) -> Self {
        Self::on(&density_lattice(), density.values())
    }

    /// A sampler of a density on `lattice`, which need not be normalised but must have some mass.
    ///
    /// # Panics
    /// When the number of `values` is not that of the points of the lattice.
    pub fn on(lattice: &Lattice, values: &[f32]) -> Self {
        assert_eq!(values.len(), lattice.len(), "a density has one value for each point of the lattice");
        let ordered = cells_in_order(lattice.count);
        let cells: Vec<u32> = ordered.iter().copied().filter(|&cell| values[cell as usize] > 0.0).collect();
        let mut sum = 0.0;
        let mut cumulative: Vec<f64> = cells
            .iter()
            .map(|&cell| {
                sum += f64::from(values[cell as usize]);
                sum
            })
            .collect();
        cumulative.iter_mut().for_each(|c| *c /= sum);
        let density = values.iter().map(|&value| (f64::from(value) / (sum * lattice.cell_area())) as f32).collect();
        let mut guides = Vec::with_capacity(GUIDES + 1);
        for (slot, &mass) in cumulative.iter().enumerate() {
            while guides.len() as f64 <= mass * GUIDES as f64 {
                guides.push(slot as u32);
            }
        }
        guides.resize(GUIDES + 1, cells.len() as u32);
        Self { lattice: *lattice, cells, cumulative, guides, density }
    }

    /// `count` points of one batch, world units.
    pub fn batch(&self, count: usize, rng: &mut impl Rng) -> Vec<[f32; 2]> {
        (0..count)
            .map(|k| {
                let slot = self.slot((k as f64 + rng.random::<f64>()) / count as f64);
                self.point(slot, rng).map(|c| c as f32)
            })
            .collect()
    }

    /// A batch of `count` cells drawn in the same way: their centres, world units, with p there.
    ///
    /// As nodes of a sum they represent p as point masses on the lattice. If the lattice resolves p, that is far more
    /// accurate than p constant in each cell, whose variance is larger by h²/12.
    pub fn nodes(&self, count: usize, rng: &mut impl Rng) -> Vec<([f32; 2], f32)> {
        (0..count)
            .map(|k| {
                let slot = self.slot((k as f64 + rng.random::<f64>()) / count as f64);
                let cell = self.cells[slot] as usize;
                (self.lattice.point(cell).map(|c| c as f32), self.density[cell])
            })
            .collect()
    }

    /// p in the cell of `point`, per unit of area; 0 off the lattice.
    pub fn density_at(&self, point: [f64; 2]) -> f32 {
        let Lattice { origin, step, count } = self.lattice;
        let [i, j] = [0, 1].map(|axis| ((point[axis] - origin[axis]) / step + 0.5).floor());
        let inside = |index: f64| index >= 0.0 && index < count as f64;
        if inside(i) && inside(j) { self.density[i as usize * count + j as usize] } else { 0.0 }
    }

    /// `count` independent points, world units: a sample for statistics that assume independence.
    pub fn independent(&self, count: usize, rng: &mut impl Rng) -> Vec<[f64; 2]> {
        let points = self.independent_with_density(count, rng);
        points.into_iter().map(|(point, _)| point).collect()
    }

    /// The same with log p of their cells, nats.
    pub fn independent_with_density(&self, count: usize, rng: &mut impl Rng) -> Vec<([f64; 2], f32)> {
        (0..count)
            .map(|_| {
                let slot = self.slot(rng.random());
                (self.point(slot, rng), self.density[self.cells[slot] as usize].ln())
            })
            .collect()
    }

    /// The maximum of p.
    pub fn largest_density(&self) -> f32 {
        self.density.iter().copied().fold(0.0, f32::max)
    }

    /// The first cell, as an index into `cells`, with a cumulative mass of at least `level`.
    fn slot(&self, level: f64) -> usize {
        let guide = ((level * GUIDES as f64) as usize).min(GUIDES - 1);
        let [first, last] = [guide, guide + 1].map(|guide| self.guides[guide] as usize);
        let within = self.cumulative[first..last].partition_point(|&c| c < level);
        (first + within).min(self.cells.len() - 1)
    }

    /// A uniformly distributed point of that cell.
    fn point(&self, slot: usize, rng: &mut impl Rng) -> [f64; 2] {
        let Lattice { origin, step, count } = self.lattice;
        let cell = self.cells[slot] as usize;
        [cell / count, cell % count].map(|index| {
            let jitter = rng.random::<f64>() - 0.5;
            origin[0] + step * (index as f64 + jitter)
        })
    }
}

/// The cells of a lattice with `count` points an axis, along the Hilbert curve. The order of the density lattice is
/// cached: while a drawing changes, many samplers are made each second.
fn cells_in_order(count: usize) -> Cow<'static, [u32]> {
    static OF_SOURCES: OnceLock<Vec<u32>> = OnceLock::new();
    if count == DENSITY_COUNT {
        Cow::Borrowed(OF_SOURCES.get_or_init(|| put_in_order(count)))
    } else {
        Cow::Owned(put_in_order(count))
    }
}

#[inline(never)]
fn put_in_order(count: usize) -> Vec<u32> {
    let order = count.next_power_of_two();
    let cells = (0..order * order).map(|distance| hilbert(order, distance));
    cells.filter(|&[i, j]| i < count && j < count).map(|[i, j]| (i * count + j) as u32).collect()
}

/// The cell at `distance` along the Hilbert curve that fills an `order` × `order` square; `order` is a power of two.
fn hilbert(order: usize, distance: usize) -> [usize; 2] {
    let (mut x, mut y, mut rest) = (0, 0, distance);
    let mut side = 1;
    while side < order {
        let across = 1 & (rest / 2);
        let up = 1 & (rest ^ across);
        if up == 0 {
            if across == 1 {
                (x, y) = (side - 1 - x, side - 1 - y);
            }
            (x, y) = (y, x);
        }
        x += side * across;
        y += side * up;
        rest /= 4;
        side *= 2;
    }
    [x, y]
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    #[test]
    fn the_guide_leads_to_what_a_search_finds() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let lattice = Lattice::centred(2.0, 40);
        // Many cells between two guides, many guides between two cells, and cells without mass.
        let even: Vec<f32> = (0..1600).map(|k| (k % 3) as f32).collect();
        let uneven: Vec<f32> = (0..1600).map(|_| (20.0 * rng.random::<f32>()).exp()).collect();
        let one: Vec<f32> = (0..1600).map(|k| f32::from(u8::from(k == 700))).collect();
        for values in [even, uneven, one] {
            let sampler = Sampler::on(&lattice, &values);
            let edges = (0..=GUIDES).map(|k| k as f64 / GUIDES as f64);
            let levels = edges.chain(sampler.cumulative.clone());
            let near = levels.flat_map(|level| [level.next_down().max(0.0), level, level.next_up().min(1.0)]);
            for level in near.chain((0..10_000).map(|_| rng.random())) {
                let plain = sampler.cumulative.partition_point(|&c| c < level).min(sampler.cells.len() - 1);
                assert_eq!(sampler.slot(level), plain, "{level}");
            }
        }
    }

    #[test]
    fn hilbert_curve_visits_each_cell_once_in_unit_steps() {
        let mut seen = [false; 64];
        let path: Vec<_> = (0..64).map(|d| hilbert(8, d)).collect();
        for &[x, y] in &path {
            assert!(!std::mem::replace(&mut seen[x * 8 + y], true));
        }
        for pair in path.windows(2) {
            assert_eq!(pair[0][0].abs_diff(pair[1][0]) + pair[0][1].abs_diff(pair[1][1]), 1);
        }
    }
}
