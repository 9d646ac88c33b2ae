//! Reads imported sources: the browser decodes images and draws words, `flowsketch_worker::import` does the rest.

use crate::canvas::Canvas;
use flowsketch_core::measure::{Density, Import, Levels};
use flowsketch_protocol::worker::{Answer, Imported, Material};
use flowsketch_worker::import::{check_size, ink, is_points, points, short};
use flowsketch_worker::vector::{is_vector, sized};
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, DedicatedWorkerGlobalScope, ImageBitmap};

/// Pixels of the longer side of an image, at most: far finer than the lattice; larger ones are made smaller.
const LARGEST_SIDE: f64 = 2048.0;
/// Font size of a word in pixels, and its largest number of letters.
const FONT_SIZE: f64 = 160.0;
const MOST_LETTERS: usize = 24;
/// Space around a word, as a fraction of its longer side.
const MARGIN: f64 = 0.06;

/// The imported source, or a vector image that the page must draw first.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub async fn import(
    scope: &DedicatedWorkerGlobalScope,
    material: Material,
    file: Option<Blob>,
    fit: bool,
    levels: &Levels,
) -> Result<Answer, String> {
    let imported = match material {
        Material::Word(word) => {
            let name = format!("the word “{word}”");
            let canvas = write(word.trim())?;
            let Imported { import, .. } = image(&canvas, &Levels::default(), name.clone(), &name)?;
            Imported { import, levels: None }
        }
        Material::Rows(text) => match (points(text.as_bytes(), fit, "What was pasted"), file) {
            (Err(_), Some(picture)) => {
                let canvas = decode(scope, &picture, "The pasted image").await?;
                image(&canvas, levels, "the pasted image".into(), "The pasted image")?
            }
            (points, _) => of_points("the pasted points".into(), points?),
        },
        Material::File(full_name) => {
            let file = file.ok_or("The file is missing.")?;
            let name = short(&full_name);
            check_size(file.size(), &name)?;
            // What the page has drawn comes back with another type.
            if is_vector(&full_name, &file.type_()) && file.type_() != "image/png" {
                let text = String::from_utf8_lossy(&bytes(&file, &name).await?).into_owned();
                let (text, size) = sized(&text, &name)?;
                return Ok(Answer::Vector { text, size });
            }
            let is_image = file.type_().starts_with("image/");
            let bytes = if is_image { vec![] } else { bytes(&file, &name).await? };
            if !is_image && (file.type_().starts_with("text/") || is_points(&full_name, &bytes)) {
                of_points(format!("the points of {name}"), points(&bytes, fit, &name)?)
            } else {
                let canvas = decode(scope, &file, &name).await?;
                image(&canvas, levels, format!("the image {name}"), &name)?
            }
        }
    };
    Ok(Answer::Imported(Ok(imported)))
}

async fn bytes(file: &Blob, name: &str) -> Result<Vec<u8>, String> {
    let buffer = JsFuture::from(file.array_buffer()).await.map_err(|_| format!("{name} cannot be read."))?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

fn of_points(name: String, (density, aside): (Density, Option<String>)) -> Imported {
    Imported { import: Import { name: with_aside(name, aside), density }, levels: None }
}

/// A name, and what was taken where that is not obvious.
fn with_aside(name: String, aside: Option<String>) -> String {
    aside.map_or_else(|| name.clone(), |aside| format!("{name} ({aside})"))
}

/// The error in a browser without canvases for workers.
const NO_CANVAS: &str = "This browser gives no canvas to a worker: images and words cannot be read here.";

async fn decode(scope: &DedicatedWorkerGlobalScope, file: &Blob, name: &str) -> Result<Canvas, String> {
    let unreadable =
        |_: JsValue| format!("{name} cannot be read as an image; a source is an image or a file of points.");
    let bitmap = scope.create_image_bitmap_with_blob(file).map_err(unreadable)?;
    let bitmap: ImageBitmap = JsFuture::from(bitmap).await.map_err(unreadable)?.unchecked_into();
    let [width, height] = [bitmap.width(), bitmap.height()].map(f64::from);
    let scale = (LARGEST_SIDE / width.max(height)).min(1.0);
    let [width, height] = [width, height].map(|side| (scale * side).round().max(1.0));
    let canvas = Canvas::new(width, height).ok_or(NO_CANVAS)?;
    canvas.context.draw_image_with_image_bitmap_and_dw_and_dh(&bitmap, 0.0, 0.0, width, height).map_err(unreadable)?;
    bitmap.close();
    Ok(canvas)
}

/// A word on a canvas of the size of its letters, with a margin.
fn write(word: &str) -> Result<Canvas, String> {
    let letters = word.chars().count();
    if letters == 0 || letters > MOST_LETTERS {
        return Err(format!("A word has 1 to {MOST_LETTERS} letters."));
    }
    let font = format!("bold {FONT_SIZE}px system-ui, sans-serif");
    let measured = Canvas::new(1.0, 1.0).and_then(|Canvas { context, .. }| {
        context.set_font(&font);
        context.measure_text(word).ok()
    });
    let size = measured.ok_or(NO_CANVAS)?;
    let [left, right] = [size.actual_bounding_box_left(), size.actual_bounding_box_right()].map(f64::ceil);
    let [above, below] = [size.actual_bounding_box_ascent(), size.actual_bounding_box_descent()].map(f64::ceil);
    let margin = (MARGIN * (left + right).max(above + below)).ceil();
    let canvas = Canvas::new(left + right + 2.0 * margin, above + below + 2.0 * margin).ok_or(NO_CANVAS)?;
    canvas.context.set_font(&font);
    canvas.context.fill_text(word, left + margin, above + margin).map_err(|_| NO_CANVAS)?;
    Ok(canvas)
}

/// The ink of a canvas as a source of that name; `what` is its name in an error.
fn image(canvas: &Canvas, levels: &Levels, name: String, what: &str) -> Result<Imported, String> {
    let Canvas { element, context } = canvas;
    let (width, height) = (element.width(), element.height());
    let image = context.get_image_data(0.0, 0.0, width.into(), height.into()).map_err(|_| NO_CANVAS)?;
    let ink = ink(&image.data(), width as usize, levels, what)?;
    let levels = Levels { subtract: levels.subtract, invert: Some(ink.invert), level: Some(ink.level) };
    let import = Import { name: with_aside(name, ink.aside()), density: ink.density };
    Ok(Imported { import, levels: Some(levels) })
}
