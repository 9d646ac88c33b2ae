//! What can be seen of a drawing, as a value: it can be stored, sent and drawn again with exactly the same result.

use super::presets::Preset;

/// What a stroke does to the ink under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Adds ink.
    Draw,
    /// Removes the fraction of the ink that the brush covers.
    Erase,
}

/// The profile of the brush: ink = exp(−½ (d / radius)^p) at the distance d from the stroke, where p = 2 (a Gaussian)
/// at softness 1 and p = 16 (nearly a disc) at softness 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Brush {
    /// World units.
    pub radius: f64,
    /// From 0 to 1.
    pub softness: f64,
}

impl Brush {
    /// The smallest radius and the largest.
    pub const RADII: [f64; 2] = [0.05, 0.8];
    /// The brush is cut off where −log ink exceeds this.
    const CUT: f64 = 16.0;

    fn exponent(&self) -> f64 {
        2f64.powf(1.0 + 3.0 * (1.0 - self.softness.clamp(0.0, 1.0)))
    }

    /// Ink, from 0 to 1, at the squared distance `d2` from the stroke.
    pub(super) fn ink(&self, d2: f64) -> f64 {
        (-0.5 * (d2 / (self.radius * self.radius)).powf(0.5 * self.exponent())).exp()
    }

    /// Distance from the stroke at which the brush is cut off, world units.
    pub(super) fn reach(&self) -> f64 {
        self.radius * (2.0 * Self::CUT).powf(1.0 / self.exponent())
    }
}

/// A stroke of the pen.
#[derive(Clone, Debug, PartialEq)]
pub struct Stroke {
    /// Whether the stroke adds or removes ink.
    pub tool: Tool,
    /// The same at all points of the stroke.
    pub brush: Brush,
    /// World units; at least one.
    pub points: Vec<[f64; 2]>,
}

/// Strokes, in order, on a preset or on the empty pad. On the empty pad the first one adds ink; on a preset the first
/// one erases, because drawing on an untouched preset starts with an empty pad.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sketch {
    /// The preset below the strokes; none for the empty pad.
    pub ground: Option<Preset>,
    /// In the order in which they are drawn.
    pub strokes: Vec<Stroke>,
}

/// Points are rounded to multiples of 1/240 world unit, an eighth of the spacing of the density lattice.
pub const POINTS_PER_UNIT: f64 = 240.0;
/// Coordinates of points are clamped to [−`FARTHEST`, `FARTHEST`], world units.
pub const FARTHEST: f64 = 60.0;
/// Radius and softness of a brush are rounded to three decimals.
pub const BRUSH_STEPS: f64 = 1000.0;

/// The point, rounded and clamped.
pub(super) fn snap(point: [f64; 2]) -> [f64; 2] {
    point.map(|c| (c.clamp(-FARTHEST, FARTHEST) * POINTS_PER_UNIT).round() / POINTS_PER_UNIT)
}

/// The brush, rounded and clamped.
pub(super) fn snap_brush(brush: Brush) -> Brush {
    let keep = |value: f64| (value * BRUSH_STEPS).round() / BRUSH_STEPS;
    let [least, most] = Brush::RADII;
    Brush { radius: keep(brush.radius.clamp(least, most)), softness: keep(brush.softness.clamp(0.0, 1.0)) }
}
