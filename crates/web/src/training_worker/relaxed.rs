//! The training worker's program for engines that have fused multiply-add: feature `relaxed-simd`.

#[cfg(target_arch = "wasm32")]
fn main() {
    program::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("This is the program of the page's worker; it runs in a browser.");
}

#[cfg(target_arch = "wasm32")]
#[path = "program.rs"]
mod program;
