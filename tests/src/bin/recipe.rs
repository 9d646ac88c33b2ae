//! `cargo run --release -p flowsketch-tests --bin recipe [EVALUATIONS [NAME...]]`
//!
//! Trains the default recipe on the eight data sets, or those named, at ε = 1 and ε = 0.2 and prints, as a Markdown table, `kl_source` on
//! the way and at the end (1e7 evaluations unless another number is given), and evaluations per second.

use flowsketch_core::config::Config;
use flowsketch_core::measure::Preset;
use flowsketch_core::session::{MAX_STEPS, Report, Session, Work};
use flowsketch_tests::device::{finish, gpu};
use std::time::{Duration, Instant};

/// Evaluations at which the flow is measured.
const MARKS: [u64; 4] = [250_000, 1_000_000, 2_500_000, 10_000_000];
/// Steps of one submission: enough to keep the adapter busy, few enough to stop near a mark.
const STEPS: u32 = 8;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let limit = arguments.next().map_or(MARKS[3], |text| match text.parse::<f64>() {
        Ok(number) if number >= 1.0 => number as u64,
        _ => refuse("EVALUATIONS is a number such as 1e6", &text),
    });
    let mut presets: Vec<Preset> = arguments
        .map(|name| Preset::from_name(&name).unwrap_or_else(|| refuse("NAME is that of a preset", &name)))
        .collect();
    if presets.is_empty() {
        presets = Preset::ALL.into_iter().filter(|&preset| preset != Preset::Gaussian).collect();
    }
    let marks: Vec<u64> = MARKS.into_iter().filter(|&mark| mark < limit).chain([limit]).collect();
    println!("Adapter: {}.\n", gpu().name);
    let heads: Vec<String> = marks.iter().map(|mark| format!("KL at {:.1e}", *mark as f64)).collect();
    println!("| source | ε | {} | TV | ψ against φ's transform | evaluations/s |", heads.join(" | "));
    println!("|---|---|{}---|---|---|", "---|".repeat(marks.len()));
    for epsilon in [1.0, 0.2] {
        for &preset in &presets {
            let mut session = Session::new(gpu(), Config { epsilon, ..Config::default() }, &preset.density());
            let mut training = Duration::ZERO;
            let reports: Vec<Report> = marks
                .iter()
                .map(|&mark| {
                    let start = Instant::now();
                    while session.evaluations() < mark {
                        submit(&mut session, STEPS.min(MAX_STEPS), false);
                    }
                    training += start.elapsed();
                    submit(&mut session, 0, true).expect("the submission asked for a report")
                })
                .collect();
            let last = reports[reports.len() - 1].metrics;
            let kl: Vec<String> = reports.iter().map(|report| format!("{:.4}", report.metrics.kl_source)).collect();
            println!(
                "| {} | {epsilon} | {} | {:.3} | {:.3} | {:.0} |",
                preset.name(),
                kl.join(" | "),
                last.tv_source,
                last.maximality_phi,
                session.evaluations() as f64 / training.as_secs_f64(),
            );
        }
    }
}

fn refuse(rule: &str, text: &str) -> ! {
    eprintln!("recipe [EVALUATIONS [NAME...]]: {rule}, not {text:?}.");
    std::process::exit(2);
}

fn submit(session: &mut Session, steps: u32, recover: bool) -> Option<Report> {
    session.submit(&Work { steps, recover, time: 0.0 }, None);
    finish(gpu());
    session.poll()
}
