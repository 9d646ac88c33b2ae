//! What can be seen of a drawing, as a value: it can be kept, sent and drawn again, to the same bits.

use super::{Brush, Drawing, Preset, Tool};

/// A stroke of the pen.
#[derive(Clone, Debug, PartialEq)]
pub struct Stroke {
    pub tool: Tool,
    pub brush: Brush,
    /// World units; there is a first.
    pub points: Vec<[f64; 2]>,
}

/// Strokes, in order, on a preset or on the empty pad. The first adds ink to the empty pad, or erases some of the preset:
/// drawing on an untouched preset starts afresh.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sketch {
    pub ground: Option<Preset>,
    pub strokes: Vec<Stroke>,
}

/// Points are kept to 1/240, an eighth of the spacing of the density lattice, and so far from the middle at most, world
/// units.
pub const POINTS_PER_UNIT: f64 = 240.0;
pub const FARTHEST: f64 = 60.0;
/// Radius and softness of a brush are kept to three decimals.
pub const BRUSH_STEPS: f64 = 1000.0;

/// The nearest point that is kept.
pub(super) fn snap(point: [f64; 2]) -> [f64; 2] {
    point.map(|c| (c.clamp(-FARTHEST, FARTHEST) * POINTS_PER_UNIT).round() / POINTS_PER_UNIT)
}

/// The nearest brush that is kept.
pub(super) fn snap_brush(brush: Brush) -> Brush {
    let keep = |value: f64| (value * BRUSH_STEPS).round() / BRUSH_STEPS;
    let [least, most] = Brush::RADII;
    Brush { radius: keep(brush.radius.clamp(least, most)), softness: keep(brush.softness.clamp(0.0, 1.0)) }
}

/// Draws a sketch again, as much at a time as there is time for.
#[derive(Clone, Debug)]
pub struct Replay {
    sketch: Sketch,
    drawing: Drawing,
    /// The next point, of which stroke.
    next: [usize; 2],
}

impl Replay {
    pub fn new(sketch: Sketch) -> Self {
        let mut drawing = Drawing::default();
        if let Some(preset) = sketch.ground {
            drawing.load(preset);
        }
        Self { sketch, drawing, next: [0, 0] }
    }

    /// Goes on until it `is_over`, which is asked after every point; true when all is drawn.
    pub fn advance(&mut self, mut is_over: impl FnMut() -> bool) -> bool {
        let Self { sketch, drawing, next: [stroke, point] } = self;
        while let Some(Stroke { tool, brush, points }) = sketch.strokes.get(*stroke) {
            match (points.get(*point), *point) {
                (Some(&first), 0) => drawing.begin(*tool, *brush, first),
                (Some(&next), _) => drawing.extend(next),
                (None, _) => {
                    drawing.end();
                    (*stroke, *point) = (*stroke + 1, 0);
                    continue;
                }
            }
            *point += 1;
            if is_over() {
                return false;
            }
        }
        true
    }

    /// What is drawn so far.
    pub fn into_drawing(self) -> Drawing {
        self.drawing
    }
}
