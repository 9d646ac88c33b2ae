//! The pictures of the figure: curves as SVG, γ and the film as pixels.

use super::{LineFigure, across};
use flowsketch_core::explore::on_a_line::{COUNT, LineFlow, SHARES, TIMES, quantile};
use std::fmt::Write;

/// Height of the strips with the densities, in the units of their SVG.
const STRIP: f64 = 60.0;
const RANDOM_PATHS: u32 = 6;
/// Potentials are shown where the density is at least this share of its maximum.
const SHOWN_FROM: f64 = 1e-3;

impl LineFigure {
    /// γ and the film, of the newest flow.
    pub(super) fn draw_flow(&mut self) {
        self.shown = self.printed.as_ref().map_or_else(|| self.flow.clone(), |printed| printed.of(&self.flow));
        self.lines = self.printed.as_ref().map_or(vec![], |printed| printed.lines(&self.shown));
        self.draw_pair();
        self.draw_film();
    }

    /// The densities with their curves, and the words below: what also follows the pointer.
    pub(super) fn draw_strips(&self) {
        let flow = &self.shown;
        let marginals = flow.marginals();
        let potentials = shown_potentials(flow);
        let [source, target] = flow.densities();
        // Heights of source and target have a factor to their densities, which the marginals share.
        let tops = [source, target].map(|density| density.iter().copied().fold(f64::MIN_POSITIVE, f64::max));
        let heights = self.heights.iter().copied().fold(0.0, f64::max);
        let target_heights: Vec<f64> = target.iter().map(|q| 0.9 * q / tops[1]).collect();
        let law = self.over.map(|cell| flow.row(cell));
        let sides = [
            (&self.heights, heights / tops[0], &self.elements.source),
            (&target_heights, 0.9 / tops[1], &self.elements.target),
        ];
        for (k, (heights, factor, element)) in sides.into_iter().enumerate() {
            let upright = k == 1;
            let line = |values: &mut dyn Iterator<Item = Option<f64>>| path(values, upright);
            let mut svg = format!(r#"<path class="mass" d="{}"/>"#, area(heights, upright));
            let marginal = line(&mut marginals[k].iter().map(|p| Some((factor * p).min(2.0))));
            _ = write!(svg, r#"<path class="marginal" d="{marginal}"/>"#);
            if let Some(law) = law.as_ref().filter(|_| k == 1) {
                let top = law.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
                _ = write!(svg, r#"<path class="law" d="{}"/>"#, line(&mut law.iter().map(|p| Some(0.9 * p / top))));
            }
            let class = ["phi", "psi"][k];
            _ = write!(svg, r#"<path class="{class}" d="{}"/>"#, line(&mut potentials[k].iter().copied()));
            element.set_inner_html(&svg);
        }
        let mark = self.over.map(|cell| format!(r#"<path class="law" d="M{} 0V160"/>"#, cell as f64 + 0.5));
        self.elements.mark.set_inner_html(&mark.unwrap_or_default());
        self.elements.status.set_text_content(Some(&self.status()));
    }

    fn draw_pair(&self) {
        let rows: Vec<Vec<f64>> = (0..COUNT).map(|x| self.shown.row(x)).collect();
        let top = rows.iter().flatten().copied().fold(f64::MIN_POSITIVE, f64::max);
        let pixels = (0..COUNT).rev().flat_map(|y| rows.iter().map(move |row| (row[y] / top) as f32));
        if let Some((_, inks)) = &self.inks {
            inks.paint(&self.elements.pair, COUNT as u32, pixels);
        }
    }

    fn draw_film(&self) {
        let flow = &self.shown;
        let time = |k: usize| k as f64 / (TIMES - 1) as f64;
        let film: Vec<Vec<f64>> = (0..TIMES).map(|k| flow.density(time(k))).collect();
        let top = film.iter().flatten().copied().fold(f64::MIN_POSITIVE, f64::max);
        if let Some((_, inks)) = &self.inks {
            inks.paint(&self.elements.film, COUNT as u32, film.iter().flatten().map(|p| (p / top) as f32));
        }
        let line = |places: &mut dyn Iterator<Item = f64>| {
            let mut path = String::new();
            // As printed, the penalty grows beyond all numbers.
            for (k, x) in places.enumerate().filter(|(_, x)| x.is_finite()) {
                _ = write!(path, "{}{:.2} {:.4}", if path.is_empty() { 'M' } else { 'L' }, across(x), time(k));
            }
            path
        };
        let mut svg = String::new();
        for share in SHARES {
            _ = write!(svg, r#"<path class="along" d="{}"/>"#, line(&mut film.iter().map(|row| quantile(row, share))));
        }
        let walks = if self.printed.is_none() { flow.random_paths(RANDOM_PATHS, TIMES) } else { vec![] };
        for (class, places) in
            walks.iter().map(|walk| ("walk", walk)).chain(self.lines.iter().map(|line| ("law", line)))
        {
            _ = write!(svg, r#"<path class="{class}" d="{}"/>"#, line(&mut places.iter().copied()));
        }
        self.elements.paths.set_inner_html(&svg);
    }
}

/// φ and ψ on one scale from 0.05 to 0.95, where there is enough mass to see.
fn shown_potentials(flow: &LineFlow) -> [Vec<Option<f64>>; 2] {
    let densities = flow.densities();
    let mut potentials = flow.potentials();
    for (potential, density) in potentials.iter_mut().zip(densities) {
        let least = SHOWN_FROM * density.iter().copied().fold(0.0, f64::max);
        potential.iter_mut().zip(density).filter(|(_, p)| **p < least).for_each(|(value, _)| *value = None);
    }
    let values = || potentials.iter().flatten().flatten().copied();
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let range = (high - low).max(1e-3);
    potentials.map(|potential| potential.into_iter().map(|value| Some(0.05 + 0.9 * (value? - low) / range)).collect())
}

/// A point of a strip: the source lies, the target stands.
fn point(cell: f64, height: f64, upright: bool) -> [f64; 2] {
    if upright { [STRIP * height, COUNT as f64 - cell] } else { [cell, STRIP * (1.0 - height)] }
}

/// A curve by its heights; where there is none, it is broken.
fn path(values: &mut dyn Iterator<Item = Option<f64>>, upright: bool) -> String {
    let (mut path, mut is_down) = (String::new(), false);
    for (cell, value) in values.enumerate() {
        let Some(height) = value.filter(|height| height.is_finite()) else {
            is_down = false;
            continue;
        };
        let [x, y] = point(cell as f64 + 0.5, height, upright);
        _ = write!(path, "{}{x:.2} {y:.2}", if is_down { 'L' } else { 'M' });
        is_down = true;
    }
    path
}

fn area(heights: &[f64], upright: bool) -> String {
    let [[x0, y0], [x1, y1]] = [0.0, heights.len() as f64].map(|end| point(end, 0.0, upright));
    let curve = path(&mut heights.iter().copied().map(Some), upright);
    format!("M{x0} {y0}L{}L{x1} {y1}Z", &curve[1..])
}
