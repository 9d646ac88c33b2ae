//! Lines of equal density.

use crate::lattice::Lattice;

/// From one point to another, world units.
pub type Segment = [[f32; 2]; 2];

/// The lowest density in the smallest region that holds the share `share`, in [0, 1], of the mass of `density`.
pub fn level(density: &[f32], share: f64) -> f32 {
    let mut sorted = density.to_vec();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let wanted = share * sorted.iter().map(|&p| f64::from(p)).sum::<f64>();
    let mut sum = 0.0;
    let last = sorted.iter().position(|&p| {
        sum += f64::from(p);
        sum >= wanted
    });
    last.or(sorted.len().checked_sub(1)).map_or(0.0, |k| sorted[k])
}

/// Densities below this share of the level count as this share of it.
const FLOOR: f32 = 1e-12;

/// The lines on which a positive density on `lattice` is `level` > 0, as segments in no particular order. Between
/// neighbouring points its logarithm is interpolated linearly.
pub fn contour(lattice: &Lattice, density: &[f32], level: f32) -> Vec<Segment> {
    let n = lattice.count;
    let height = |[i, j]: [usize; 2]| (density[i * n + j] / level).max(FLOOR).ln();
    let mut segments = vec![];
    for i in 0..n.saturating_sub(1) {
        for j in 0..n - 1 {
            let corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
            let above = corners.map(|corner| height(corner) > 0.0);
            if above == [above[0]; 4] {
                continue;
            }
            let crossing = |k: usize| {
                // The corners are in the same order as in the neighbouring cell, so that both cells compute the same
                // bits.
                let [a, b] = [corners[k], corners[(k + 1) % 4]];
                let [a, b] = [a.min(b), a.max(b)];
                let (from, to) = (height(a), height(b));
                let along = f64::from(from / (from - to));
                [0, 1].map(|axis| {
                    let [p, q] = [a, b].map(|corner| lattice.coordinate(axis, corner[axis]));
                    (p + along * (q - p)) as f32
                })
            };
            let mut crossings = (0..4).filter(|&k| above[k] != above[(k + 1) % 4]).map(crossing).collect::<Vec<_>>();
            // At a saddle, the two corners that are on the other side of the level than the middle are cut off.
            let middle = corners.iter().map(|&corner| height(corner)).sum::<f32>() > 0.0;
            if crossings.len() == 4 && middle != above[0] {
                crossings.rotate_right(1);
            }
            segments.extend(crossings.chunks_exact(2).map(|pair| [pair[0], pair[1]]));
        }
    }
    segments
}
