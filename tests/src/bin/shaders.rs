//! `cargo run -p flowsketch-tests --bin shaders`
//!
//! Prints the shaders of the page as the browser gets them, a JSON array of names and texts, for a browser to judge.

#[path = "../../../crates/core/strip.rs"]
mod strip;

use flowsketch_tests::contract::sources;

fn main() {
    // Browsers have no subgroups through wgpu.
    let of_the_page = sources().into_iter().filter(|(name, _)| *name != "cotangent_subgroups");
    let stripped = of_the_page.map(|(name, code)| {
        let lines: Vec<String> = code.lines().map(strip::strip).collect();
        (name, lines.join("\n"))
    });
    println!("{}", serde_json::Value::from_iter(stripped.map(|(name, code)| serde_json::json!([name, code]))));
}
