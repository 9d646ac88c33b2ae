//! The picture of a flow in RGBA8: the twin of `heat_map.wgsl` and `arrows.wgsl`, fast enough to draw every frame.

use crate::lattice::{Lattice, VIEW};
use crate::style::{ARROW_COUNT, ARROW_TIME, Style};

/// Draws `field`, (log ρ_t, v_x, v_y) on `lattice`, or `field` minus `reference`, over [−4, 4]².
///
/// The result has `side` × `side` pixels of 4 bytes (sRGB and opacity 255), row by row from the top; y points upwards.
pub fn picture(
    field: &[[f32; 3]],
    reference: Option<&[[f32; 3]]>,
    lattice: &Lattice,
    side: u32,
    style: &Style,
) -> Vec<u8> {
    let view = View::new(field, reference, lattice, side as usize, style);
    let mut pixels = view.heat_map();
    if style.arrows {
        view.arrows(&mut pixels);
    }
    pixels
}

struct View<'a> {
    field: &'a [[f32; 3]],
    reference: Option<&'a [[f32; 3]]>,
    lattice: &'a Lattice,
    side: usize,
    range: [f32; 2],
    /// The nine colours of the scale, and many between them.
    colours: &'static [[u8; 3]; 9],
    shades: Vec<[u8; 4]>,
}

/// Enough shades that the nearest one is never off by more than rounding.
const SHADES: usize = 4096;
/// Exponents outside these are clamped, as in numeric.wgsl.
const EXPONENTS: [f32; 2] = [-87.0, 88.0];

/// Where one row or column of pixels lies between the points of the lattice.
struct Place {
    /// The four nearest points, in order; those beyond the edge are the edge.
    near: [usize; 4],
    /// Their Catmull-Rom weights.
    weights: [f32; 4],
}

impl<'a> View<'a> {
    fn new(
        field: &'a [[f32; 3]],
        reference: Option<&'a [[f32; 3]]>,
        lattice: &'a Lattice,
        side: usize,
        style: &Style,
    ) -> Self {
        let difference = reference.is_some();
        let range = if difference { Style::DIFFERENCES } else { style.range };
        let colours = if difference { Style::difference_colours(style.dark) } else { Style::colours(style.dark) };
        let shade = |k: usize| {
            let [r, g, b] = Style::mix(colours, k as f64 / (SHADES - 1) as f64).map(|c| c.round() as u8);
            [r, g, b, 255]
        };
        Self { field, reference, lattice, side, range, colours, shades: (0..SHADES).map(shade).collect() }
    }

    /// (log ρ, v_x, v_y) or (ρ − ρ′, v_x − v′_x, v_y − v′_y) at a point of the lattice; then log ρ.
    fn flow_at(&self, cell: usize) -> [f32; 4] {
        let [log_rho, x, y] = self.field[cell];
        match self.reference {
            None => [log_rho, x, y, log_rho],
            Some(reference) => {
                let there = reference[cell];
                [exp(log_rho) - exp(there[0]), x - there[1], y - there[2], there[0]]
            }
        }
    }

    /// Position on the scale, from 0 to 1.
    fn fraction(&self, value: f32) -> f32 {
        let [low, high] = self.range;
        held((value - low) / (high - low), 0.0, 1.0)
    }

    /// World coordinate of a pixel's centre, along x or, from below, along y.
    fn world(&self, pixel: usize) -> f64 {
        VIEW * (2.0 * (pixel as f64 + 0.5) / self.side as f64 - 1.0)
    }

    fn places(&self, axis: usize) -> impl Iterator<Item = Place> {
        (0..self.side).map(move |pixel| {
            let place = (self.world(pixel) - self.lattice.origin[axis]) / self.lattice.step;
            let corner = place.floor();
            let last = (self.lattice.count - 1) as f64;
            let near = std::array::from_fn(|k| (corner + k as f64 - 1.0).clamp(0.0, last) as usize);
            Place { near, weights: cubic_weights((place - corner) as f32) }
        })
    }

    /// Cubic interpolation, clamped to the range of the four nearest values: first along x for every line of the
    /// lattice, then along y for every pixel.
    fn heat_map(&self) -> Vec<u8> {
        let (n, side) = (self.lattice.count, self.side);
        // Floored so that a neighbour with no mass does not outweigh the rest.
        let floor = self.range[0] - 4.0;
        let value = |cell| self.flow_at(cell)[0];
        let values: Vec<f32> = (0..n * n).map(|cell| if value(cell) > floor { value(cell) } else { floor }).collect();
        let [mut smooth, mut low, mut high] = [(); 3].map(|()| vec![0.0; n * side]);
        for (column, place) in self.places(0).enumerate() {
            let [a, b, c, d] = place.near.map(|i| &values[i * n..][..n]);
            for j in 0..n {
                let cell = j * side + column;
                smooth[cell] = dot(place.weights, [a[j], b[j], c[j], d[j]]);
                [low[cell], high[cell]] = in_order(b[j], c[j]);
            }
        }
        let mut pixels = vec![0; 4 * side * side];
        let mut shades = vec![0; side];
        for (place, row) in self.places(1).zip(pixels.chunks_exact_mut(4 * side).rev()) {
            let [a, b, c, d] = place.near.map(|j| &smooth[j * side..][..side]);
            let [low, high] = [&low, &high].map(|field| [1, 2].map(|k| &field[place.near[k] * side..][..side]));
            for column in 0..side {
                let value = dot(place.weights, [a[column], b[column], c[column], d[column]]);
                let [low, _] = in_order(low[0][column], low[1][column]);
                let [_, high] = in_order(high[0][column], high[1][column]);
                shades[column] = (self.fraction(held(value, low, high)) * (SHADES - 1) as f32 + 0.5) as u32;
            }
            for (pixel, &shade) in row.as_chunks_mut().0.iter_mut().zip(&shades) {
                *pixel = self.shades[shade as usize];
            }
        }
        pixels
    }

    fn arrows(&self, pixels: &mut [u8]) {
        let along = |k: u32| VIEW * (2.0 * (f64::from(k) + 0.5) / f64::from(ARROW_COUNT) - 1.0);
        for i in 0..ARROW_COUNT {
            for j in 0..ARROW_COUNT {
                self.arrow([along(i), along(j)], pixels);
            }
        }
    }

    fn arrow(&self, world: [f64; 2], pixels: &mut [u8]) {
        let here = self.interpolated(world);
        let per_unit = 0.5 * self.side as f32 / VIEW as f32;
        // Pixels, y downwards like the rows.
        let way = [ARROW_TIME * here[1] * per_unit, -ARROW_TIME * here[2] * per_unit];
        let length = way[0].hypot(way[1]);
        let opacity = 0.85 * smoothstep(-7.2, -4.0, here[3]) * smoothstep(1.0, 4.0, length);
        // Also when it is not a number.
        if opacity.is_nan() || opacity <= 0.0 {
            return;
        }
        let stroke = (self.side as f32 / 420.0).max(1.2);
        let head = (0.45 * length).min(5.0 * stroke);
        // Dark on light colours and light on dark ones.
        let [r, g, b] = Style::mix(self.colours, self.fraction(here[0]).into());
        let brightness = 0.30 * r + 0.59 * g + 0.11 * b;
        let ink = if brightness > 0.55 * 255.0 { [0.05, 0.05, 0.15] } else { [1.0; 3] };

        let tail = [world[0], -world[1]].map(|c| (0.5 * (c / VIEW + 1.0)) as f32 * self.side as f32);
        let direction = way.map(|c| c / length);
        let back = [-0.87 * head, 0.5 * head];
        let reach = 0.5 + 0.5 * stroke;
        let [columns, rows] = [0, 1].map(|axis| {
            let (low, high) = (tail[axis].min(tail[axis] + way[axis]), tail[axis].max(tail[axis] + way[axis]));
            // The barbs lie within half a head of the shaft.
            let margin = 0.5 * head + reach;
            let index = |c: f32| c.clamp(0.0, self.side as f32) as usize;
            index(low - margin)..index(high + margin + 1.0)
        });
        for row in rows {
            for column in columns.clone() {
                let offset = [column as f32 + 0.5 - tail[0], row as f32 + 0.5 - tail[1]];
                // Along the arrow, and across it; its two barbs are mirror images.
                let along = direction[0] * offset[0] + direction[1] * offset[1];
                let across = (direction[0] * offset[1] - direction[1] * offset[0]).abs();
                let shaft = to_segment([along, across], [length, 0.0]);
                let barb = to_segment([along - length, across], back);
                let cover = opacity * held(reach - in_order(shaft, barb)[0].sqrt(), 0.0, 1.0);
                if cover > 0.0 {
                    let pixel = &mut pixels[4 * (row * self.side + column)..][..3];
                    for (channel, ink) in pixel.iter_mut().zip(ink) {
                        *channel = (255.0 * ink * cover + f32::from(*channel) * (1.0 - cover) + 0.5) as u8;
                    }
                }
            }
        }
    }

    /// [`flow_at`](Self::flow_at), interpolated linearly between the points of the lattice.
    fn interpolated(&self, world: [f64; 2]) -> [f32; 4] {
        let n = self.lattice.count;
        let [(i, across), (j, up)] = [0, 1].map(|axis| {
            let place = (world[axis] - self.lattice.origin[axis]) / self.lattice.step;
            let corner = place.floor().clamp(0.0, (n - 2) as f64);
            (corner as usize, (place - corner) as f32)
        });
        let mix = |a: [f32; 4], b: [f32; 4], share: f32| std::array::from_fn(|c| a[c] + share * (b[c] - a[c]));
        let side = |i: usize| mix(self.flow_at(i * n + j), self.flow_at(i * n + j + 1), up);
        mix(side(i), side(i + 1), across)
    }
}

fn exp(x: f32) -> f32 {
    if x > EXPONENTS[0] { x.min(EXPONENTS[1]).exp() } else { 0.0 }
}

/// The smaller of two numbers, and the larger. Not by `f32::min` and `max`: in WebAssembly those are calls of functions.
fn in_order(a: f32, b: f32) -> [f32; 2] {
    if a < b { [a, b] } else { [b, a] }
}

/// The nearest number that is neither below `low` nor above `high`.
fn held(value: f32, low: f32, high: f32) -> f32 {
    let value = if value > low { value } else { low };
    if value < high { value } else { high }
}

fn dot(a: [f32; 4], b: [f32; 4]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3]
}

fn cubic_weights(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [2.0 * t2 - t3 - t, 3.0 * t3 - 5.0 * t2 + 2.0, t + 4.0 * t2 - 3.0 * t3, t3 - t2].map(|w| 0.5 * w)
}

fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Squared distance from p to the segment from 0 to `end`.
fn to_segment(p: [f32; 2], end: [f32; 2]) -> f32 {
    let share = (p[0] * end[0] + p[1] * end[1]) / (end[0] * end[0] + end[1] * end[1]).max(1e-6);
    let share = held(share, 0.0, 1.0);
    (p[0] - share * end[0]).powi(2) + (p[1] - share * end[1]).powi(2)
}
