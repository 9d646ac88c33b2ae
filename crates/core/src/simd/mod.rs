//! SIMD: one source of each loop, compiled for each vector width of the processor.

pub mod elementary;
pub mod product;
#[cfg(all(target_arch = "wasm32", feature = "relaxed-simd"))]
pub mod relaxed;
pub mod width;
