//! The panels of the page, a program of their own that is loaded some seconds after the first picture: the film strip,
//! files, comparisons, the Gaussian laboratory, and more.

#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "only tests call it natively"))]
mod curves;
#[cfg(target_arch = "wasm32")]
mod program;
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "only tests call it natively"))]
mod verdict;

#[cfg(target_arch = "wasm32")]
fn main() {
    program::start::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("This is the program of the page's panels; it runs in a browser.");
}
