//! What of a picture is ink: whatever differs from its ground, be that white or grey paper, a dark screen or nothing.
//!
//! The ground of an opaque picture is a quadratic polynomial in the place of a pixel, fitted to the pixels near it:
//! paper that is photographed is darker at one side. The contrast of a pixel of luma l to a ground of luma g is
//! (g − l) / g, or (l − g) / (1 − g) where light is ink.

use super::density::{Density, DensityError};
use serde::{Deserialize, Serialize};

/// How ink is told from the ground. What is none is chosen from the picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Levels {
    /// Whether the ground is subtracted; otherwise darkness itself is ink.
    pub subtract: bool,
    /// Whether light is ink, or on a transparent ground the ground.
    pub invert: Option<bool>,
    /// Contrasts up to this one, from 0 to 1, are ground.
    pub level: Option<f64>,
}

impl Default for Levels {
    fn default() -> Self {
        Self { subtract: true, invert: None, level: None }
    }
}

/// Pixels (luma, opacity), from 0 to 1, in rows of `width` from the top.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Whole rows, at least one.
    pub pixels: Vec<[f32; 2]>,
    /// Pixels of a row.
    pub width: usize,
}

/// The ground of a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ground {
    /// Nothing: what is opaque is ink, whatever its colour.
    Transparent,
    /// White, or not subtracted.
    White,
    /// Darker than white.
    Grey,
    /// Dark enough that light is ink.
    Dark,
}

/// The ink of a picture.
#[derive(Clone, Debug)]
pub struct Ink {
    /// The source that is proportional to the ink.
    pub density: Density,
    /// What was found to be the ground.
    pub ground: Ground,
    /// Whether light is ink, or on a transparent ground the ground.
    pub invert: bool,
    /// Contrasts up to this one are ground.
    pub level: f64,
}

impl Ink {
    /// What a person should know of how the picture was read, where that is not obvious.
    pub fn aside(&self) -> Option<String> {
        let percent = (100.0 * self.level).round();
        match (self.ground, self.invert) {
            (Ground::White, true) => Some("lightness is mass".into()),
            (Ground::Transparent, true) => Some("what is transparent is mass".into()),
            (Ground::Grey, false) => Some(format!("its paper subtracted, with contrasts up to {percent} %")),
            (Ground::Grey, true) => Some("what is lighter than its paper is mass".into()),
            (Ground::Dark, true) => Some("light on dark".into()),
            (Ground::Dark, false) => Some("what is darker than its ground is mass".into()),
            (Ground::White | Ground::Transparent, false) => None,
        }
    }
}

/// The sentence about a picture without ink.
pub fn no_ink(name: &str) -> String {
    format!("{name} has no ink: nothing in it differs from its ground.")
}

/// Opacity from which a pixel counts as opaque.
const OPAQUE: f32 = 0.5;
/// Luma from which a ground counts as white, and below which light is ink on it.
const WHITE: f64 = 0.98;
const DARK: f64 = 0.5;
/// Level of a picture without noise: browsers that blur the read-back of a canvas change values by a few of 255.
const LEAST_LEVEL: f64 = 3.5 / 255.0;
/// The level in standard deviations of the noise of the ground, and the largest that is chosen.
const LEVEL_IN_DEVIATIONS: f64 = 8.0;
const LARGEST_LEVEL: f64 = 0.35;
/// Distances from the fitted ground within which pixels count for the next fit, luma.
const NEAR: [f64; 6] = [0.25, 0.15, 0.1, 0.08, 0.06, 0.06];
/// A ground holds at least this fraction of the pixels of the border and of the picture.
const LEAST_SHARE: f64 = 0.4;
/// The light on paper differs by at most this luma from place to place; what differs more is a picture of shades.
const LARGEST_RANGE: f64 = 0.4;
/// Pixels that a fit uses, about.
const FITTED: usize = 20_000;

impl Picture {
    /// The ink, as `levels` ask for it.
    ///
    /// # Errors
    /// [`DensityError::Empty`] if there is no ink; [`DensityError::Invalid`] if the pixels are not whole rows of finite
    /// numbers.
    pub fn ink(&self, levels: &Levels) -> Result<Ink, DensityError> {
        let is_whole = self.width > 0 && !self.pixels.is_empty() && self.pixels.len().is_multiple_of(self.width);
        if !is_whole || !self.pixels.iter().flatten().all(|value| value.is_finite()) {
            return Err(DensityError::Invalid);
        }
        let ground = if levels.subtract { Found::of(self) } else { Found::white() };
        let invert = levels.invert.unwrap_or(ground.kind == Ground::Dark);
        let level = levels.level.unwrap_or(ground.level(invert)).clamp(0.0, 1.0);
        let contrast = |index: usize| {
            let contrast = ground.contrast(self, index, invert);
            if contrast > level { contrast as f32 } else { 0.0 }
        };
        let ink: Vec<f32> = (0..self.pixels.len()).map(contrast).collect();
        let density = Density::from_darkness(&ink, self.width)?;
        Ok(Ink { density, ground: ground.kind, invert, level })
    }

    fn height(&self) -> usize {
        self.pixels.len() / self.width
    }

    /// Luma over white.
    fn luma(&self, index: usize) -> f64 {
        let [luma, opacity] = self.pixels[index].map(|value| f64::from(value.clamp(0.0, 1.0)));
        luma * opacity + 1.0 - opacity
    }

    /// The place of a pixel, each coordinate from −1 to 1.
    fn place(&self, index: usize) -> [f64; 2] {
        let at = |k: usize, count: usize| (2 * k + 1) as f64 / count as f64 - 1.0;
        [at(index % self.width, self.width), at(index / self.width, self.height())]
    }

    /// The pixels at the edges.
    fn border(&self) -> Vec<usize> {
        let (width, height) = (self.width, self.height());
        let is_edge = |index: usize| {
            let (column, row) = (index % width, index / width);
            column == 0 || column + 1 == width || row == 0 || row + 1 == height
        };
        (0..self.pixels.len()).filter(|&index| is_edge(index)).collect()
    }
}

/// The ground of a picture, as it was found.
struct Found {
    kind: Ground,
    /// Luma as a polynomial of the place: 1, x, y, x², x y, y².
    luma: [f64; 6],
    /// Standard deviation of the luma of the ground.
    noise: f64,
}

fn terms([x, y]: [f64; 2]) -> [f64; 6] {
    [1.0, x, y, x * x, x * y, y * y]
}

impl Found {
    /// White paper without noise.
    fn white() -> Self {
        Self { kind: Ground::White, luma: [1.0, 0.0, 0.0, 0.0, 0.0, 0.0], noise: 0.0 }
    }

    fn of(picture: &Picture) -> Self {
        let border = picture.border();
        let share = |count: usize| count as f64 / border.len() as f64;
        if share(border.iter().filter(|&&index| picture.pixels[index][1] < OPAQUE).count()) > 0.5 {
            return Self { kind: Ground::Transparent, ..Self::white() };
        }
        let every = picture.pixels.len().div_ceil(FITTED);
        let places: Vec<([f64; 6], f64)> = (0..picture.pixels.len())
            .step_by(every)
            .map(|index| (terms(picture.place(index)), picture.luma(index)))
            .collect();
        let mut luma = [0.0; 6];
        luma[0] = start(border.iter().map(|&index| picture.luma(index)).collect(), &places);
        for near in NEAR {
            let used = places.iter().filter(|(terms, value)| (value - dot(&luma, terms)).abs() < near);
            match least_squares(used) {
                Some(fitted) => luma = fitted,
                None => return Self::white(),
            }
        }
        let last = NEAR[NEAR.len() - 1];
        let distance = |index: usize| (picture.luma(index) - dot(&luma, &terms(picture.place(index)))).abs();
        let mut distances: Vec<f64> =
            places.iter().map(|(terms, value)| (value - dot(&luma, terms)).abs()).filter(|far| *far < last).collect();
        let at_border = share(border.iter().filter(|&&index| distance(index) < last).count());
        if range(&luma) > LARGEST_RANGE
            || at_border < LEAST_SHARE
            || (distances.len() as f64) < LEAST_SHARE * places.len() as f64
        {
            return Self::white();
        }
        // Of a normal distribution, half lies within 0.674 standard deviations.
        let noise = median(&mut distances) / 0.674;
        let kind = match luma[0] {
            middle if middle < DARK => Ground::Dark,
            middle if middle > WHITE && noise < LEAST_LEVEL => Ground::White,
            _ => Ground::Grey,
        };
        if kind == Ground::White { Self::white() } else { Self { kind, luma, noise } }
    }

    fn level(&self, invert: bool) -> f64 {
        let range = if invert { 1.0 - self.luma[0] } else { self.luma[0] };
        (LEVEL_IN_DEVIATIONS * self.noise / range.max(0.05)).clamp(LEAST_LEVEL, LARGEST_LEVEL)
    }

    /// From 0, the ground, to 1.
    fn contrast(&self, picture: &Picture, index: usize, invert: bool) -> f64 {
        if self.kind == Ground::Transparent {
            let opacity = f64::from(picture.pixels[index][1].clamp(0.0, 1.0));
            return if invert { 1.0 - opacity } else { opacity };
        }
        let ground = dot(&self.luma, &terms(picture.place(index))).clamp(0.0, 1.0);
        let luma = picture.luma(index);
        // On a white ground there is nothing lighter: there, lightness itself is ink.
        let contrast = match (invert, self.kind) {
            (true, Ground::White) => luma,
            (true, _) => (luma - ground) / (1.0 - ground).max(0.05),
            (false, _) => (ground - luma) / ground.max(0.05),
        };
        contrast.clamp(0.0, 1.0)
    }
}

/// The luma that a ground has about: that of most of the border, if most of the picture has it too. Otherwise a frame
/// or a large shape is in the way, and the lighter of both is the paper.
fn start(mut border: Vec<f64>, places: &[([f64; 6], f64)]) -> f64 {
    const BINS: usize = 16;
    let mut counts = [0; BINS];
    let bin = |luma: f64| ((luma * BINS as f64) as usize).min(BINS - 1);
    places.iter().for_each(|(_, luma)| counts[bin(*luma)] += 1);
    let most = (0..BINS).max_by_key(|&k| counts[k]).unwrap_or(BINS - 1);
    let mut in_it: Vec<f64> = places.iter().map(|(_, luma)| *luma).filter(|luma| bin(*luma) == most).collect();
    let (edge, most) = (median(&mut border), median(&mut in_it));
    if (edge - most).abs() < NEAR[0] { most } else { edge.max(most) }
}

/// The range of a ground over the corners, the edges and the middle.
fn range(luma: &[f64; 6]) -> f64 {
    let places = [-1.0, 0.0, 1.0];
    let values = places.iter().flat_map(|&x| places.map(|y| dot(luma, &terms([x, y]))));
    let [low, high] = values.fold([1.0f64, 0.0], |[low, high], value| [low.min(value), high.max(value)]);
    high - low
}

fn median(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

fn dot(a: &[f64; 6], b: &[f64; 6]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The coefficients of least squared error; none with too few points. A small weight on all but the constant keeps a
/// picture of one row or column solvable.
fn least_squares<'a>(points: impl Iterator<Item = &'a ([f64; 6], f64)>) -> Option<[f64; 6]> {
    const RIDGE: f64 = 1e-6;
    let mut matrix = [[0.0; 7]; 6];
    let mut count = 0;
    for (terms, value) in points {
        count += 1;
        for (row, a) in matrix.iter_mut().zip(terms) {
            row.iter_mut().zip(terms.iter().chain([value])).for_each(|(sum, b)| *sum += a * b);
        }
    }
    (1..6).for_each(|k| matrix[k][k] += RIDGE * f64::from(count) + RIDGE);
    // Gauss elimination: the matrix is positive definite, and so needs no pivoting.
    for k in 0..6 {
        let pivot = matrix[k];
        if pivot[k] <= 0.0 {
            return None;
        }
        for row in (0..6).filter(|&row| row != k) {
            let factor = matrix[row][k] / pivot[k];
            matrix[row].iter_mut().zip(pivot).for_each(|(value, above)| *value -= factor * above);
        }
    }
    Some(std::array::from_fn(|k| matrix[k][6] / matrix[k][k]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::normal_pair;

    const SIDE: usize = 120;

    /// A picture by the luma of its pixels, their column and row from 0 to 1.
    fn opaque(luma: impl Fn(f64, f64) -> f64) -> Picture {
        let at = |k: usize| (k as f64 + 0.5) / SIDE as f64;
        let pixels = (0..SIDE * SIDE).map(|k| [luma(at(k % SIDE), at(k / SIDE)) as f32, 1.0]).collect();
        Picture { pixels, width: SIDE }
    }

    /// Whether a place is on a stroke, of 6 % of the picture.
    fn is_stroke(x: f64, y: f64) -> bool {
        (0.3..0.7).contains(&x) && (0.4..0.55).contains(&y)
    }

    /// Half the L1 distance of a source from that of black ink on white paper.
    fn distance(picture: &Picture, levels: &Levels) -> f64 {
        let plain = opaque(|x, y| f64::from(u8::from(!is_stroke(x, y)))).ink(&Levels::default()).expect("ink");
        let found = picture.ink(levels).expect("ink");
        let apart = |(a, b): (&f32, &f32)| f64::from((a - b).abs());
        let cell = crate::measure::density_lattice().cell_area();
        0.5 * cell * found.density.values().iter().zip(plain.density.values()).map(apart).sum::<f64>()
    }

    fn automatic(picture: &Picture) -> f64 {
        distance(picture, &Levels::default())
    }

    /// The same picture with normal noise of this standard deviation.
    fn noisy(mut picture: Picture, deviation: f64) -> Picture {
        for (index, pixel) in picture.pixels.iter_mut().enumerate() {
            let [noise, _] = normal_pair::<f64>([7, 9], 0, index as u32);
            pixel[0] = (f64::from(pixel[0]) + deviation * noise).clamp(0.0, 1.0) as f32;
        }
        picture
    }

    #[test]
    fn a_photograph_of_a_sketch_gives_the_sketch() {
        // Darker at the right and at the corners; ink at a fifth of the light.
        let light = |x: f64, y: f64| 0.8 - 0.2 * x - 0.1 * ((x - 0.5).powi(2) + (y - 0.5).powi(2));
        let sketch = opaque(|x, y| light(x, y) * if is_stroke(x, y) { 0.2 } else { 1.0 });
        assert!(automatic(&sketch) < 1e-3);
        let photograph = noisy(sketch, 0.01);
        assert!(automatic(&photograph) < 0.02, "{}", automatic(&photograph));
        let ink = photograph.ink(&Levels::default()).expect("ink");
        assert_eq!((ink.ground, ink.invert), (Ground::Grey, false));
        assert!(ink.aside().expect("it is said").starts_with("its paper subtracted"));
        // Without it the paper is most of the mass.
        assert!(distance(&photograph, &Levels { subtract: false, ..Levels::default() }) > 0.5);
    }

    #[test]
    fn light_on_dark_is_read_as_dark_on_light() {
        let screen = opaque(|x, y| if is_stroke(x, y) { 0.9 } else { 0.12 });
        assert!(automatic(&screen) < 1e-3);
        assert_eq!(screen.ink(&Levels::default()).expect("ink").aside().as_deref(), Some("light on dark"));
        let frame = |x: f64, y: f64| [x, y].iter().any(|c| !(0.02..0.98).contains(c));
        let framed = opaque(|x, y| f64::from(u8::from(!is_stroke(x, y) && !frame(x, y))));
        assert_eq!(framed.ink(&Levels::default()).expect("ink").ground, Ground::White, "a frame is no ground");
        let disc = opaque(|x, y| f64::from(u8::from((x - 0.5).hypot(y - 0.5) > 0.47)));
        assert_eq!(disc.ink(&Levels::default()).expect("ink").ground, Ground::White, "a large shape is no ground");
    }

    #[test]
    fn ink_on_nothing_has_any_colour() {
        for colour in [0.0, 0.5, 1.0] {
            let mut picture = opaque(|_, _| colour);
            for (index, pixel) in picture.pixels.iter_mut().enumerate() {
                let at = |k: usize| (k as f64 + 0.5) / SIDE as f64;
                pixel[1] = f32::from(u8::from(is_stroke(at(index % SIDE), at(index / SIDE))));
            }
            assert!(automatic(&picture) < 1e-6, "{colour}");
        }
    }

    #[test]
    fn what_has_no_ground_is_read_by_its_darkness() {
        let shades = opaque(|x, y| 0.2 + 0.7 * x * y);
        let ink = shades.ink(&Levels { level: Some(0.0), ..Levels::default() }).expect("ink");
        let darkness: Vec<f32> = shades.pixels.iter().map(|[luma, _]| 1.0 - luma).collect();
        let expected = Density::from_darkness(&darkness, SIDE).expect("it is dark");
        let apart = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-5 * b;
        assert!(ink.ground == Ground::White && ink.density.values().iter().zip(expected.values()).all(apart));
    }

    #[test]
    fn noise_on_white_paper_is_ground() {
        let paper = opaque(|x, y| f64::from(u8::from(!is_stroke(x, y))));
        assert!(automatic(&noisy(paper.clone(), 1.0 / 255.0)) < 2e-3);
        assert!(distance(&noisy(paper, 1.0 / 255.0), &Levels { level: Some(0.0), ..Levels::default() }) > 0.01);
    }

    #[test]
    fn invert_and_level_are_obeyed() {
        let paper = opaque(|x, y| match is_stroke(x, y) {
            true => 0.0,
            false if y < 0.2 => 0.7,
            false => 1.0,
        });
        let level = |level| Levels { level: Some(level), ..Levels::default() };
        assert!(distance(&paper, &level(0.2)) > 0.3 && distance(&paper, &level(0.4)) < 1e-6);
        let invert = Levels { invert: Some(true), ..Levels::default() };
        let ink = paper.ink(&invert).expect("ink");
        let middle = crate::measure::DENSITY_COUNT / 2 * (crate::measure::DENSITY_COUNT + 1);
        assert!(ink.invert && ink.density.values()[middle] < 1e-6, "the stroke has no mass");
    }

    #[test]
    fn what_has_no_ink_is_refused() {
        let empty = |picture: Picture| assert_eq!(picture.ink(&Levels::default()).unwrap_err(), DensityError::Empty);
        for luma in [1.0, 0.7, 0.0] {
            empty(opaque(|_, _| luma));
        }
        empty(Picture { pixels: vec![[0.3, 0.0]; 6], width: 3 });
        let invalid = |pixels: Vec<[f32; 2]>, width| {
            assert_eq!(Picture { pixels, width }.ink(&Levels::default()).unwrap_err(), DensityError::Invalid);
        };
        invalid(vec![], 1);
        invalid(vec![[0.0, 1.0]; 5], 2);
        invalid(vec![[f32::NAN, 1.0]; 4], 2);
        // A single row, and a single pixel of ink in it.
        let row = (0..40).map(|k| [if k == 20 { 0.0 } else { 0.6 }, 1.0]).collect();
        assert!(Picture { pixels: row, width: 40 }.ink(&Levels::default()).is_ok());
    }
}
