//! The page of Flowsketch: drawing pad, controls, the frame loop and the numbers. No mathematics lives here.
//!
//! What can be decided without a browser (stopping, sentences, numbers, the plot) builds natively
//! too, with its tests.
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]

mod plot;
mod sentence;
mod stopping;

#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(target_arch = "wasm32")]
mod backend;
#[cfg(target_arch = "wasm32")]
mod bring;
#[cfg(target_arch = "wasm32")]
mod capability;
#[cfg(target_arch = "wasm32")]
mod controls;
#[cfg(target_arch = "wasm32")]
mod frame;
#[cfg(target_arch = "wasm32")]
mod keys;
#[cfg(target_arch = "wasm32")]
mod link;
#[cfg(target_arch = "wasm32")]
mod on_gpu;
#[cfg(target_arch = "wasm32")]
mod on_worker;
#[cfg(target_arch = "wasm32")]
mod pad;
#[cfg(target_arch = "wasm32")]
mod page;
#[cfg(target_arch = "wasm32")]
mod readout;
#[cfg(target_arch = "wasm32")]
mod settings;
#[cfg(target_arch = "wasm32")]
mod speed;
#[cfg(target_arch = "wasm32")]
mod stage;
#[cfg(target_arch = "wasm32")]
mod strokes;
#[cfg(target_arch = "wasm32")]
mod target;
#[cfg(target_arch = "wasm32")]
mod tools;
#[cfg(target_arch = "wasm32")]
mod wiring;

#[cfg(target_arch = "wasm32")]
fn main() {
    wiring::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("This is the page's program; it runs in a browser. Build the page with `trunk build --release`.");
}
