//! The elements of the page: each knows only its own appearance.

pub mod plot;

#[cfg(target_arch = "wasm32")]
pub mod controls;
#[cfg(target_arch = "wasm32")]
pub mod import_form;
#[cfg(target_arch = "wasm32")]
pub mod legend;
#[cfg(target_arch = "wasm32")]
pub mod pad;
#[cfg(target_arch = "wasm32")]
pub mod page;
#[cfg(target_arch = "wasm32")]
pub mod readout;
#[cfg(target_arch = "wasm32")]
pub mod settings;
#[cfg(target_arch = "wasm32")]
pub mod speed_panel;
#[cfg(target_arch = "wasm32")]
pub mod stage;
