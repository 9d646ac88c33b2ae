//! `cargo run --release -p flowsketch-study --bin results [quadrature|paper] [EVALUATIONS [NAME...]]`
//! `cargo run --release -p flowsketch-study --bin results thin|drawings [NUMBER...]`
//!
//! Prints what RESULTS.md shows, as Markdown tables. `quadrature` and `paper` train a recipe on the eight data sets, or
//! those named, on the CPU, and measure the flow against the exact one after so many evaluations (2e7 unless another
//! number is given). `thin` trains the default recipe on thin sources, five seeds each, and reports whether KL rises
//! again.
//! `drawings` trains it on 200 random drawings, or on those with the given numbers.

use flowsketch_core::config::Config;
use flowsketch_core::cpu::session::CpuSession;
use flowsketch_core::exact::sinkhorn::Stop;
use flowsketch_core::headless::{ExactReference, Run};
use flowsketch_core::measure::{Brush, Density, Drawing, Preset, Sampler, Target, Tool};
use flowsketch_core::numeric::normal_points;
use flowsketch_core::potentials::{SecondPotential, TabulatedPotentials};
use flowsketch_core::sampling::{PointwiseFlow, energy_distance, transport};
use flowsketch_study::sources::{self, Source};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use std::time::{Duration, Instant};

/// KL is also measured after so many evaluations.
const EARLY: [u64; 2] = [200_000, 2_000_000];
/// The flow is also measured after every so many evaluations, so that a run that diverges is noticed.
const MEASURE_EVERY: u64 = 2_000_000;
/// Points of each sample, and the local error of the ODE solver's steps that move them.
const SAMPLE: usize = 2000;
const TOLERANCE: f64 = 1e-3;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let table = arguments.next().unwrap_or("quadrature".into());
    let (settings, epsilons): (Config, &[f64]) = match table.as_str() {
        "thin" => return thin(),
        "drawings" => {
            let number = |text: String| text.parse().unwrap_or_else(|_| refuse("a drawing is a whole number", &text));
            return drawings(arguments.map(number).collect());
        }
        "quadrature" => (Config::default(), &[1.0, 0.2, 0.1, 0.05]),
        "paper" => (Config::paper(), &[1.0]),
        _ => refuse("the table is quadrature, paper, thin or drawings", &table),
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
        "| source | ε | KL at 2e5 | KL at 2e6 | KL | TV | L1 of ρ_t | velocity error | L1, both networks | \
         energy distance | of fresh samples | evaluations | seconds |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    for &epsilon in epsilons {
        for &preset in &presets {
            let config = Config { epsilon, ..settings.clone() };
            println!("{}", row(preset, config, evaluations).unwrap_or_else(|why| refuse("training failed", &why)));
        }
    }
}

/// Evaluations after which KL is measured on thin sources and drawings.
const MARKS: [u64; 5] = [100_000, 200_000, 500_000, 1_000_000, 2_000_000];

/// KL of a run of the default recipe at each of [`MARKS`]; none if the run diverged or KL is not finite.
fn kl_at_marks(density: &Density, epsilon: f64, seed: u64) -> Option<Vec<f64>> {
    let mut session = CpuSession::new(Config { epsilon, seed, ..Config::default() }, density, Target::Normal);
    let measured = MARKS.into_iter().map(|mark| {
        while session.evaluations() < mark {
            session.train(1);
        }
        let kl = session.tabulate().metrics.kl_source;
        (kl.is_finite() && session.divergence().is_none()).then_some(kl)
    });
    measured.collect()
}

fn thin() {
    let of_lines = [sources::cross, sources::diagonals, sources::wave, sources::word, sources::circles];
    let lines = of_lines.into_iter().flat_map(|source| [0.03, 0.06, 0.1].map(source));
    let others = [sources::dot(0.05), sources::dot_and_blob(0.05), sources::line_and_blob(0.04)];
    println!("| source | σ | ε | KL at 2e5, largest of five seeds | at 2e6 | largest rise above the best so far |");
    println!("|---|---|---|---|---|---|");
    for source in lines.chain(others) {
        for epsilon in [0.05, 0.2, 1.0] {
            println!("{}", thin_row(&source, epsilon));
        }
    }
}

fn thin_row(source: &Source, epsilon: f64) -> String {
    let runs: Vec<Option<Vec<f64>>> = (0..5).map(|seed| kl_at_marks(&source.density, epsilon, seed)).collect();
    let start = format!("| {} | {} | {epsilon} |", source.name, source.sigma.unwrap_or(f64::NAN));
    let Some(runs) = runs.into_iter().collect::<Option<Vec<_>>>() else {
        return format!("{start} diverged | | |");
    };
    let largest = |mark: usize| runs.iter().map(|run| run[mark]).fold(0.0, f64::max);
    let rise = |run: &Vec<f64>| {
        let best = |k: usize| run[..k].iter().copied().fold(f64::INFINITY, f64::min);
        (1..run.len()).map(|k| run[k] / best(k)).fold(0.0, f64::max)
    };
    let rises = runs.iter().map(rise).fold(0.0, f64::max);
    format!("{start} {:.1e} | {:.1e} | {rises:.2} |", largest(1), largest(4))
}

/// 200 drawings of 1 to 12 strokes by brushes of any size and softness, each at a random ε.
fn drawings(mut numbers: Vec<u64>) {
    if numbers.is_empty() {
        numbers = (0..200).collect();
    }
    let mut kls: Vec<Vec<f64>> = vec![];
    let (mut lost, mut ends) = (0, vec![]);
    for number in numbers {
        let mut rng = ChaCha8Rng::seed_from_u64(number);
        let (drawing, words) = random_drawing(&mut rng);
        let epsilon = 0.05 * 40f64.powf(rng.random::<f64>());
        let Ok(density) = drawing.density() else { continue };
        match kl_at_marks(&density, epsilon, number) {
            None => lost += 1,
            Some(kl) => {
                ends.push((kl[MARKS.len() - 1], format!("drawing {number}, ε = {epsilon:.3}, {words}")));
                kls.push(kl);
            }
        }
    }
    println!("| evaluations | KL, median | nine tenths are below | largest |");
    println!("|---|---|---|---|");
    for (k, mark) in MARKS.into_iter().enumerate() {
        let mut at: Vec<f64> = kls.iter().map(|kl| kl[k]).collect();
        at.sort_by(f64::total_cmp);
        // No drawing may have come to an end.
        let quantile =
            |share: f64| at.get((at.len().saturating_sub(1) as f64 * share) as usize).map_or(f64::NAN, |kl| *kl);
        println!("| {:.0e} | {:.4} | {:.4} | {:.4} |", mark as f64, quantile(0.5), quantile(0.9), quantile(1.0));
    }
    println!("\n{} drawings; diverged or not finite: {lost}. The five largest at the end:\n", kls.len());
    ends.sort_by(|a, b| b.0.total_cmp(&a.0));
    ends.iter().take(5).for_each(|(kl, words)| println!("* {kl:.4}: {words}"));
}

fn random_drawing(rng: &mut ChaCha8Rng) -> (Drawing, String) {
    let mut drawing = Drawing::default();
    let strokes = rng.random_range(1..=12);
    let mut smallest = Brush { radius: f64::INFINITY, softness: 0.0 };
    for _ in 0..strokes {
        let brush = Brush { radius: 0.05 * 16f64.powf(rng.random::<f64>()), softness: rng.random() };
        if brush.radius < smallest.radius {
            smallest = brush;
        }
        let mut at = [0; 2].map(|_| 7.0 * rng.random::<f64>() - 3.5);
        let mut heading = std::f64::consts::TAU * rng.random::<f64>();
        drawing.begin(Tool::Draw, brush, at);
        for _ in 0..rng.random_range(1..40) {
            heading += 0.8 * (rng.random::<f64>() - 0.5);
            at = [at[0] + 0.2 * heading.cos(), at[1] + 0.2 * heading.sin()].map(|c: f64| c.clamp(-3.9, 3.9));
            drawing.extend(at);
        }
        drawing.end();
    }
    let Brush { radius, softness } = smallest;
    (drawing, format!("strokes {strokes}, smallest brush of radius {radius:.3} and softness {softness:.2}"))
}

/// Trains on one data set and measures: a row of the table.
fn row(preset: Preset, config: Config, evaluations: u64) -> Result<String, String> {
    let (epsilon, seed) = (config.epsilon, config.seed);
    let source = preset.density();
    let mut truth = ExactReference::new(&source, &Target::Normal, epsilon, &Stop::default());
    let mut run = Run::on_cpu(config, &source, Target::Normal);
    let (mut training, mut early) = (Duration::ZERO, [f64::NAN; 2]);
    let mut next = EARLY[0];
    let (report, tabulation) = loop {
        let start = Instant::now();
        while run.evaluations() < next.min(evaluations) {
            run.train(1)?;
        }
        training += start.elapsed();
        let measured = run.measure()?;
        if let Some(place) = EARLY.iter().position(|&mark| mark == next) {
            early[place] = measured.0.metrics.kl_source;
        }
        if run.evaluations() >= evaluations {
            break measured;
        }
        next = (next / MEASURE_EVERY + 1) * MEASURE_EVERY;
    };
    let [phi, both] = [SecondPotential::Transform, SecondPotential::Network]
        .map(|second_potential| truth.audit(&tabulation, second_potential));
    let [generated, fresh] = distances_of_samples(&source, &tabulation, seed);
    // NaN counts as the largest value.
    let largest = |values: [f64; 3]| values.into_iter().fold(0.0, |a, b| if b > a || b.is_nan() { b } else { a });
    let note = run
        .divergence()
        .map_or(String::new(), |divergence| format!(" (diverged by {:.1e})", divergence.evaluations as f64));
    Ok(format!(
        "| {} | {epsilon} | {:.4} | {:.4} | {:.4} | {:.3} | {:.4} | {:.1e} | {:.4} | {generated:.4} | {fresh:.4} | {:.1e}{note} | {:.0} |",
        preset.name(),
        early[0],
        early[1],
        report.metrics.kl_source,
        report.metrics.tv_source,
        largest(phi.l1_rho),
        largest(phi.velocity_error),
        largest(both.l1_rho),
        report.evaluations as f64,
        training.as_secs_f64(),
    ))
}

/// Energy distance of fresh points of the source to points of the Normal that flowed back to t = 0; and to as many
/// other fresh points, which is what a flow without error would have.
fn distances_of_samples(source: &Density, tabulation: &TabulatedPotentials, seed: u64) -> [f64; 2] {
    let pair = PointwiseFlow::new(&tabulation.pair(SecondPotential::Transform));
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let generated = transport(&pair, &normal_points(SAMPLE, &mut rng), 1.0, 0.0, TOLERANCE).points;
    let sampler = Sampler::new(source);
    let [data, other] = [(); 2].map(|()| sampler.independent(SAMPLE, &mut rng));
    [generated, other].map(|sample| energy_distance(&sample, &data))
}

fn refuse(rule: &str, text: &str) -> ! {
    eprintln!("results [quadrature|paper] [EVALUATIONS [NAME...]], or results thin|drawings: {rule}, not {text:?}.");
    std::process::exit(2);
}
