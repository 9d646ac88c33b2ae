//! `cargo run -p flowsketch-tests --bin shaders`
//!
//! Prints the shaders of the page as the browser gets them, as a JSON array of names and texts. A browser test compiles
//! them.

#[path = "../../../crates/core/strip.rs"]
mod strip;

use flowsketch_tests::contract::sources;

fn main() {
    // wgpu does not offer subgroups in browsers.
    let of_the_page = sources().into_iter().filter(|(name, _)| *name != "cotangent_subgroups");
    let stripped = of_the_page.map(|(name, code)| {
        let lines: Vec<String> = code.lines().map(strip::strip).collect();
        (name, lines.join("\n"))
    });
    println!("{}", serde_json::Value::from_iter(stripped.map(|(name, code)| serde_json::json!([name, code]))));
}
