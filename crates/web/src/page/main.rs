//! The page of Flowsketch: drawing pad, controls, the frame loop and the numbers. It contains no mathematics.
//!
//! Imports go down this list only: `start`; `listeners` and `speed`, which hold the state as `shared`; `app`, which
//! brings the parts of the state together; `model`, a struct for each part; `backend`, where a run is computed;
//! `widgets`, the elements of the page. What can be decided without a browser (early stopping, sentences, the plot)
//! builds natively too, with its tests.
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "only tests call it natively"))]

mod model;
mod widgets;

#[cfg(target_arch = "wasm32")]
mod action;
#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(target_arch = "wasm32")]
mod backend;
#[cfg(target_arch = "wasm32")]
mod capability;
#[cfg(target_arch = "wasm32")]
mod device;
#[cfg(target_arch = "wasm32")]
mod listeners;
#[cfg(target_arch = "wasm32")]
mod replay;
#[cfg(target_arch = "wasm32")]
mod shared;
#[cfg(target_arch = "wasm32")]
mod speed;
#[cfg(target_arch = "wasm32")]
mod start;

#[cfg(target_arch = "wasm32")]
fn main() {
    start::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("This is the page's program; it runs in a browser. Build the page with `trunk build --release`.");
}
