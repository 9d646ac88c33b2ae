//! `cargo run --release -p flowsketch-study --bin variations [KEY=VALUE...]`
//!
//! Trains variations of the default recipe on the CPU and prints KL after some numbers of evaluations: how the recipe
//! was tuned (docs/decisions/balanced-quadrature.md). Several values of a key are joined by "+".
//!
//!   sources=NAMES      data sets, or cross:SIGMA and other thin sources; presets or thin: all of a kind
//!   epsilon=NUMBERS    seeds=NUMBERS    marks=NUMBERS, evaluations
//!   both=1             also L1 of ρ_t against the exact flow, built from φ and its transform and from both networks
//!   and settings: batch source_nodes target_nodes nodes learning_rate halving features scale average beta1 beta2 share activation

use flowsketch_core::config::{Activation, Config};
use flowsketch_core::cpu::session::CpuSession;
use flowsketch_core::exact::sinkhorn::Stop;
use flowsketch_core::headless::ExactReference;
use flowsketch_core::measure::{Density, Preset, Target};
use flowsketch_core::potentials::SecondPotential;
use flowsketch_study::sources;

const THIN: [&str; 8] = [
    "cross:0.06",
    "diagonals:0.03",
    "wave:0.05",
    "word:0.05",
    "circles:0.1",
    "dot:0.05",
    "dot-and-blob:0.05",
    "line-and-blob:0.04",
];

struct Study {
    settings: Config,
    sources: Vec<String>,
    epsilons: Vec<f64>,
    seeds: Vec<u64>,
    marks: Vec<u64>,
    both: bool,
}

fn main() {
    let mut study = Study {
        settings: Config::default(),
        sources: named("presets"),
        epsilons: vec![0.2],
        seeds: vec![0],
        marks: vec![100_000, 200_000, 1_000_000],
        both: false,
    };
    for argument in std::env::args().skip(1) {
        let set = argument.split_once('=').and_then(|(key, value)| study.set(key, value));
        set.unwrap_or_else(|| refuse(&format!("{argument} is no setting, or its value is none")));
    }
    study.settings.validate().unwrap_or_else(|sentence| refuse(&sentence));
    for &epsilon in &study.epsilons {
        let mut logarithms = vec![0.0; study.marks.len()];
        for name in &study.sources {
            let density = source(name).unwrap_or_else(|| refuse(&format!("{name} is no source")));
            for &seed in &study.seeds {
                let (line, kl) = study.row(&density, epsilon, seed);
                println!("{name:18} {epsilon:<5} {seed} |{line}");
                logarithms.iter_mut().zip(kl).for_each(|(sum, kl)| *sum += kl.max(1e-9).ln());
            }
        }
        let count = (study.sources.len() * study.seeds.len()) as f64;
        let means: Vec<String> = logarithms.iter().map(|sum| format!("{:.4}", (sum / count).exp())).collect();
        println!("geometric mean at {epsilon}: {}", means.join(" "));
    }
}

impl Study {
    fn set(&mut self, key: &str, value: &str) -> Option<()> {
        let numbers = || value.split('+').map(|text| text.parse::<f64>().ok()).collect::<Option<Vec<_>>>();
        let whole = || Some(numbers()?.into_iter().map(|number| number as u64).collect::<Vec<_>>());
        let number = || value.parse::<f64>().ok();
        let settings = &mut self.settings;
        match key {
            "sources" => self.sources = named(value),
            "epsilon" => self.epsilons = numbers()?,
            "seeds" => self.seeds = whole()?,
            "marks" => self.marks = whole()?,
            "both" => self.both = value == "1",
            "batch" => settings.batch = number()? as usize,
            "source_nodes" => settings.source_nodes = number()? as usize,
            "target_nodes" => settings.target_nodes = number()? as usize,
            "nodes" => [settings.source_nodes, settings.target_nodes] = [number()? as usize; 2],
            "learning_rate" => settings.learning_rate = number()?,
            "halving" => settings.learning_rate_halving = number()?,
            "features" => settings.fourier_features = number()? as usize,
            "scale" => settings.fourier_scale = number()?,
            "average" => settings.average_decay = number()?,
            "beta1" => settings.betas[0] = number()?,
            "beta2" => settings.betas[1] = number()?,
            "share" => settings.tempered_share = number()?,
            "activation" => settings.activation = Activation::from_name(value)?,
            _ => return None,
        }
        Some(())
    }

    /// One run: its line, and KL at the marks.
    fn row(&self, density: &Density, epsilon: f64, seed: u64) -> (String, Vec<f64>) {
        let mut truth = self.both.then(|| ExactReference::new(density, &Target::Normal, epsilon, &Stop::default()));
        let mut session = CpuSession::new(Config { epsilon, seed, ..self.settings.clone() }, density, Target::Normal);
        let (mut line, mut kls) = (String::new(), vec![]);
        for &mark in &self.marks {
            while session.evaluations() < mark {
                session.train(1);
            }
            let kl = session.tabulate().metrics.kl_source;
            line += &format!(" {kl:.4}");
            kls.push(kl);
            if let (Some(truth), Some(tabulation)) = (&mut truth, session.tabulation()) {
                let mut l1 = |second_potential| {
                    let errors = truth.audit(tabulation, second_potential).l1_rho;
                    errors.into_iter().fold(0.0, |a, b| if b > a || b.is_nan() { b } else { a })
                };
                line += &format!(" (L1 {:.4}, {:.4})", l1(SecondPotential::Transform), l1(SecondPotential::Network));
            }
        }
        (line, kls)
    }
}

fn named(value: &str) -> Vec<String> {
    match value {
        "presets" => Preset::ALL[..8].iter().map(|preset| preset.name().into()).collect(),
        "thin" => THIN.map(String::from).into(),
        _ => value.split('+').map(String::from).collect(),
    }
}

fn source(name: &str) -> Option<Density> {
    let Some((name, sigma)) = name.split_once(':') else {
        return Preset::from_name(name).map(Preset::density);
    };
    let sigma = sigma.parse().ok().filter(|sigma: &f64| *sigma > 0.0)?;
    let source = match name {
        "cross" => sources::cross(sigma),
        "diagonals" => sources::diagonals(sigma),
        "wave" => sources::wave(sigma),
        "word" => sources::word(sigma),
        "circles" => sources::circles(sigma),
        "dot" => sources::dot(sigma),
        "dot-and-blob" => sources::dot_and_blob(sigma),
        "line-and-blob" => sources::line_and_blob(sigma),
        _ => return None,
    };
    Some(source.density)
}

fn refuse(sentence: &str) -> ! {
    eprintln!("variations: {sentence}");
    std::process::exit(2);
}
