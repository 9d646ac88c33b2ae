//! Vectors of the processor: one text of each loop, compiled for each width.

pub mod elementary;
pub mod product;
#[cfg(all(target_arch = "wasm32", feature = "relaxed-simd"))]
pub mod relaxed;
pub mod width;
