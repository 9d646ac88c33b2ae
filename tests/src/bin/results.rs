//! `cargo run --release -p flowsketch-tests --bin results [quadrature|paper] [EVALUATIONS [NAME...]]`
//!
//! Trains a recipe on the eight data sets, or those named, on the CPU, and prints what RESULTS.md shows: measures of the
//! flow against the exact one after so many evaluations (2e7 unless another number is given), as a Markdown table.

use flowsketch_core::audit::Completion;
use flowsketch_core::config::Config;
use flowsketch_core::cpu::sinkhorn::Stop;
use flowsketch_core::headless::{Run, Truth};
use flowsketch_core::measure::{Density, Preset, Sampler};
use flowsketch_core::metrics::Recovery;
use flowsketch_core::sampling::{PotentialPair, energy_distance, normal_points, transport};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use std::time::{Duration, Instant};

/// The flow is measured on the way too, so that a run that runs away is noticed.
const MEASURE_EVERY: u64 = 1_000_000;
/// Points of each sample, and the local error of the steps that carry them.
const SAMPLE: usize = 2000;
const TOLERANCE: f64 = 1e-3;

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
        "| source | ε | KL at 1e6 | KL | TV | L1 of ρ_t | velocity error | L1, both networks | energy distance | \
         of fresh samples | evaluations | seconds |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for &epsilon in epsilons {
        for &preset in &presets {
            let config = Config { epsilon, ..settings.clone() };
            println!("{}", row(preset, config, evaluations).unwrap_or_else(|why| refuse("training failed", &why)));
        }
    }
}

/// Trains and measures.
fn row(preset: Preset, config: Config, evaluations: u64) -> Result<String, String> {
    let (epsilon, seed) = (config.epsilon, config.seed);
    let source = preset.density();
    let mut truth = Truth::new(&source, epsilon, config.flow_stride, &Stop::default());
    let mut run = Run::on_cpu(config, &source);
    let (mut training, mut early) = (Duration::ZERO, None);
    let mut next = MEASURE_EVERY;
    let (report, recovery) = loop {
        let start = Instant::now();
        while run.evaluations() < next.min(evaluations) {
            run.train(1)?;
        }
        training += start.elapsed();
        let measured = run.measure()?;
        early = early.or(Some(measured.0.metrics.kl_source));
        if run.evaluations() >= evaluations {
            break measured;
        }
        next += MEASURE_EVERY;
    };
    let [phi, both] = [Completion::Transform, Completion::Network].map(|completion| truth.audit(&recovery, completion));
    let [generated, fresh] = distances_of_samples(&source, &truth, &recovery, seed);
    // What is not a number is worst of all.
    let largest = |values: [f64; 3]| values.into_iter().fold(0.0, |a, b| if b > a || b.is_nan() { b } else { a });
    let note =
        run.runaway().map_or(String::new(), |runaway| format!(" (ran away by {:.1e})", runaway.evaluations as f64));
    Ok(format!(
        "| {} | {epsilon} | {:.4} | {:.4} | {:.3} | {:.4} | {:.1e} | {:.4} | {generated:.4} | {fresh:.4} | {:.1e}{note} | {:.0} |",
        preset.name(),
        early.unwrap_or(f64::NAN),
        report.metrics.kl_source,
        report.metrics.tv_source,
        largest(phi.l1_rho),
        largest(phi.velocity_error),
        largest(both.l1_rho),
        report.evaluations as f64,
        training.as_secs_f64(),
    ))
}

/// Energy distance of fresh points of the source to points of the Normal that flowed back to t = 0, and to as many other
/// fresh points: what is left of it where nothing is wrong.
fn distances_of_samples(source: &Density, truth: &Truth, recovery: &Recovery, seed: u64) -> [f64; 2] {
    let double = |field: &[f32]| field.iter().map(|&v| f64::from(v)).collect::<Vec<f64>>();
    let pair = PotentialPair::new(&truth.lattice, recovery.epsilon, &double(&recovery.u), &double(&recovery.w));
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let generated = transport(&pair, &normal_points(SAMPLE, &mut rng), 1.0, 0.0, TOLERANCE).points;
    let sampler = Sampler::new(source);
    let [data, other] = [(); 2].map(|()| sampler.independent(SAMPLE, &mut rng));
    [generated, other].map(|sample| energy_distance(&sample, &data))
}

fn refuse(rule: &str, text: &str) -> ! {
    eprintln!("results [quadrature|paper] [EVALUATIONS [NAME...]]: {rule}, not {text:?}.");
    std::process::exit(2);
}
