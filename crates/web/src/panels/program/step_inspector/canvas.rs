//! The map that stages are drawn on, in world units.

use flowsketch_core::step_inspector::Field;
use flowsketch_core::style::Style;
use flowsketch_web::density_canvas;
use flowsketch_web::number::shown;
use std::f64::consts::TAU;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

/// World units from the middle of the map to its edge.
pub const EDGE: f64 = 4.5;

/// Radius of a dot of a [`cloud`](Canvas::cloud), pixels.
const DOT: i32 = 2;

/// Radius of the largest disc of an average, pixels.
const LARGEST_SHARE: f64 = 9.0;

pub struct Canvas<'a> {
    map: &'a HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    side: u32,
    /// Pixels in a world unit.
    scale: f64,
    dark: bool,
}

impl<'a> Canvas<'a> {
    /// The map, cleared.
    pub fn of(map: &'a HtmlCanvasElement, dark: bool) -> Self {
        let context = density_canvas::context(map).expect("a canvas without another context has a 2-D one");
        let side = map.width();
        context.clear_rect(0.0, 0.0, f64::from(side), f64::from(side));
        Self { map, context, side, scale: f64::from(side) / (2.0 * EDGE), dark }
    }

    fn at(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [self.scale * (x + EDGE), self.scale * (EDGE - y)]
    }

    fn colour(&self, [r, g, b]: [u8; 3]) {
        self.context.set_fill_style_str(&format!("rgb({r},{g},{b})"));
    }

    fn ink(&self) -> &'static str {
        if self.dark { "#e9ebee" } else { "#1a1d21" }
    }

    /// The colour of the point that the person chose.
    fn mark(&self) -> &'static str {
        if self.dark { "#ffb65c" } else { "#b04a00" }
    }

    fn arc(&self, point: [f64; 2], radius: f64) {
        let [x, y] = self.at(point);
        self.context.begin_path();
        // An angle from 0 to 2π is always valid.
        _ = self.context.arc(x, y, radius, 0.0, TAU);
    }

    fn disc(&self, point: [f64; 2], radius: f64) {
        self.arc(point, radius);
        self.context.fill();
    }

    pub fn points(&self, points: &[[f32; 2]]) {
        self.context.set_fill_style_str(self.ink());
        points.iter().for_each(|point| self.disc(point.map(f64::from), 1.7));
    }

    /// Draws points of another kind as circles.
    pub fn circles(&self, points: &[[f32; 2]]) {
        self.context.set_stroke_style_str(self.mark());
        self.context.set_line_width(1.0);
        for point in points {
            self.arc(point.map(f64::from), 2.2);
            self.context.stroke();
        }
    }

    /// Fills a square for each node.
    fn cells(&self, field: &Field, colour: impl Fn(f64) -> [u8; 3]) {
        // Neighbours overlap a little, so that no line shows between them.
        let side = self.scale * field.spacing + 0.7;
        for (point, value) in nodes(field) {
            let [x, y] = self.at(point);
            self.colour(colour(value));
            self.context.fill_rect(x - 0.5 * side, y - 0.5 * side, side, side);
        }
    }

    /// Draws a function by its values; returns the caption of the colours.
    pub fn level(&self, field: &Field) -> String {
        let low = nodes(field).map(|(_, value)| value).fold(f64::INFINITY, f64::min);
        let high = nodes(field).map(|(_, value)| value).fold(f64::NEG_INFINITY, f64::max);
        let range = (high - low).max(f64::MIN_POSITIVE);
        self.cells(field, |value| Style::colour(self.dark, (value - low) / range));
        format!("Colours from {} to {} units of cost.", shown(low), shown(high))
    }

    /// Draws a function by its sign and size; returns the caption of the colours.
    pub fn difference(&self, field: &Field, unit: &str) -> String {
        let most = largest(nodes(field).map(|(_, value)| value));
        self.cells(field, |value| Style::difference_colour(self.dark, 0.5 + 0.5 * value / most));
        scale_of(most, unit)
    }

    /// The same, with values at other points on the same scale.
    pub fn difference_with(&self, field: &Field, points: &[[f32; 2]], values: &[f32]) -> String {
        let all = nodes(field).map(|(_, value)| value).chain(values.iter().map(|&value| f64::from(value)));
        let most = largest(all);
        self.cells(field, |value| Style::difference_colour(self.dark, 0.5 + 0.5 * value / most));
        self.dots(points, values, most);
        scale_of(most, "")
    }

    /// The same for values at scattered points.
    pub fn differences(&self, points: &[[f32; 2]], values: &[f32], unit: &str) -> String {
        let most = largest(values.iter().map(|&value| f64::from(value)));
        self.dots(points, values, most);
        scale_of(most, unit)
    }

    fn dots(&self, points: &[[f32; 2]], values: &[f32], most: f64) {
        for (point, &value) in points.iter().zip(values) {
            let point = point.map(f64::from);
            // The rim also shows values near 0, which have the colour of the background.
            self.context.set_fill_style_str(if self.dark { "#737b87" } else { "#80858d" });
            self.disc(point, 4.5);
            self.colour(Style::difference_colour(self.dark, 0.5 + 0.5 * f64::from(value) / most));
            self.disc(point, 3.7);
        }
    }

    /// Draws points with the weight of each in an average around `centre`; returns the largest weight. The area of a
    /// disc is proportional to its weight, the radius of the largest is `largest` pixels.
    pub fn shares(&self, centre: [f64; 2], points: impl Iterator<Item = ([f64; 2], f64)> + Clone, largest: f64) -> f64 {
        let most = points.clone().map(|(_, share)| share).fold(f64::MIN_POSITIVE, f64::max);
        self.context.set_fill_style_str(if self.dark { "#86bbf7" } else { "#174f8a" });
        for (point, share) in points {
            self.disc(point, (largest * (share / most).sqrt()).max(0.7));
        }
        let [x, y] = self.at(centre);
        self.context.set_stroke_style_str(self.mark());
        self.context.set_line_width(3.0);
        self.context.begin_path();
        for [dx, dy] in [[8.0, 0.0], [0.0, 8.0]] {
            self.context.move_to(x - dx, y - dy);
            self.context.line_to(x + dx, y + dy);
        }
        self.context.stroke();
        most
    }

    /// Draws the weights of a lattice's nodes and of other points; returns the caption of the discs.
    pub fn average(&self, centre: [f64; 2], field: &Field, points: &[[f32; 2]], shares: &[f32]) -> String {
        let points = points.iter().zip(shares).map(|(point, &share)| (point.map(f64::from), f64::from(share)));
        let most = self.shares(centre, nodes(field).chain(points), LARGEST_SHARE);
        format!("The largest disc is {} of the average.", shown(most))
    }

    /// Draws the sum of dots of these strengths, where 1 is full colour; positive sums are warm.
    pub fn cloud(&self, dots: impl Iterator<Item = ([f32; 2], f64)>) {
        let side = self.side as i32;
        let mut sums = vec![0.0; (side * side) as usize];
        for (point, strength) in dots {
            let [x, y] = self.at(point.map(f64::from)).map(|c| c.floor() as i32);
            for (dx, dy) in (-DOT..=DOT).flat_map(|dx| (-DOT..=DOT).map(move |dy| (dx, dy))) {
                let is_inside = (0..side).contains(&(x + dx)) && (0..side).contains(&(y + dy));
                if is_inside && dx * dx + dy * dy <= DOT * DOT {
                    sums[((y + dy) * side + x + dx) as usize] += strength;
                }
            }
        }
        let colour = |sum: &f64| Style::difference_colour(self.dark, 0.5 + 0.5 * sum);
        let pixels: Vec<u8> = sums.iter().map(colour).flat_map(|[r, g, b]| [r, g, b, 255]).collect();
        density_canvas::put(self.map, self.side, &pixels);
    }
}

fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.map(f64::abs).fold(f64::MIN_POSITIVE, f64::max)
}

/// The caption of the colours of differences.
fn scale_of(most: f64, unit: &str) -> String {
    if most <= f64::MIN_POSITIVE {
        return "No change.".into();
    }
    format!("Colours from {} to {}{unit}; warm ones are above 0.", shown(-most), shown(most))
}

fn nodes(field: &Field) -> impl Iterator<Item = ([f64; 2], f64)> + Clone {
    let Field { origin, spacing, count, values } = field;
    values.iter().enumerate().map(move |(k, &value)| {
        let point = [origin[0] + spacing * (k / count) as f64, origin[1] + spacing * (k % count) as f64];
        (point, f64::from(value))
    })
}
