//! Draws a sketch again, a part at a time.

use super::drawing::Drawing;
use super::sketch::{Sketch, Stroke};

/// Draws a sketch again; the caller decides how long each part takes.
#[derive(Clone, Debug)]
pub struct Replay {
    sketch: Sketch,
    drawing: Drawing,
    /// Index of the next stroke, and of the next point in it.
    next: [usize; 2],
}

impl Replay {
    /// Begins with the preset of the sketch, or with the empty pad; no stroke is drawn yet.
    pub fn new(sketch: Sketch) -> Self {
        let mut drawing = Drawing::default();
        if let Some(preset) = sketch.ground {
            drawing.load(preset);
        }
        Self { sketch, drawing, next: [0, 0] }
    }

    /// All of a sketch, drawn at once.
    pub fn at_once(sketch: Sketch) -> Drawing {
        let mut replay = Self::new(sketch);
        replay.advance(|| false);
        replay.into_drawing()
    }

    /// Draws until all is drawn, and then returns true, or until `is_over`, called after every point, returns true.
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

    /// The drawing so far.
    pub fn into_drawing(self) -> Drawing {
        self.drawing
    }
}
