//! `flowsketch solve`.

use crate::arguments::{Method, Solve};
use crate::backend::Backend;
use crate::failure::Failure;
use crate::figures::{Figure, Panel, Row, Subject, count, short, time};
use crate::output::{Output, say};
use crate::source::{ReadSettings, Source, read};
use crate::training::{resume, train};
use crate::{figures, measures, samples};
use flowsketch_core::checkpoint::Checkpoint;
use flowsketch_core::config::{Config, Recipe};
use flowsketch_core::exact::sinkhorn::Stop;
use flowsketch_core::headless::ExactReference;
use flowsketch_core::measure::{Density, Import, Levels, Target};
use flowsketch_core::numeric::LOG_ZERO;
use flowsketch_core::potentials::{Pair, SecondPotential};
use flowsketch_files::fields::{TIMES, arrays, flow};
use flowsketch_files::npz;
use flowsketch_files::weights::Weights;
use indicatif::ProgressBar;
use serde_json::{Map, Value, json};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// What is to be solved.
struct Task {
    source: Source,
    target: Option<Source>,
    config: Config,
    method: Method,
    /// The state of an earlier run, which is measured instead of training a new one.
    checkpoint: Option<Checkpoint>,
}

/// The results of a solution.
struct Outcome {
    pair: Pair,
    /// Measures for each way to build the flow: exact; or transform and network.
    measures: Map<String, Value>,
    samples: Vec<[f64; 2]>,
    machine: Value,
    progress: Value,
    seconds: Map<String, Value>,
    /// The line under the title of the picture.
    note: String,
}

/// Solves and writes.
///
/// # Errors
/// A sentence: bad input, or what failed.
pub fn run(arguments: &Solve) -> Result<(), Failure> {
    let start = Instant::now();
    let task = match (&arguments.weights, &arguments.source, arguments.epsilon, arguments.method) {
        (Some(path), ..) => of_weights(path)?,
        (None, Some(source), Some(epsilon), Some(method)) => of_arguments(arguments, source, epsilon, method)?,
        _ => unreachable!("the command line is checked"),
    };
    let Task { source, target, config, .. } = &task;
    let names = ["summary.json", "fields.npz", "samples.csv", "flow.png"];
    let output = arguments.out.as_ref().map(|folder| Output::prepare(folder, &names)).transpose()?;

    let mut truth = truth(&source.density, target.as_ref().map(|target| &target.density), config)?;
    let mut outcome = match task.method {
        Method::Exact => exact(&mut truth, source, target.as_ref(), config.seed),
        Method::Learned => learned(&mut truth, &task, arguments)?,
    };
    let flows: Vec<_> = TIMES.iter().map(|&t| flow(&outcome.pair, t)).collect();
    outcome.seconds.insert("total".into(), json!(start.elapsed().as_secs_f64()));
    let summary = summary(&task, &outcome);
    measures::finite(&summary)?;
    let arrays = arrays(&outcome.pair, &truth.source, &truth.target, &flows);
    let fine = arrays.iter().all(|array| array.values.iter().all(|value| value.is_finite()));
    if !fine || !outcome.samples.iter().flatten().all(|c| c.is_finite()) {
        return Err(Failure::Run("The flow has values that are not finite; nothing was written.".into()));
    }

    if let Some(mut output) = output {
        let target_name = target.as_ref().map_or("Normal", |target| &target.name);
        let picture = strip(&outcome, &flows, &source.name, target_name);
        output.write("fields.npz", |file| file.write_all(&npz::archive(&arrays)))?;
        output.write("samples.csv", |file| samples::write(file, &outcome.samples))?;
        output.write("flow.png", |file| picture.write(file))?;
        output.write("summary.json", |file| writeln!(file, "{summary:#}"))?;
        output.keep()?;
    }
    let Some(folder) = arguments.out.as_ref().filter(|_| !arguments.json) else { return say!("{summary:#}") };
    for end in [Some(&task.source), task.target.as_ref()].into_iter().flatten() {
        if let Some(taken) = end.description["taken"].as_str() {
            say!("{}: {taken}", end.name)?;
        }
    }
    for (way, measures) in &outcome.measures {
        let number = |name: &str| measures[name].as_f64().map_or_else(|| "-".into(), short);
        say!("{way}: kl_source {}, marginal_source {}", number("kl_source"), number("marginal_source"))?;
    }
    say!("Written to {}: {}.", folder.display(), names.join(", "))
}

fn of_arguments(arguments: &Solve, source: &str, epsilon: f64, method: Method) -> Result<Task, Failure> {
    let Solve { bandwidth, fit, invert, level, keep_ground, .. } = *arguments;
    let levels = Levels { subtract: !keep_ground, invert: invert.then_some(true), level };
    let settings = ReadSettings { bandwidth, fit, levels };
    let source = read(source, &settings)?;
    let target = match arguments.target.as_str() {
        "normal" => None,
        other => Some(read(other, &settings)?),
    };
    let asked =
        [("--gpu", arguments.training.gpu), ("--half", arguments.training.half)].into_iter().find(|(_, asked)| *asked);
    if let (Method::Learned, true, Some((flag, _))) = (method, target.is_some(), asked) {
        let sentence = "A graphics adapter can only train to the target normal";
        return Err(Failure::Input(format!("{sentence}: leave out {flag} for any other.")));
    }
    let config = arguments.training.config(epsilon)?;
    Ok(Task { source, target, config, method, checkpoint: None })
}

fn of_weights(path: &Path) -> Result<Task, Failure> {
    let refuse = |reason: String| {
        let reason = reason.trim_end_matches('.');
        Failure::Input(format!("{} cannot be read as weights of the page: {reason}.", path.display()))
    };
    let text = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
    let Weights { config, name, source: density, target, checkpoint } = Weights::from_json(&text).map_err(refuse)?;
    let end = |Import { name, density }| {
        let description = json!({ "kind": "weights", "file": path.display().to_string(), "name": name });
        Source { density, name, description }
    };
    let (source, target) = (end(Import { name, density }), target.map(end));
    Ok(Task { source, target, config, method: Method::Learned, checkpoint: Some(checkpoint) })
}

/// Solves for the exact flow, to an error far below those that are measured against it.
///
/// # Errors
/// When it does not converge.
pub fn truth(source: &Density, target: Option<&Density>, config: &Config) -> Result<ExactReference, Failure> {
    const STOP: Stop = Stop { tolerance: 1e-6, max_sweeps: 20_000 };
    const GOOD_ENOUGH: f64 = 1e-4;
    let spinner = ProgressBar::new_spinner().with_message("exact flow");
    spinner.enable_steady_tick(Duration::from_millis(120));
    let truth = ExactReference::new(source, &Target::of(target), config.epsilon, &STOP);
    spinner.finish_and_clear();
    // NaN fails this comparison too.
    if truth.exact.solution.error <= GOOD_ENOUGH {
        Ok(truth)
    } else {
        let error = truth.exact.solution.error;
        Err(Failure::Run(format!("Sinkhorn did not converge: the source marginal is still off by {error:.1e} in L1.")))
    }
}

/// The target: the Normal if none is given.
fn end(target: Option<&Source>) -> Target {
    target.map_or(Target::Normal, |target| Target::new(&target.density))
}

fn exact(truth: &mut ExactReference, source: &Source, target: Option<&Source>, seed: u64) -> Outcome {
    let start = Instant::now();
    let pair = truth.exact.pair();
    let mut found = measures::exact(truth);
    let (points, distance) = samples::samples(&pair, &source.density, &end(target), seed);
    found["energy_distance"] = json!(distance);
    let note = format!(
        "exact; marginal_source {} after {} sweeps, optimum {}",
        short(truth.exact.solution.error),
        truth.exact.solution.sweeps,
        short(truth.exact.optimum)
    );
    Outcome {
        pair,
        measures: Map::from_iter([("exact".to_string(), found)]),
        samples: points,
        machine: json!({ "backend": "cpu", "adapter": "CPU" }),
        progress: json!({ "sweeps": truth.exact.solution.sweeps }),
        seconds: Map::from_iter([("measure".to_string(), json!(start.elapsed().as_secs_f64()))]),
        note,
    }
}

fn learned(truth: &mut ExactReference, task: &Task, arguments: &Solve) -> Result<Outcome, Failure> {
    let Task { source, config, .. } = task;
    // Other targets than the Normal need the CPU; an earlier run is measured there too.
    let is_for_cpu = task.target.is_some() || task.checkpoint.is_some();
    let backend = if is_for_cpu { Backend::Cpu } else { Backend::choose(&arguments.training)? };
    let target = end(task.target.as_ref());
    let trained = match &task.checkpoint {
        Some(checkpoint) => resume(config.clone(), &source.density, target.clone(), checkpoint)?,
        None => train(&backend, config.clone(), &source.density, target.clone(), &arguments.training, &source.name)?,
    };
    let start = Instant::now();
    let mut found = Map::new();
    let mut first = None;
    for (second_potential, way) in [(SecondPotential::Transform, "transform"), (SecondPotential::Network, "network")] {
        let mut of_way = measures::learned(truth, &trained.measurement, &trained.tabulation, second_potential);
        let pair = trained.tabulation.pair(second_potential);
        let (points, distance) = samples::samples(&pair, &source.density, &target, config.seed);
        of_way["energy_distance"] = json!(distance);
        found.insert(way.into(), of_way);
        first.get_or_insert((pair, points));
    }
    let (pair, samples) = first.expect("there are two completions");
    let (measurement, seconds) = (&trained.measurement, trained.seconds);
    let by_time: Vec<String> = found["transform"]["l1_rho"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(_, l1)| l1.as_f64())
        .map(short)
        .collect();
    let way = match &task.checkpoint {
        Some(_) => "on the page".into(),
        None => format!("in {} on {}", figures::seconds(seconds), backend.name()),
    };
    let note = format!(
        "learned by the {} recipe, {} evaluations {way}; kl_source {}, l1_rho {}",
        config.recipe.name(),
        count(measurement.evaluations),
        short(measurement.metrics.kl_source),
        by_time.join(", ")
    );
    Ok(Outcome {
        pair,
        measures: found,
        samples,
        machine: json!({ "backend": backend.kind(), "adapter": backend.name() }),
        progress: json!({ "steps": measurement.step, "evaluations": measurement.evaluations }),
        seconds: Map::from_iter([
            ("train".to_string(), json!(seconds)),
            ("measure".to_string(), json!(start.elapsed().as_secs_f64())),
        ]),
        note,
    })
}

fn summary(task: &Task, outcome: &Outcome) -> Value {
    let Task { source, target, config, .. } = task;
    let learned = task.method == Method::Learned;
    let mut settings = json!({
        "source": source.description,
        "target": target.as_ref().map_or_else(|| json!({ "kind": "normal" }), |target| target.description.clone()),
        "epsilon": config.epsilon,
        "method": if learned { "learned" } else { "exact" },
        "seed": config.seed,
        "lattice": { "points": outcome.pair.lattice.count, "spacing": outcome.pair.lattice.step },
    });
    if learned {
        settings["recipe"] = recipe(config);
    }
    json!({
        "program": concat!("flowsketch ", env!("CARGO_PKG_VERSION")),
        "settings": settings,
        "machine": outcome.machine,
        "progress": outcome.progress,
        "seconds": outcome.seconds,
        "measures": outcome.measures,
        "files": {
            "fields.npz": if learned { "the flow of phi and its transform" } else { "the exact flow" },
            "log_zero": LOG_ZERO,
        },
    })
}

/// All settings of the training.
pub fn recipe(config: &Config) -> Value {
    let mut recipe = json!({
        "name": config.recipe.name(),
        "activation": config.activation.name(),
        "fourier_features": config.fourier_features,
        "gaussian_base": config.gaussian_base,
        "batch": config.batch,
        "optimiser": config.optimiser.name(),
        "learning_rate": config.learning_rate,
        "betas": config.betas,
        "average_decay": config.average_decay,
    });
    if config.fourier_features > 0 {
        recipe["fourier_scale"] = json!(config.fourier_scale);
    }
    if config.learning_rate_halving.is_finite() {
        recipe["learning_rate_halving"] = json!(config.learning_rate_halving);
    }
    match config.recipe {
        Recipe::Quadrature => recipe["tempered_share"] = json!(config.tempered_share),
        Recipe::MonteCarlo => {
            recipe["draws"] = json!(config.draws);
            recipe["penalty"] = json!(config.penalty);
        }
    }
    recipe
}

fn strip(outcome: &Outcome, flows: &[Vec<[f32; 3]>], source: &str, target: &str) -> Figure {
    let shown = [0, 2, 4, 6];
    let panel = |k: usize| {
        let subject = Subject::Flow(outcome.pair.lattice, flows[k].clone(), true);
        Panel { subject, captions: vec![] }
    };
    Figure {
        title: format!("{source} to {target}, ε = {}", outcome.pair.epsilon),
        notes: vec![outcome.note.clone()],
        columns: shown.iter().map(|&k| time(TIMES[k])).collect(),
        rows: vec![Row { label: String::new(), panels: shown.iter().map(|&k| panel(k)).collect() }],
        side: 460,
    }
}
