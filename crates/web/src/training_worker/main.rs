//! The program of the training worker, which computes runs: it takes requests, works in slices, and sends answers.

#[cfg(target_arch = "wasm32")]
fn main() {
    program::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("This is the program of the page's worker; it runs in a browser.");
}

#[cfg(target_arch = "wasm32")]
mod program;
