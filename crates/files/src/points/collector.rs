//! Points gathered row by row, and thinned where there are too many.

use super::{Fault, MOST_POINTS, Points, Taken};

#[derive(Debug)]
pub struct Collector {
    every: usize,
    found: usize,
    left_out: usize,
    weightless: usize,
    points: Vec<[f64; 2]>,
    weights: Vec<f64>,
    lines: Vec<usize>,
}

impl Collector {
    fn new(every: usize) -> Self {
        Self { every, found: 0, left_out: 0, weightless: 0, points: vec![], weights: vec![], lines: vec![] }
    }

    /// Takes x, y and the weight of a row; a value is `None` where it is missing.
    pub fn take(&mut self, line: usize, row: [Option<f64>; 3]) -> Result<(), Fault> {
        let [Some(x), Some(y), Some(weight)] = row else {
            self.left_out += 1;
            return Ok(());
        };
        if weight < 0.0 {
            return Err(Fault::row(line, "has a negative weight"));
        }
        if weight == 0.0 {
            self.weightless += 1;
            return Ok(());
        }
        if self.found.is_multiple_of(self.every) && self.points.len() < MOST_POINTS {
            self.points.push([x, y]);
            self.weights.push(weight);
            self.lines.push(line);
        }
        self.found += 1;
        Ok(())
    }
}

/// All points that `visit` gives to the collector, or every k-th if there are too many. In that case `visit` is called
/// twice, the first time to count them, so that memory does not grow with the file.
pub fn collect(columns: Vec<String>, visit: impl Fn(&mut Collector) -> Result<(), Fault>) -> Result<Points, Fault> {
    let mut collector = Collector::new(1);
    visit(&mut collector)?;
    if collector.found > MOST_POINTS {
        collector = Collector::new(collector.found.div_ceil(MOST_POINTS));
        visit(&mut collector)?;
    }
    let Collector { every, found, left_out, weightless, points, weights, lines } = collector;
    let weights = (columns.len() > 2).then_some(weights);
    let taken = Taken { found, every, columns, left_out, weightless, commas_separate: false };
    Ok(Points { points, weights, lines, taken })
}
