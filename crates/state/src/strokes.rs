//! A drawing as text: integers of variable length in base64, each point as its difference from the one before.
//!
//! The numbers: version, number of the preset (from 1; 0 for the empty pad), then for each stroke its tool (1 erases),
//! radius, softness, count of points, and x, y of each; lengths in the units that a [`Sketch`] keeps.

use flowsketch_core::measure::{BRUSH_STEPS, Brush, FARTHEST, POINTS_PER_UNIT, Preset, Sketch, Stroke, Tool};

/// Most characters.
const LONGEST: usize = 32_000;
/// Most strokes: each may cover the whole pad, and takes time to draw.
const MOST_STROKES: usize = 1_000;

/// Version of this format.
const VERSION: i32 = 1;

/// The drawing as text.
///
/// # Errors
/// A sentence, when it is too long.
pub fn write(sketch: &Sketch) -> Result<String, String> {
    let place = sketch.ground.and_then(|ground| Preset::ALL.iter().position(|preset| *preset == ground));
    let mut numbers = vec![VERSION, place.map_or(0, |place| place as i32 + 1)];
    for Stroke { tool, brush, points } in &sketch.strokes {
        let [radius, softness] = [brush.radius, brush.softness].map(|value| (value * BRUSH_STEPS).round() as i32);
        numbers.extend([i32::from(*tool == Tool::Erase), radius, softness, points.len() as i32]);
        let mut last = [0; 2];
        for point in points {
            let point = point.map(|c| (c * POINTS_PER_UNIT).round() as i32);
            numbers.extend([point[0] - last[0], point[1] - last[1]]);
            last = point;
        }
    }
    let text = to_letters(&postcard::to_allocvec(&numbers).expect("numbers can be written"));
    let fits = text.len() <= LONGEST && sketch.strokes.len() <= MOST_STROKES;
    if fits { Ok(text) } else { Err("The drawing is too long for a link.".into()) }
}

/// The drawing that was [written](write), to the same bits.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn read(text: &str) -> Result<Sketch, &'static str> {
    if text.len() > LONGEST {
        return Err("is too long");
    }
    let bytes = from_letters(text).ok_or("has letters that do not belong there")?;
    let numbers: Vec<i32> = postcard::from_bytes(&bytes).map_err(|_| CUT_OFF)?;
    let mut numbers = Numbers(numbers.into_iter());
    if numbers.next()? != VERSION {
        return Err("is written in a way that this page does not know");
    }
    let mut sketch = Sketch { ground: None, strokes: vec![] };
    let place = numbers.within(0, Preset::ALL.len() as i32, "is on a preset that does not exist")?;
    if place > 0 {
        sketch.ground = Some(Preset::ALL[place as usize - 1]);
    }
    while numbers.0.len() > 0 {
        if sketch.strokes.len() == MOST_STROKES {
            return Err("has too many strokes");
        }
        sketch.strokes.push(numbers.stroke()?);
    }
    match sketch.strokes.first() {
        None => return Err("has no strokes"),
        Some(first) if (first.tool == Tool::Erase) != sketch.ground.is_some() => {
            return Err("erases where nothing is, or draws on a preset");
        }
        Some(_) => {}
    }
    // The same numbers have several encodings; only the one that `write` gives is accepted.
    if write(&sketch).as_deref() == Ok(text) { Ok(sketch) } else { Err("is damaged") }
}

/// The digits of base64 in links (RFC 4648, section 5), which has no padding here. A library for it would add as much
/// to the page as the rest of this file.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn to_letters(bytes: &[u8]) -> String {
    let mut text = String::new();
    for bytes in bytes.chunks(3) {
        let bits = bytes.iter().zip([16, 8, 0]).fold(0, |bits, (byte, place)| bits | usize::from(*byte) << place);
        text.extend([18, 12, 6, 0][..bytes.len() + 1].iter().map(|place| char::from(LETTERS[bits >> place & 63])));
    }
    text
}

/// Bits after the last whole byte are dropped.
fn from_letters(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut count) = (vec![], 0, 0);
    for letter in text.bytes() {
        bits = bits << 6 | LETTERS.iter().position(|known| *known == letter)?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

const CUT_OFF: &str = "is cut off or damaged";

/// The numbers that are still to be read.
struct Numbers(std::vec::IntoIter<i32>);

impl Numbers {
    fn next(&mut self) -> Result<i32, &'static str> {
        self.0.next().ok_or(CUT_OFF)
    }

    fn within(&mut self, low: i32, high: i32, otherwise: &'static str) -> Result<i32, &'static str> {
        let number = self.next()?;
        if (low..=high).contains(&number) { Ok(number) } else { Err(otherwise) }
    }

    fn stroke(&mut self) -> Result<Stroke, &'static str> {
        const NO_BRUSH: &str = "has a brush that does not exist";
        let tool = [Tool::Draw, Tool::Erase][self.within(0, 1, NO_BRUSH)? as usize];
        let [least, most] = Brush::RADII.map(|radius| (radius * BRUSH_STEPS).round() as i32);
        let radius = f64::from(self.within(least, most, NO_BRUSH)?) / BRUSH_STEPS;
        let softness = f64::from(self.within(0, BRUSH_STEPS as i32, NO_BRUSH)?) / BRUSH_STEPS;
        let count = self.within(1, LONGEST as i32, "has a stroke without points")?;
        let limit = (FARTHEST * POINTS_PER_UNIT) as i32;
        let (mut points, mut last) = (vec![], [0; 2]);
        for k in 0..count {
            let steps = [self.next()?, self.next()?];
            if k > 0 && steps == [0, 0] {
                return Err("has points twice");
            }
            for (c, step) in last.iter_mut().zip(steps) {
                *c = step.saturating_add(*c);
                if c.abs_diff(0) > limit as u32 {
                    return Err("leaves the map");
                }
            }
            points.push(last.map(|c| f64::from(c) / POINTS_PER_UNIT));
        }
        Ok(Stroke { tool, brush: Brush { radius, softness }, points })
    }
}
