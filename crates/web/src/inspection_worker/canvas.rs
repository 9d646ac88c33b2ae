//! A canvas of the worker's own.

use wasm_bindgen::JsCast;
use web_sys::{OffscreenCanvas, OffscreenCanvasRenderingContext2d};

pub struct Canvas {
    pub element: OffscreenCanvas,
    pub context: OffscreenCanvasRenderingContext2d,
}

impl Canvas {
    /// A canvas of at least 1 × 1 pixels; none if the browser has no canvas for workers, or none of this size.
    pub fn new(width: f64, height: f64) -> Option<Self> {
        let element = OffscreenCanvas::new(width.max(1.0) as u32, height.max(1.0) as u32).ok()?;
        let context = element.get_context("2d").ok()??.dyn_into().ok()?;
        Some(Self { element, context })
    }
}
