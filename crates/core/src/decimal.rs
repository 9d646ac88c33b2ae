//! Decimal numbers in text.

/// The finite number written in `text`. Rust and JavaScript accept different spellings, so the caller checks beforehand
/// that the text has only those that it allows.
pub fn parse(text: &str) -> Option<f64> {
    read(text).filter(|number| number.is_finite())
}

/// In a browser by JavaScript's parser: that of Rust would add a table of 10 kB to the page.
#[cfg(target_arch = "wasm32")]
fn read(text: &str) -> Option<f64> {
    Some(wasm_bindgen::JsValue::from_str(text).unchecked_into_f64())
}

#[cfg(not(target_arch = "wasm32"))]
fn read(text: &str) -> Option<f64> {
    text.parse().ok()
}
