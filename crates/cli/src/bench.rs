//! `flowsketch bench`: evaluations a second of both recipes on each backend, and the time of the parts of a step, of
//! exact solutions and of flows.

use crate::arguments::Bench;
use crate::backend::{Backend, open};
use crate::failure::Failure;
use crate::output::say;
use crate::peak;
use flowsketch_core::config::{Config, Recipe};
use flowsketch_core::exact::sinkhorn::{Stop, solve};
use flowsketch_core::gpu::Gpu;
use flowsketch_core::gpu::plan::KernelPath;
use flowsketch_core::gpu::session::Session;
use flowsketch_core::gpu::variant::{TileRows, Variant, WeightPrecision};
use flowsketch_core::headless::Run;
use flowsketch_core::heat::products::HeatProducts;
use flowsketch_core::lattice::{Lattice, SOURCE_MASK};
use flowsketch_core::measure::{Preset, Target, target_density};
use serde_json::json;
use std::time::{Duration, Instant};

/// Timed blocks, of which the median is reported.
const BLOCKS: u32 = 5;
/// ε of the exact solutions that are timed.
const EPSILONS: [f64; 5] = [1.0, 0.5, 0.2, 0.1, 0.05];
/// Points along one axis of the lattice of the exact solutions and the flow.
const COUNT: usize = 128;

/// Measures and prints.
///
/// # Errors
/// When a graphics adapter was asked for and there is none, or the device failed.
pub fn run(bench: &Bench) -> Result<(), Failure> {
    if bench.kernels {
        let gpu = open().map_err(|reason| Failure::Run(format!("There is no GPU to measure: {reason}")))?;
        return time_kernels(bench, &gpu);
    }
    let mut backends = vec![];
    if !bench.gpu {
        backends.push(Backend::Cpu);
    }
    match open() {
        Ok(gpu) if !bench.cpu => backends.push(Backend::Gpu(gpu)),
        Err(reason) if bench.gpu => return Err(Failure::Run(format!("There is no GPU to measure: {reason}"))),
        _ => {}
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if !bench.json {
        say!("Training, source 2spirals, ε = 1; {cores} CPU cores.\n")?;
        say!("| backend | workload | evaluations/s | GFLOP/s | of its best | ms a step |")?;
        say!("|---|---|---|---|---|---|")?;
    }
    for backend in &backends {
        let best = match backend {
            Backend::Cpu => peak::of_cpu(),
            Backend::Gpu(gpu) => peak::of_gpu(gpu),
        };
        for workload in workloads(bench) {
            time_training(bench, backend, workload, best)?;
        }
    }
    if bench.json {
        return Ok(());
    }
    for backend in &backends {
        for workload in workloads(bench) {
            time_stages(bench, backend, workload)?;
        }
    }
    if bench.workload.is_none() {
        if !bench.gpu {
            time_the_rest()?;
        }
        for backend in &backends {
            time_growth(backend, bench.seconds)?;
        }
    }
    Ok(())
}

fn workloads(bench: &Bench) -> impl Iterator<Item = Recipe> {
    Recipe::ALL.into_iter().filter(|&workload| bench.workload.is_none_or(|only| only == workload))
}

/// Times the same steps on every kernel path.
fn time_kernels(bench: &Bench, gpu: &Gpu) -> Result<(), Failure> {
    say!("Training on {}, source 2spirals, ε = 1.\n", gpu.name)?;
    say!("| workload | kernels | evaluations/s | ms a step |\n|---|---|---|---|")?;
    let offered = |variant: &Variant| {
        (gpu.capabilities.large_tiles || variant.rows == TileRows::Few)
            && (gpu.capabilities.half || variant.copies == WeightPrecision::Single)
    };
    let paths: Vec<KernelPath> = Variant::all().into_iter().filter(offered).map(KernelPath::Fused).collect();
    for workload in workloads(bench) {
        for path in std::iter::once(KernelPath::PerLayer).chain(paths.iter().copied()) {
            let (config, name) = (config(workload), workload.name());
            let evaluations = config.evaluations_of_step() as f64;
            let session = Session::on_path(gpu, path, config, &Preset::TwoSpirals.density());
            let seconds = median_step_of(Run::Gpu(Box::new(session)), bench.seconds)?;
            say!("| {name} | {path} | {:.2e} | {:.3} |", evaluations / seconds, 1e3 * seconds)?;
        }
    }
    Ok(())
}

fn config(workload: Recipe) -> Config {
    match workload {
        Recipe::Quadrature => Config { epsilon: 1.0, ..Config::default() },
        Recipe::MonteCarlo => Config::paper(),
    }
}

/// `best` is the peak rate of the device, floating-point operations a second, if it is known.
fn time_training(bench: &Bench, backend: &Backend, workload: Recipe, best: Option<f64>) -> Result<(), Failure> {
    let (config, name) = (config(workload), workload.name());
    let operations = config.shape().operations() as f64;
    let evaluations = config.evaluations_of_step() as f64;
    let seconds = median_step(backend, config, bench.seconds)?;
    let (rate, gflops) = (evaluations / seconds, evaluations / seconds * operations / 1e9);
    if bench.json {
        let line = json!({
            "backend": backend.kind(),
            "workload": name,
            "device": backend.name(),
            "evaluations_per_second": rate.round(),
            "evaluations_per_step": evaluations,
            "milliseconds_per_step": 1e3 * seconds,
            "gflops": gflops,
            "peak_gflops": best.map(|best| best / 1e9),
        });
        say!("{line}")?;
    } else {
        say!(
            "| {} ({}) | {name} | {rate:.2e} | {gflops:.1} | {} | {:.2} |",
            backend.kind(),
            backend.name(),
            best.map_or("unknown".into(), |best| format!("{:.0} %", 1e11 * gflops / best)),
            1e3 * seconds
        )?;
    }
    Ok(())
}

/// Where the time of a step goes: on a GPU its dispatches in order, each by itself, on the CPU its phases.
fn time_stages(bench: &Bench, backend: &Backend, workload: Recipe) -> Result<(), Failure> {
    let (config, name) = (config(workload), workload.name());
    let mut run = backend.start(config, &Preset::TwoSpirals.density(), Target::Normal);
    train(&mut run, 2)?;
    let profiled = run.profile(0.1 * bench.seconds);
    let all: f64 = profiled.iter().map(|stage| stage.seconds).sum();
    let kernels = if let Run::Gpu(session) = &run { format!(" ({})", session.path()) } else { String::new() };
    say!("\n{}, a step of {name}{kernels}:\n", backend.name())?;
    // A rate is given for fused kernels only: nearly all their work is matrix products.
    let of_products = profiled.iter().any(|stage| stage.operations.is_some());
    say!("| part | ms | share |{}", if of_products { " GFLOP/s |\n|---|---|---|---|" } else { "\n|---|---|---|" })?;
    for stage in profiled {
        let (ms, share) = (1e3 * stage.seconds, 100.0 * stage.seconds / all);
        let rate =
            stage.operations.map_or(String::new(), |operations| format!("{:.1}", operations / stage.seconds / 1e9));
        let rate = if of_products { format!(" {rate} |") } else { String::new() };
        say!("| {} | {ms:.3} | {share:.0} % |{rate}", stage.name)?;
    }
    Ok(())
}

/// Median seconds of a training step, from blocks that take about `budget` seconds together.
fn median_step(backend: &Backend, config: Config, budget: f64) -> Result<f64, Failure> {
    median_step_of(backend.start(config, &Preset::TwoSpirals.density(), Target::Normal), budget)
}

fn median_step_of(mut run: Run, budget: f64) -> Result<f64, Failure> {
    // The first steps compile kernels and fill caches.
    train(&mut run, 2)?;
    let start = Instant::now();
    let mut steps = 0;
    while steps < 3 || start.elapsed() < Duration::from_secs_f64(0.1 * budget) {
        train(&mut run, 1)?;
        steps += 1;
    }
    let each = start.elapsed().as_secs_f64() / f64::from(steps);
    let block = ((budget / f64::from(BLOCKS) / each) as u64).max(1);
    let mut times = vec![];
    for _ in 0..BLOCKS {
        let start = Instant::now();
        train(&mut run, block)?;
        times.push(start.elapsed().as_secs_f64() / block as f64);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[BLOCKS as usize / 2])
}

fn train(run: &mut Run, steps: u64) -> Result<(), Failure> {
    let end = run.step() + steps;
    while run.step() < end {
        run.train(end - run.step()).map_err(Failure::Run)?;
    }
    run.finish().map_err(Failure::Run)
}

/// Exact solutions and flows, on the CPU in f64.
fn time_the_rest() -> Result<(), Failure> {
    let lattice = Lattice::centred(SOURCE_MASK, COUNT);
    let (source, target) = (Preset::TwoSpirals.on_lattice(&lattice), target_density(&lattice));
    say!("\nOn the CPU, f64, {COUNT} x {COUNT}: exact solution of 2spirals to 1e-4 in L1, from nothing.\n")?;
    say!("| ε | ms | sweeps |\n|---|---|---|")?;
    let mut last = None;
    for epsilon in EPSILONS {
        let mut sweeps = 0;
        let ms = median_ms(|| {
            let solution = solve(&lattice, &source, &target, epsilon, None, &Stop::default());
            sweeps = solution.sweeps;
            last = Some(solution);
        });
        say!("| {epsilon} | {ms:.0} | {sweeps} |")?;
    }
    let solution = last.expect("there are solutions");
    let heat = HeatProducts::new(&lattice, 0.5 * EPSILONS[EPSILONS.len() - 1]);
    let ms = median_ms(|| {
        // One time t of a flow: both potentials, with gradients.
        assert!(heat.average_gradient(&solution.u).len() + heat.average_gradient(&solution.w).len() > 0);
    });
    say!("\nFlow at one t on that lattice: {ms:.1} ms.")
}

fn median_ms(mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..BLOCKS)
        .map(|_| {
            let start = Instant::now();
            work();
            1e3 * start.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[BLOCKS as usize / 2]
}

/// How the cost of a step grows with its size: the least-squares slope of log seconds over log evaluations.
fn time_growth(backend: &Backend, budget: f64) -> Result<(), Failure> {
    let batches = [500, 1000, 2000, 4000, 8000].map(|batch| Config { epsilon: 1.0, batch, ..Config::default() });
    let lattices = [20, 28, 40, 56, 72].map(|nodes| {
        // Points along an axis of both lattices.
        Config { epsilon: 1.0, source_nodes: nodes, target_nodes: nodes, ..Config::default() }
    });
    say!("\nOn {}, seconds of a quadrature step grow as (evaluations)^p:", backend.name())?;
    for (name, configs) in [("with the batch", &batches[..]), ("with the lattices", &lattices[..])] {
        let mut points = vec![];
        for config in configs {
            let evaluations = config.evaluations_of_step() as f64;
            points.push([evaluations.ln(), median_step(backend, config.clone(), 0.1 * budget)?.ln()]);
        }
        let count = points.len() as f64;
        let mean = [0, 1].map(|axis| points.iter().map(|p| p[axis]).sum::<f64>() / count);
        let product = |a: usize, b: usize| points.iter().map(|p| (p[a] - mean[a]) * (p[b] - mean[b])).sum::<f64>();
        say!("  p = {:.2} {name}", product(0, 1) / product(0, 0))?;
    }
    Ok(())
}
