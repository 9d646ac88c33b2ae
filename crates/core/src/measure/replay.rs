//! Draws a sketch again, in slices.

use super::drawing::Drawing;
use super::sketch::{Sketch, Stroke};

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
