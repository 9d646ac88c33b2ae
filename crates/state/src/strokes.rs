//! A drawing as text: a preset, and strokes with each point as its difference to the one before, in base64 of whole
//! numbers of variable length.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flowsketch_core::measure::{BRUSH_STEPS, Brush, FARTHEST, POINTS_PER_UNIT, Preset, Sketch, Stroke, Tool};
use serde::{Deserialize, Serialize};

/// Most characters.
pub const LONGEST: usize = 32_000;
/// Most strokes: each point of ink on the pad is gone over by all of them.
pub const MOST_STROKES: usize = 1_000;

/// Numbers of [`Sketch`] in its own units, with a number for the way in which they are written.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    version: u8,
    /// The place of the preset among all, from 1; 0 for the empty pad.
    ground: u8,
    strokes: Vec<WrittenStroke>,
}

#[derive(Debug, Serialize, Deserialize)]
struct WrittenStroke {
    erases: bool,
    radius: u16,
    softness: u16,
    first: [i16; 2],
    steps: Vec<[i16; 2]>,
}

const VERSION: u8 = 1;

/// The drawing as text.
///
/// # Errors
/// A sentence, when it is too long.
pub fn write(sketch: &Sketch) -> Result<String, String> {
    let number = |value: f64, steps: f64| (value * steps).round();
    let ground = sketch.ground.and_then(|ground| Preset::ALL.iter().position(|preset| *preset == ground));
    let stroke = |stroke: &Stroke| {
        let points: Vec<_> =
            stroke.points.iter().map(|point| point.map(|c| number(c, POINTS_PER_UNIT) as i16)).collect();
        let step = |pair: &[[i16; 2]]| [0, 1].map(|axis| pair[1][axis].wrapping_sub(pair[0][axis]));
        WrittenStroke {
            erases: stroke.tool == Tool::Erase,
            radius: number(stroke.brush.radius, BRUSH_STEPS) as u16,
            softness: number(stroke.brush.softness, BRUSH_STEPS) as u16,
            first: points.first().copied().unwrap_or_default(),
            steps: points.windows(2).map(step).collect(),
        }
    };
    let written = Written {
        version: VERSION,
        ground: ground.map_or(0, |place| place as u8 + 1),
        strokes: sketch.strokes.iter().map(stroke).collect(),
    };
    let text = URL_SAFE_NO_PAD.encode(postcard::to_allocvec(&written).expect("plain numbers can be written"));
    if text.len() > LONGEST || written.strokes.len() > MOST_STROKES {
        return Err("The drawing is too long for a link.".into());
    }
    Ok(text)
}

/// The drawing that is written, to the same bits.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn read(text: &str) -> Result<Sketch, &'static str> {
    if text.len() > LONGEST {
        return Err("is too long");
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| "has letters that do not belong there, or is cut off")?;
    if bytes.first().is_some_and(|version| *version != VERSION) {
        return Err("is written in a way that this page does not know");
    }
    let (written, rest): (Written, _) = postcard::take_from_bytes(&bytes).map_err(|_| "is cut off or damaged")?;
    if !rest.is_empty() {
        return Err("goes on after its end");
    }
    let ground = match written.ground {
        0 => None,
        place => Some(*Preset::ALL.get(usize::from(place) - 1).ok_or("is on a preset that does not exist")?),
    };
    if written.strokes.len() > MOST_STROKES {
        return Err("has too many strokes");
    }
    let strokes = written.strokes.iter().map(read_stroke).collect::<Result<Vec<_>, _>>()?;
    match strokes.first() {
        None => return Err("has no strokes"),
        Some(first) if (first.tool == Tool::Erase) != ground.is_some() => {
            return Err("erases where nothing is, or draws on a preset");
        }
        Some(_) => {}
    }
    let sketch = Sketch { ground, strokes };
    // There are other ways to write the same numbers; a link has one.
    if write(&sketch).as_deref() != Ok(text) { Err("is damaged") } else { Ok(sketch) }
}

fn read_stroke(written: &WrittenStroke) -> Result<Stroke, &'static str> {
    let brush =
        Brush { radius: f64::from(written.radius) / BRUSH_STEPS, softness: f64::from(written.softness) / BRUSH_STEPS };
    let [least, most] = Brush::RADII;
    if !(least..=most).contains(&brush.radius) || brush.softness > 1.0 {
        return Err("has a brush that does not exist");
    }
    let limit = (FARTHEST * POINTS_PER_UNIT) as i16;
    let mut points = vec![];
    let mut last = written.first;
    for step in std::iter::once([0, 0]).chain(written.steps.iter().copied()) {
        for (c, step) in last.iter_mut().zip(step) {
            *c = c.checked_add(step).filter(|c| (-limit..=limit).contains(c)).ok_or("leaves the map")?;
        }
        points.push(last.map(|c| f64::from(c) / POINTS_PER_UNIT));
    }
    if written.steps.contains(&[0, 0]) {
        return Err("has points twice");
    }
    Ok(Stroke { tool: if written.erases { Tool::Erase } else { Tool::Draw }, brush, points })
}
