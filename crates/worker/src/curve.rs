//! The points of a curve, in bounded memory.

/// Most points that are kept; when there are more, every second one is dropped.
const MOST: usize = 400;

/// Points in the order in which they came.
#[derive(Clone, Debug)]
pub struct Curve<P> {
    points: Vec<P>,
}

impl<P> Default for Curve<P> {
    fn default() -> Self {
        Self { points: vec![] }
    }
}

impl<P> Curve<P> {
    /// Adds a point at the end; when there are too many, every second one is dropped, but not the last.
    pub fn push(&mut self, point: P) {
        self.points.push(point);
        if self.points.len() > MOST {
            // The first and the last stay.
            let (last, mut place) = (self.points.len() - 1, 0);
            self.points.retain(|_| {
                place += 1;
                (place - 1) % 2 == 0 || place - 1 == last
            });
        }
    }

    /// Drops all points.
    pub fn clear(&mut self) {
        self.points.clear();
    }

    /// The points that are kept, in order.
    pub fn points(&self) -> &[P] {
        &self.points
    }
}
