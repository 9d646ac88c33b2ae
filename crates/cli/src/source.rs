//! What --source and --target name: a data set, an image or a file of points.

use crate::failure::Failure;
use flowsketch_core::measure::{
    Density, DensityError, Ink, Levels, POINTS_WITHIN, Picture, Preset, fit, likeliest_bandwidth, no_ink,
};
use flowsketch_files::points::{self, ENDINGS};
use image::{DynamicImage, ImageDecoder, ImageReader};
use serde_json::{Value, json};
use std::path::Path;

/// A density, and where it came from, for the summary.
#[derive(Clone, Debug)]
pub struct Source {
    pub density: Density,
    /// For titles: the data set, or the file's name.
    pub name: String,
    pub description: Value,
}

/// How a file becomes a density.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadSettings {
    /// Of points, world units; the likeliest bandwidth if there is none.
    pub bandwidth: Option<f64>,
    /// Whether points are moved and scaled to fill the map.
    pub fit: bool,
    /// How the ink of an image is told from its ground.
    pub levels: Levels,
}

/// The endings of images.
const IMAGES: [&str; 8] = ["png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff"];

/// Reads what `text` names.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn read(text: &str, settings: &ReadSettings) -> Result<Source, Failure> {
    if let Some(preset) = Preset::from_name(text) {
        let description = json!({ "kind": "data set", "name": preset.name() });
        return Ok(Source { density: preset.density(), name: preset.name().into(), description });
    }
    let path = Path::new(text);
    let name = path.file_name().map_or_else(|| text.into(), |name| name.to_string_lossy().into_owned());
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    let (density, description) = match ending.as_str() {
        ending if IMAGES.contains(&ending) => image(path, &name, &settings.levels),
        ending if ENDINGS.contains(&ending) => points(path, &name, settings),
        _ => {
            let names: Vec<&str> = Preset::ALL.into_iter().map(Preset::name).collect();
            Err(format!(
                "{text} is neither a data set ({}) nor a file that ends in one of .{}, .{}.",
                names.join(", "),
                IMAGES.join(", ."),
                ENDINGS.join(", .")
            ))
        }
    }
    .map_err(Failure::Input)?;
    Ok(Source { density, name, description })
}

fn image(path: &Path, name: &str, levels: &Levels) -> Result<(Density, Value), String> {
    let unreadable = |error: &dyn std::fmt::Display| format!("{name} cannot be read as an image: {}.", one_line(error));
    let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format).map_err(|e| unreadable(&e))?;
    let mut decoder = reader.into_decoder().map_err(|e| unreadable(&e))?;
    let orientation = decoder.orientation().map_err(|e| unreadable(&e))?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(|e| unreadable(&e))?;
    image.apply_orientation(orientation);
    let image = image.into_luma_alpha16();
    let share = |value: u16| f32::from(value) / f32::from(u16::MAX);
    let pixels = image.pixels().map(|pixel| pixel.0.map(share)).collect();
    let ink = Picture { pixels, width: image.width() as usize }.ink(levels).map_err(|error| match error {
        DensityError::Empty => no_ink(name),
        DensityError::Invalid => unreadable(&error),
    })?;
    let taken = ink.aside();
    let Ink { density, invert, level, .. } = ink;
    let mut description = json!({
        "kind": "image",
        "file": name,
        "width": image.width(),
        "height": image.height(),
        "subtract": levels.subtract,
        "invert": invert,
        "level": level,
    });
    if let Some(taken) = taken {
        description["taken"] = json!(taken);
    }
    Ok((density, description))
}

fn points(path: &Path, name: &str, settings: &ReadSettings) -> Result<(Density, Value), String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{name} cannot be read: {}.", one_line(&error)))?;
    let mut read = points::read(&bytes, name).map_err(|fault| fault.to_string())?;
    if read.points.is_empty() {
        return Err(format!("{name} has no points."));
    }
    let fitted = settings.fit.then(|| fit(&mut read.points));
    if let Some(index) = read.outside() {
        let [x, y] = read.points[index];
        return Err(format!(
            "{name} has the point ({x}, {y}) outside [−{POINTS_WITHIN}, {POINTS_WITHIN}]²: scale the points, or pass --fit."
        ));
    }
    let bandwidth = match settings.bandwidth {
        Some(bandwidth) => bandwidth,
        None if read.points.len() < 2 => {
            return Err(format!("{name} has one point only: say how to smooth it by --bandwidth."));
        }
        None => likeliest_bandwidth(&read.points),
    };
    let density = read.density(bandwidth).map_err(|error| format!("{name}: {error}"))?;
    let mut description = json!({
        "kind": "points",
        "file": name,
        "points": read.points.len(),
        "columns": read.taken.columns,
        "left_out": read.taken.left_out + read.taken.weightless,
        "taken": read.taken.to_string(),
        "bandwidth": bandwidth,
        "bandwidth_chosen_by": if settings.bandwidth.is_some() { "--bandwidth" } else { "leave-one-out likelihood" },
    });
    if let Some(fit) = fitted {
        description["fit"] = json!({ "scale": fit.scale, "centre": fit.centre });
    }
    Ok((density, description))
}

fn one_line(error: &dyn std::fmt::Display) -> String {
    error.to_string().split_whitespace().collect::<Vec<&str>>().join(" ").trim_end_matches('.').into()
}
