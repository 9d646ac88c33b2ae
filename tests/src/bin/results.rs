//! `cargo run --release -p flowsketch-tests --bin results [quadrature|paper] [EVALUATIONS [NAME...]]`
//!
//! Trains a recipe on the eight data sets, or those named, on the CPU, and prints what RESULTS.md shows: measures of the
//! flow against the exact one after so many evaluations (2e7 unless another number is given), as a Markdown table.

use flowsketch_core::audit::Completion;
use flowsketch_core::config::Config;
use flowsketch_core::cpu::sinkhorn::Stop;
use flowsketch_core::headless::{Run, Truth};
use flowsketch_core::measure::Preset;
use std::time::Instant;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let recipe = arguments.next().unwrap_or("quadrature".into());
    let (settings, epsilons): (Config, &[f64]) = match recipe.as_str() {
        "quadrature" => (Config::default(), &[1.0, 0.5, 0.2, 0.1]),
        "paper" => (Config::paper(), &[1.0]),
        _ => refuse("the recipe is quadrature or paper", &recipe),
    };
    let evaluations = arguments.next().map_or(20_000_000, |text| match text.parse::<f64>() {
        Ok(number) if number >= 1.0 => number as u64,
        _ => refuse("EVALUATIONS is a number such as 2e7", &text),
    });
    let mut presets: Vec<Preset> = arguments
        .map(|name| Preset::from_name(&name).unwrap_or_else(|| refuse("NAME is that of a preset", &name)))
        .collect();
    if presets.is_empty() {
        presets = Preset::ALL.into_iter().filter(|&preset| preset != Preset::Gaussian).collect();
    }
    println!(
        "| source | ε | KL | TV | L1 of ρ_t at ¼, ½, ¾ | velocity error at ¼, ½, ¾ | L1 of both networks | evaluations | seconds |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for &epsilon in epsilons {
        for &preset in &presets {
            let config = Config { epsilon, ..settings.clone() };
            let source = preset.density();
            let mut truth = Truth::new(&source, epsilon, config.flow_stride, &Stop::default());
            let mut run = Run::on_cpu(config, &source);
            let start = Instant::now();
            while run.evaluations() < evaluations {
                run.train(1).unwrap_or_else(|sentence| refuse("training failed", &sentence));
            }
            let seconds = start.elapsed().as_secs_f64();
            let (report, recovery) = run.measure().unwrap_or_else(|sentence| refuse("measuring failed", &sentence));
            let [phi, both] =
                [Completion::Transform, Completion::Network].map(|completion| truth.audit(&recovery, completion));
            println!(
                "| {} | {epsilon} | {:.4} | {:.3} | {} | {} | {} | {:.1e} | {seconds:.0} |",
                preset.name(),
                report.metrics.kl_source,
                report.metrics.tv_source,
                three(phi.l1_rho, 4),
                three(phi.velocity_error, 5),
                three(both.l1_rho, 4),
                report.evaluations as f64,
            );
        }
    }
}

fn three(values: [f64; 3], digits: usize) -> String {
    values.map(|value| format!("{value:.digits$}")).join(", ")
}

fn refuse(rule: &str, text: &str) -> ! {
    eprintln!("results [quadrature|paper] [EVALUATIONS [NAME...]]: {rule}, not {text:?}.");
    std::process::exit(2);
}
