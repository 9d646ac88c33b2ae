//! The program that carries out runs in a worker: requests in, slices of work, answers out.

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
