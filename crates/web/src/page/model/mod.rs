//! The state of the page, a struct for each part. A part uses another one only for what it shows.

pub mod early_stopping;
pub mod live;
pub mod playback;
pub mod status_line;

#[cfg(target_arch = "wasm32")]
pub mod address;
#[cfg(target_arch = "wasm32")]
pub mod compute;
#[cfg(target_arch = "wasm32")]
pub mod display;
#[cfg(target_arch = "wasm32")]
pub mod panels;
#[cfg(target_arch = "wasm32")]
pub mod run;
#[cfg(target_arch = "wasm32")]
pub mod source;
#[cfg(target_arch = "wasm32")]
pub mod target;
