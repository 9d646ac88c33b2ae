//! The backend for machines without a GPU: one training step in f32, in tiles of rows that stay in the cache, vectors of
//! the width that the processor has, and all of its cores.
//!
//! It computes what the plain text beside it (`cpu::trainer`) says, stage by stage in the same order, and is tested equal
//! to it.

mod elementary;
mod monte_carlo;
mod product;
mod quadrature;
#[cfg(all(target_arch = "wasm32", feature = "relaxed-simd"))]
mod relaxed;
mod step;
mod tile;
mod trainer;
mod width;

pub use product::COLUMN_BLOCK;
pub use step::Portion;
pub use trainer::Trainer;
pub use width::Width;
