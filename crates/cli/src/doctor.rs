//! `flowsketch doctor`: the graphics adapters of the machine, and whether it computes correctly.

use crate::backend::{Backend, instance, open};
use crate::failure::Failure;
use crate::output::say;
use crate::reproduce::closed_form;
use flowsketch_core::config::Config;
use flowsketch_core::evaluation::flow_distance;
use flowsketch_core::measure::{Preset, Target};
use flowsketch_core::potentials::SecondPotential;
use flowsketch_files::fields::flow;
use std::time::{Duration, Instant};

/// Largest L1 distance of ρ_t, and relative squared error of v_t, of a flow whose closed form is known.
const TOLERANCES: [f64; 2] = [2e-3, 1e-4];
/// Least time of training from which the speed is computed.
const SPEED_TEST: Duration = Duration::from_secs(1);

/// Lists the adapters, tests the backends and prints the results.
///
/// # Errors
/// When a self-test fails.
pub fn run() -> Result<(), Failure> {
    let adapters = pollster::block_on(instance().enumerate_adapters(wgpu::Backends::all()));
    match adapters.len() {
        0 => say!("No graphics adapter: the system has no Vulkan, Metal or Direct3D 12 driver that wgpu can use.")?,
        1 => say!("One graphics adapter:")?,
        count => say!("{count} graphics adapters:")?,
    }
    for adapter in &adapters {
        describe(adapter)?;
    }
    let gpu = open();
    let mut tested = vec![Backend::Cpu];
    match gpu {
        Ok(gpu) => {
            if gpu.software {
                say!("Chosen: the CPU, for {} is a software adapter (--gpu trains on it all the same).", gpu.name)?;
            } else {
                say!("Chosen: {} (--cpu trains on the CPU instead).", gpu.name)?;
            }
            tested.push(Backend::Gpu(gpu));
        }
        Err(reason) => say!("Chosen: the CPU, for {reason}")?,
    }
    say!("\nSelf-test: the flow of a Gaussian to the Normal before any training, against its closed form.")?;
    let mut failed = vec![];
    for backend in &tested {
        match self_test(backend) {
            Ok(sentence) => say!("  {}: {sentence}", backend.name())?,
            Err(sentence) => {
                say!("  {}: {sentence}", backend.name())?;
                failed.push(backend.name());
            }
        }
    }
    if failed.is_empty() {
        say!("All is well.")?;
        Ok(())
    } else {
        Err(Failure::Run(format!("The self-test failed on {}: do not trust its results.", failed.join(" and "))))
    }
}

fn describe(adapter: &wgpu::Adapter) -> Result<(), Failure> {
    let (info, limits, features) = (adapter.get_info(), adapter.limits(), adapter.features());
    let kind = match info.device_type {
        wgpu::DeviceType::DiscreteGpu => "a graphics card",
        wgpu::DeviceType::IntegratedGpu => "a GPU beside the CPU",
        wgpu::DeviceType::VirtualGpu => "a virtual GPU",
        wgpu::DeviceType::Cpu => "a software adapter",
        wgpu::DeviceType::Other => "of unknown kind",
    };
    say!("  {} ({:?}), {kind}. Driver: {} {}", info.name, info.backend, info.driver, info.driver_info)?;
    let needed = wgpu::Limits::default();
    let enough = limits.max_storage_buffers_per_shader_stage >= needed.max_storage_buffers_per_shader_stage
        && limits.max_compute_workgroup_storage_size >= needed.max_compute_workgroup_storage_size
        && limits.max_compute_invocations_per_workgroup >= needed.max_compute_invocations_per_workgroup
        && limits.max_storage_buffer_binding_size >= needed.max_storage_buffer_binding_size;
    say!(
        "    {} storage buffers a stage, {} KiB of workgroup memory, {} invocations a workgroup: {}.",
        limits.max_storage_buffers_per_shader_stage,
        limits.max_compute_workgroup_storage_size / 1024,
        limits.max_compute_invocations_per_workgroup,
        if enough { "enough" } else { "less than what is needed" }
    )?;
    let named = [
        (wgpu::Features::SUBGROUP, "subgroups"),
        (wgpu::Features::SHADER_F16, "16-bit floats"),
        (wgpu::Features::TIMESTAMP_QUERY, "timestamps"),
    ];
    let has = |with: bool| {
        let names: Vec<&str> = named.iter().filter(|(f, _)| features.contains(*f) == with).map(|(_, n)| *n).collect();
        if names.is_empty() { "none".to_string() } else { names.join(", ") }
    };
    say!("    Optional features: {}; missing: {}.", has(true), has(false))
}

/// A sentence with the errors and the speed of training; an error if a tolerance is exceeded.
fn self_test(backend: &Backend) -> Result<String, String> {
    let config = Config::default();
    let density = Preset::Gaussian.density();
    let moments = density.moments();
    let mut run = backend.start(config.clone(), &density, Target::Normal);
    let (_, tabulation) = run.measure()?;
    let lattice = tabulation.lattice();
    let pair = tabulation.pair(SecondPotential::Transform);
    let mut worst = [0.0f64; 2];
    for t in [0.25, 0.5, 0.75] {
        let expected = closed_form(&moments, config.epsilon, t, &lattice);
        let found = flow_distance(&pair.lattice, &flow(&pair, t), &expected);
        // NaN counts as the largest value.
        let larger = |a: f64, b: f64| if b.is_nan() || b > a { b } else { a };
        worst = [larger(worst[0], found[0]), larger(worst[1], found[1])];
    }
    let errors = format!("density off by {:.1e} in L1, velocity by {:.1e}", worst[0], worst[1].sqrt());
    if !worst.iter().zip(TOLERANCES).all(|(value, tolerance)| *value <= tolerance) {
        return Err(format!("WRONG: {errors}."));
    }
    // The first step compiles kernels.
    run.train(1)?;
    let (before, start) = (run.evaluations(), Instant::now());
    let mut steps = 1;
    while start.elapsed() < SPEED_TEST {
        run.train(steps)?;
        steps = steps.saturating_mul(2);
    }
    run.finish()?;
    let speed = (run.evaluations() - before) as f64 / start.elapsed().as_secs_f64();
    let (report, _) = run.measure()?;
    if !report.metrics.kl_source.is_finite() {
        return Err("WRONG: training gave numbers that are not finite.".into());
    }
    Ok(format!("right ({errors}); {speed:.1e} network evaluations a second in training."))
}
