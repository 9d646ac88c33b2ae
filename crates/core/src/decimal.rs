//! Decimals as people write them.

/// The finite number that `text` says; whoever asks decides which spellings there are, those of Rust and of JavaScript
/// differ.
pub fn parse(text: &str) -> Option<f64> {
    read(text).filter(|number| number.is_finite())
}

/// In a browser by its own means: those of Rust bring a table of 10 kB with them.
#[cfg(target_arch = "wasm32")]
fn read(text: &str) -> Option<f64> {
    Some(wasm_bindgen::JsValue::from_str(text).unchecked_into_f64())
}

#[cfg(not(target_arch = "wasm32"))]
fn read(text: &str) -> Option<f64> {
    text.parse().ok()
}
