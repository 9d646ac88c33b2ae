//! Panels in a grid, with titles, numbers and the colour scale.

use crate::canvas::{Align, BLACK, BLUE, Canvas, GREY};
use flowsketch_core::cpu::picture::picture;
use flowsketch_core::lattice::{Lattice, VIEW};
use flowsketch_core::style::Style;
use image::{ImageFormat, RgbImage};
use std::fs::File;
use std::io::{self, BufWriter, Write};

/// A grid of panels.
pub struct Figure {
    pub title: String,
    /// Lines under the title.
    pub notes: Vec<String>,
    /// A heading for each column.
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
    /// Pixels along one side of a panel.
    pub side: u32,
}

pub struct Row {
    pub label: String,
    pub panels: Vec<Panel>,
}

pub struct Panel {
    pub subject: Subject,
    /// A line of numbers under it, or several.
    pub captions: Vec<String>,
}

pub enum Subject {
    /// (log ρ, v_x, v_y) on a lattice, and whether to draw arrows.
    Flow(Lattice, Vec<[f32; 3]>, bool),
    /// Points, world units.
    Points(Vec<[f64; 2]>),
}

/// Space between things, and heights of text, in pixels.
const MARGIN: u32 = 44;
const GAP: u32 = 22;
const TITLE: u32 = 40;
const TEXT: u32 = 27;
const LINE: u32 = 34;
/// Room for the labels of the rows on the left and the scale on the right.
const LABELS: u32 = 48;
const SCALE: u32 = 150;

impl Figure {
    /// Draws it.
    pub fn draw(&self) -> RgbImage {
        let [columns, rows] = [self.columns.len(), self.rows.len()].map(|count| count as u32);
        let captions = |row: &Row| row.panels.iter().map(|panel| panel.captions.len()).max().unwrap_or(0) as u32;
        let notes = self.notes.len() as u32;
        let top = MARGIN + TITLE + notes * LINE + GAP + LINE + GAP / 2;
        let height = |row: &Row| self.side + captions(row) * LINE + GAP;
        let below: u32 = self.rows.iter().map(height).sum();
        let grid = columns * (self.side + GAP) - GAP;
        let left = MARGIN + LABELS;
        let mut canvas = Canvas::new(left + grid + GAP + SCALE, top + below + MARGIN - GAP);

        let mut y = (MARGIN + TITLE - 8) as f32;
        canvas.text([left as f32, y], TITLE as f32 + 4.0, Align::Left, BLACK, &self.title);
        for note in &self.notes {
            y += LINE as f32;
            canvas.text([left as f32, y], TEXT as f32, Align::Left, GREY, note);
        }
        let column = |k: u32| left + k * (self.side + GAP);
        for (k, head) in self.columns.iter().enumerate() {
            let x = column(k as u32) as f32 + 0.5 * self.side as f32;
            canvas.text([x, (top - GAP / 2) as f32], TEXT as f32 + 4.0, Align::Centre, BLACK, head);
        }
        let mut y = top;
        for row in &self.rows {
            let middle = [(MARGIN + TEXT) as f32, y as f32 + 0.5 * self.side as f32];
            canvas.text(middle, TEXT as f32 + 4.0, Align::Upwards, BLACK, &row.label);
            for (k, panel) in row.panels.iter().enumerate() {
                let x = column(k as u32);
                self.draw_panel(&mut canvas, [x, y], &panel.subject);
                for (line, caption) in panel.captions.iter().enumerate() {
                    let place =
                        [x as f32 + 0.5 * self.side as f32, (y + self.side + LINE * (line as u32 + 1) - 5) as f32];
                    canvas.text(place, TEXT as f32, Align::Centre, GREY, caption);
                }
            }
            y += height(row);
        }
        if rows > 0 {
            draw_scale(&mut canvas, [left + grid + GAP, top], self.side);
        }
        canvas.into_image()
    }

    fn draw_panel(&self, canvas: &mut Canvas, [x, y]: [u32; 2], subject: &Subject) {
        match subject {
            Subject::Flow(lattice, field, arrows) => {
                let style = Style { dark: false, arrows: *arrows, range: Style::RANGE };
                canvas.panel(x, y, self.side, &picture(field, None, lattice, self.side, &style));
            }
            Subject::Points(points) => {
                canvas.frame(x, y, self.side, self.side);
                let side = self.side as f32;
                for point in points.iter().filter(|point| point.iter().all(|c| c.abs() < VIEW)) {
                    let share = point.map(|c| (0.5 * (c / VIEW + 1.0)) as f32);
                    canvas.dot([x as f32 + side * share[0], y as f32 + side * (1.0 - share[1])], 1.7, BLUE, 0.75);
                }
            }
        }
    }

    /// Writes it as PNG.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, file: &mut File) -> io::Result<()> {
        let mut writer = BufWriter::new(file);
        self.draw().write_to(&mut writer, ImageFormat::Png).map_err(io::Error::other)?;
        writer.flush()
    }
}

/// The colours of log ρ beside the first row.
fn draw_scale(canvas: &mut Canvas, [x, y]: [u32; 2], height: u32) {
    const WIDTH: u32 = 26;
    for row in 0..height {
        let fraction = 1.0 - (f64::from(row) + 0.5) / f64::from(height);
        canvas.fill(x, y + row, WIDTH, 1, Style::colour(false, fraction));
    }
    canvas.frame(x, y, WIDTH, height);
    let [low, high] = Style::RANGE;
    for tick in [-8.0f32, -6.0, -4.0, -2.0, 0.0] {
        let at = y as f32 + height as f32 * (high - tick) / (high - low);
        canvas.fill(x + WIDTH, (at as u32).clamp(y, y + height - 1), 6, 1, GREY);
        let text = format!("{tick}").replace('-', "−");
        canvas.text([(x + WIDTH + 12) as f32, at + 8.0], TEXT as f32 - 2.0, Align::Left, GREY, &text);
    }
    let place = [(x + WIDTH + 78) as f32, y as f32 + 0.5 * height as f32];
    canvas.text(place, TEXT as f32, Align::Upwards, BLACK, "log ρ");
}

/// A number in few digits.
pub fn short(value: f64) -> String {
    let text = match value.abs() {
        0.0 => "0".into(),
        size if size < 1e-3 => format!("{value:.1e}"),
        size if size < 0.1 => format!("{value:.4}"),
        size if size < 10.0 => format!("{value:.3}"),
        _ => format!("{value:.1}"),
    };
    text.replace('-', "−")
}

/// Seconds, with as many digits as matter.
pub fn seconds(value: f64) -> String {
    if value < 10.0 { format!("{value:.1} s") } else { format!("{value:.0} s") }
}

/// A count of evaluations, as 2.0e7.
pub fn count(value: u64) -> String {
    if value < 10_000 { value.to_string() } else { format!("{:.1e}", value as f64) }
}

/// A time t, as a fraction if it is a multiple of 1/3.
pub fn time(t: f64) -> String {
    let thirds = (3.0 * t).round();
    if (3.0 * t - thirds).abs() < 1e-9 && thirds % 3.0 != 0.0 { format!("t = {thirds}/3") } else { format!("t = {t}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let numbers = [0.0, 2.34e-5, 0.0123, 1.5, -0.25, 123.45].map(short);
        assert_eq!(numbers, ["0", "2.3e−5", "0.0123", "1.500", "−0.250", "123.5"]);
        assert_eq!([0.0, 1.0 / 3.0, 0.2, 1.0].map(time), ["t = 0", "t = 1/3", "t = 0.2", "t = 1"]);
    }
}
