//! Sources with thin lines and dots, by formulas that can be evaluated on any lattice, and a few others.

use flowsketch_core::lattice::{Lattice, VIEW};
use flowsketch_core::measure::{Brush, Density, Drawing, Preset, Tool, density_lattice};
use std::f64::consts::TAU;

/// A source by its name in a table, with the deviation σ of its lines where it has lines.
pub struct Source {
    pub name: &'static str,
    pub sigma: Option<f64>,
    /// The density at a point up to a factor. Without a formula it is known only at the points of the density lattice.
    formula: Option<Box<dyn Fn([f64; 2]) -> f64>>,
    pub density: Density,
}

impl Source {
    /// Its values at the points of any lattice, up to a factor.
    pub fn on(&self, lattice: &Lattice) -> Vec<f64> {
        match &self.formula {
            Some(formula) => lattice.points().map(formula).collect(),
            None => self.density.on(lattice.count),
        }
    }

    /// Whether it can be evaluated on lattices finer than the density lattice.
    pub fn has_formula(&self) -> bool {
        self.formula.is_some()
    }
}

/// Polylines with a Gaussian profile of deviation σ across, each given by its vertices.
fn lines(name: &'static str, sigma: f64, chains: Vec<Vec<[f64; 2]>>) -> Source {
    let formula = move |x: [f64; 2]| {
        let ink = |chain: &Vec<[f64; 2]>| {
            let nearest = |d2: f64, pair: &[[f64; 2]]| d2.min(squared_distance(x, pair[0], pair[pair.len() - 1]));
            let steps = if chain.len() == 1 { chain.windows(1) } else { chain.windows(2) };
            (-0.5 * steps.fold(f64::INFINITY, nearest) / (sigma * sigma)).exp()
        };
        chains.iter().map(ink).sum()
    };
    by_formula(name, Some(sigma), formula)
}

fn by_formula(name: &'static str, sigma: Option<f64>, formula: impl Fn([f64; 2]) -> f64 + 'static) -> Source {
    let values = density_lattice().points().map(|x| formula(x) as f32).collect();
    let density = Density::new(values).expect("it has mass");
    Source { name, sigma, formula: Some(Box::new(formula)), density }
}

/// A source that is known only at the points of the density lattice.
pub fn known(name: &'static str, density: Density) -> Source {
    Source { name, sigma: None, formula: None, density }
}

fn squared_distance(x: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let [along, offset] = [[b[0] - a[0], b[1] - a[1]], [x[0] - a[0], x[1] - a[1]]];
    let length = along[0] * along[0] + along[1] * along[1];
    let share = if length > 0.0 { (along[0] * offset[0] + along[1] * offset[1]) / length } else { 0.0 };
    let share = share.clamp(0.0, 1.0);
    (offset[0] - share * along[0]).powi(2) + (offset[1] - share * along[1]).powi(2)
}

/// A cross whose strokes lie between the points of the coarser lattices.
pub fn cross(sigma: f64) -> Source {
    lines("cross", sigma, vec![vec![[-2.5, 0.31], [2.5, 0.31]], vec![[0.17, -2.5], [0.17, 2.5]]])
}

/// A cross turned by about 45 degrees.
pub fn diagonals(sigma: f64) -> Source {
    lines("diagonals", sigma, vec![vec![[-2.0, -2.1], [2.0, 1.9]], vec![[-2.0, 2.0], [2.2, -2.0]]])
}

pub fn wave(sigma: f64) -> Source {
    let at = |k: i32| [0.05 * f64::from(k), 1.5 * (0.1 * f64::from(k)).sin()];
    lines("sine wave", sigma, vec![(-60..=60).map(at).collect()])
}

pub fn dot(sigma: f64) -> Source {
    lines("dot in a corner", sigma, vec![vec![[3.61, -3.57]]])
}

/// A fifth of the mass in a dot, the rest in a blob beside it.
pub fn dot_and_blob(sigma: f64) -> Source {
    let gaussian = |x: [f64; 2], centre: [f64; 2], deviation: f64| {
        let squared = (x[0] - centre[0]).powi(2) + (x[1] - centre[1]).powi(2);
        (-0.5 * squared / (deviation * deviation)).exp() / (deviation * deviation)
    };
    let formula = move |x| gaussian(x, [-2.0, -1.5], sigma) + 4.0 * gaussian(x, [1.5, 1.5], 0.7);
    by_formula("dot and blob", Some(sigma), formula)
}

/// A line beside a blob of the same mass.
pub fn line_and_blob(sigma: f64) -> Source {
    let formula = move |[x, y]: [f64; 2]| {
        let beyond = y.abs() - y.abs().min(2.0);
        let line = (-0.5 * ((x + 2.0).powi(2) + beyond * beyond) / (sigma * sigma)).exp();
        let blob = (-0.5 * ((x - 1.8).powi(2) + y * y) / 0.36).exp();
        line / (4.0 * TAU.sqrt() * sigma) + blob / (TAU * 0.36)
    };
    by_formula("line and blob", Some(sigma), formula)
}

pub fn circles(sigma: f64) -> Source {
    by_formula("circles", Some(sigma), move |[x, y]| {
        let radius = x.hypot(y);
        [1.0, 2.2].map(|own| (-0.5 * ((radius - own) / sigma).powi(2)).exp() / own).iter().sum()
    })
}

/// The letters l, o, w, drawn with lines.
pub fn word(sigma: f64) -> Source {
    let ring =
        |k: i32| [-0.8 + 0.9 * (TAU * f64::from(k) / 48.0).cos(), -0.3 + 0.9 * (TAU * f64::from(k) / 48.0).sin()];
    let w = [[0.7, 0.6], [1.25, -1.2], [1.8, 0.4], [2.35, -1.2], [2.9, 0.6]];
    lines("word", sigma, vec![vec![[-2.6, 1.7], [-2.6, -1.2]], (0..=48).map(ring).collect(), w.to_vec()])
}

/// Two strokes of the pad's thinnest brush with softness 0.
pub fn hard_line() -> Source {
    drawn("thinnest hard brush", Brush { radius: 0.05, softness: 0.0 })
}

/// The same with the default softness of the pad.
pub fn thin_line() -> Source {
    drawn("thinnest brush", Brush { radius: 0.05, softness: 0.8 })
}

fn drawn(name: &'static str, brush: Brush) -> Source {
    let mut drawing = Drawing::default();
    for chain in [[[-2.5, -1.0], [2.3, 1.4]], [[-1.0, 2.0], [-0.8, -2.2]]] {
        drawing.begin(Tool::Draw, brush, chain[0]);
        drawing.extend(chain[1]);
        drawing.end();
    }
    known(name, drawing.density().expect("it has ink"))
}

/// An image of lines five pixels wide on 256 × 256.
pub fn image() -> Source {
    let dark = |k: usize| f32::from(u8::from((k / 256).abs_diff(120) < 3 || (k % 256).abs_diff(100) < 3));
    let darkness: Vec<f32> = (0..256 * 256).map(dark).collect();
    known("image of lines", Density::from_darkness(&darkness, 256).expect("it is dark"))
}

/// An image without sharp edges.
pub fn photograph() -> Source {
    let dark = |k: usize| {
        let [x, y] = [(k % 200) as f64, (k / 200) as f64].map(|c| (2.0 * c / 199.0 - 1.0) * VIEW);
        (1.0 + (3.0 * x + y * y).sin() * (2.0 * y).cos()) as f32
    };
    let darkness: Vec<f32> = (0..200 * 200).map(dark).collect();
    known("photograph", Density::from_darkness(&darkness, 200).expect("it is dark"))
}

pub fn preset(preset: Preset) -> Source {
    known(preset.name(), preset.density())
}
