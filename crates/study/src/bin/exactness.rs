//! `cargo run --release -p flowsketch-study --bin exactness [NAME...]`
//!
//! Prints a Markdown table for thin sources and the presets: the lattice of the exact flow, its distance from the exact
//! flow on a lattice three times finer, and the time to solve for it without a starting point on this machine. With
//! NAME, only for sources whose name begins with it. A source without a formula is compared with its flow on the whole
//! density lattice.

use flowsketch_core::measure::Preset;
use flowsketch_study::exactness::{Exactness, exactness, finer};
use flowsketch_study::sources::{self, Source};

const EPSILONS: [f64; 3] = [0.05, 0.2, 1.0];

fn main() {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted =
        |source: &Source| names.is_empty() || names.iter().any(|name| source.name.starts_with(name.as_str()));
    println!("| source | σ | ε | lattice | against | L1 at t = 0.1 | ¼ | ½ | ¾ | sweeps | choice, ms | solve, ms |");
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    let thin = [sources::cross, sources::diagonals, sources::wave, sources::word, sources::circles, sources::dot];
    let lines = thin.into_iter().flat_map(|source| [0.03, 0.05, 0.08, 0.1].map(source));
    let drawn = [sources::thin_line(), sources::hard_line(), sources::image(), sources::photograph()];
    let mut worst: f64 = 0.0;
    for source in lines.chain(drawn).chain(Preset::ALL.map(sources::preset)).filter(is_wanted) {
        for epsilon in EPSILONS {
            let against = finer(&source, &source.density.flow_lattice(epsilon));
            let Exactness { lattice, l1, sweeps, elapsed, prepared } = exactness(&source, epsilon, against);
            let sigma = source.sigma.map_or("".into(), |sigma| sigma.to_string());
            let [a, b, c, d] = l1.map(|l1| format!("{l1:.1e}"));
            let [choice, solve] = [prepared, elapsed].map(|time| 1e3 * time.as_secs_f64());
            println!(
                "| {} | {sigma} | {epsilon} | {} | {against} | {a} | {b} | {c} | {d} | {sweeps} | {choice:.0} | {solve:.0} |",
                source.name, lattice.count
            );
            worst = l1.into_iter().fold(worst, f64::max);
        }
    }
    println!("\nLargest L1: {worst:.1e}.");
}
