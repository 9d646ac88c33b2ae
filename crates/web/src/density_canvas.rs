//! Densities as pictures on 2-D canvases, in the colours of the heat map.

use flowsketch_core::style::Style;
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

const LEVELS: usize = 1024;

/// The colours of one theme, for densities divided by their maximum.
pub struct Inks {
    levels: Vec<[u8; 3]>,
}

impl Inks {
    pub fn new(dark: bool) -> Self {
        // The square root shows thin ink too, as the logarithm of the flow's map does.
        let share = |level: usize| (level as f64 / (LEVELS - 1) as f64).sqrt();
        Self { levels: (0..LEVELS).map(|level| Style::colour(dark, share(level))).collect() }
    }

    /// Fills `canvas`, of `side` × `side` pixels, with densities divided by their maximum, in reading order.
    pub fn paint(&self, canvas: &HtmlCanvasElement, side: u32, shares: impl Iterator<Item = f32>) {
        let colour = |share: f32| self.levels[((share * (LEVELS - 1) as f32) as usize).min(LEVELS - 1)];
        paint(canvas, side, shares.map(colour));
    }
}

/// Fills the one row of `canvas` with the colour scale, of densities or of differences.
pub fn paint_scale(canvas: &HtmlCanvasElement, dark: bool, difference: bool) {
    let width = canvas.width();
    let colour = if difference { Style::difference_colour } else { Style::colour };
    paint(canvas, width, (0..width).map(|x| colour(dark, (f64::from(x) + 0.5) / f64::from(width))));
}

fn paint(canvas: &HtmlCanvasElement, width: u32, colours: impl Iterator<Item = [u8; 3]>) {
    let bytes: Vec<u8> = colours.flat_map(|[r, g, b]| [r, g, b, 255]).collect();
    put(canvas, width, &bytes);
}

/// Fills `canvas` with pixels (RGBA) in rows of `width`.
pub fn put(canvas: &HtmlCanvasElement, width: u32, pixels: &[u8]) {
    let context = context(canvas).expect("a canvas without another context has a 2-D one");
    let image = ImageData::new_with_u8_clamped_array(Clamped(pixels), width).expect("the rows are whole");
    context.put_image_data(&image, 0.0, 0.0).expect("the image is no foreign one");
}

/// The 2-D context of a canvas, unless it has one of another kind.
pub fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    // Pictures made by the program are drawn fastest on a canvas in CPU memory; on another, the first takes 50 ms.
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &"willReadFrequently".into(), &true.into()).expect("a new object takes any value");
    canvas.get_context_with_context_options("2d", &options).ok()??.dyn_into().ok()
}
