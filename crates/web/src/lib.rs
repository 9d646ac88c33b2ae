//! What the programs of the page share: elements, listeners, frames, workers, numbers.
//!
//! The page has four programs: the page itself (`main.rs`), its tools, which are loaded when it has come to rest, and
//! those of its workers (`bin`).

pub mod axis;
pub mod number;

#[cfg(target_arch = "wasm32")]
pub mod answers;
#[cfg(target_arch = "wasm32")]
pub mod dom;
#[cfg(target_arch = "wasm32")]
pub mod ink;
#[cfg(target_arch = "wasm32")]
pub mod line;
#[cfg(target_arch = "wasm32")]
pub mod listener;
#[cfg(target_arch = "wasm32")]
pub mod port;
#[cfg(target_arch = "wasm32")]
pub mod ticker;
