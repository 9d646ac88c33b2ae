//! Puts what `flowsketch_worker::export` made into a file; the browser encodes pictures as PNG.

use crate::canvas::Canvas;
use flowsketch_worker::export::Content;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{Clamped, JsCast};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ImageData};

/// Gap between the pictures of a strip and around it, and height of captions, as fractions of the side of a picture.
const GAP: f64 = 0.03;
const CAPTION: f64 = 0.09;

/// The file of `content`.
///
/// # Errors
/// A sentence, where the browser makes no such file.
pub async fn file(content: Content) -> Result<Blob, String> {
    match content {
        Content::Bytes(bytes) => {
            let parts = Array::of1(&Uint8Array::from(bytes.as_slice()));
            Blob::new_with_u8_array_sequence(&parts).map_err(|_| "The browser has no room for the file.".into())
        }
        Content::Pictures { side, panels, dark } => {
            let png = draw(side, &panels, dark).and_then(|canvas| canvas.element.convert_to_blob().ok());
            let png = png.ok_or("This browser gives no canvas of this size to a worker: there is no picture.")?;
            let png = JsFuture::from(png).await.map_err(|_| "The browser makes no picture of this size.")?;
            Ok(png.unchecked_into())
        }
    }
}

fn draw(side: u32, panels: &[(&str, Vec<u8>)], dark: bool) -> Option<Canvas> {
    let (length, is_strip) = (f64::from(side), panels.len() > 1);
    let (gap, caption) = if is_strip { ((GAP * length).round(), CAPTION * length) } else { (0.0, 0.0) };
    let count = panels.len() as f64;
    let canvas = Canvas::new(count * (length + gap) + gap, length + caption + gap)?;
    let context = &canvas.context;
    let [paper, ink] = if dark { ["#181c22", "#e9ebee"] } else { ["#ffffff", "#1a1d21"] };
    context.set_fill_style_str(paper);
    context.fill_rect(0.0, 0.0, f64::from(canvas.element.width()), f64::from(canvas.element.height()));
    context.set_fill_style_str(ink);
    context.set_font(&format!("{}px system-ui, sans-serif", (0.55 * caption) as u32));
    context.set_text_align("center");
    for (k, (text, pixels)) in panels.iter().enumerate() {
        let left = gap + k as f64 * (length + gap);
        let image = ImageData::new_with_u8_clamped_array(Clamped(pixels), side).ok()?;
        context.put_image_data(&image, left, caption.ceil()).ok()?;
        context.fill_text(text, left + 0.5 * length, 0.7 * caption).ok()?;
    }
    Some(canvas)
}
