//! Trains with a progress bar.

use crate::arguments::{EVALUATIONS, Training};
use crate::backend::Backend;
use crate::failure::Failure;
use flowsketch_core::checkpoint::Checkpoint;
use flowsketch_core::config::Config;
use flowsketch_core::cpu::session::CpuSession;
use flowsketch_core::headless::Run;
use flowsketch_core::measure::{Density, Target};
use flowsketch_core::metrics::Measurement;
use flowsketch_core::potentials::TabulatedPotentials;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::{Duration, Instant};

/// A finished run.
pub struct Trained {
    pub measurement: Measurement,
    pub tabulation: TabulatedPotentials,
    pub seconds: f64,
}

/// How often the bar shows the present KL.
const TELL_EVERY: Duration = Duration::from_secs(3);

/// Trains from `source` to `target` as long as `training` says.
///
/// # Errors
/// When the device failed or the run diverged; the sentence explains which.
pub fn train(
    backend: &Backend,
    config: Config,
    source: &Density,
    target: Target,
    training: &Training,
    name: &str,
) -> Result<Trained, Failure> {
    let per_step = if training.steps.is_some() { 1 } else { config.evaluations_of_step() };
    let mut run = backend.start(config, source, target);
    let evaluations = training.evaluations.unwrap_or(EVALUATIONS);
    let (unit, total) = training.steps.map_or(("evaluations", evaluations), |steps| ("steps", steps));
    let done = |run: &Run| if training.steps.is_some() { run.step() } else { run.evaluations() };
    let bar = ProgressBar::new(total).with_prefix(name.to_string());
    let template = format!("{{prefix}} {{bar:30}} {{percent}} % of {{human_len}} {unit}, {{eta}} left{{msg}}");
    bar.set_style(ProgressStyle::with_template(&template).expect("the template is valid"));
    let start = Instant::now();
    let mut told = start;
    let mut measuring = Duration::ZERO;
    while done(&run) < total {
        let left = total - done(&run);
        run.train(left.div_ceil(per_step)).map_err(Failure::Run)?;
        bar.set_position(done(&run).min(total));
        if told.elapsed() > TELL_EVERY {
            let begun = Instant::now();
            let (measurement, _) = measured(&mut run)?;
            bar.set_message(format!(", kl_source {:.4}", measurement.metrics.kl_source));
            measuring += begun.elapsed();
            told = Instant::now();
        }
    }
    let seconds = (start.elapsed() - measuring).as_secs_f64();
    let (measurement, tabulation) = measured(&mut run)?;
    bar.finish_and_clear();
    Ok(Trained { measurement, tabulation, seconds })
}

/// Measures the weights of a checkpoint, without training.
///
/// # Errors
/// When they are those of a run that diverged.
pub fn resume(config: Config, source: &Density, target: Target, checkpoint: &Checkpoint) -> Result<Trained, Failure> {
    let mut run = Run::Cpu(Box::new(CpuSession::new(config, source, target).resumed(checkpoint)));
    let (measurement, tabulation) = measured(&mut run)?;
    Ok(Trained { measurement, tabulation, seconds: 0.0 })
}

fn measured(run: &mut Run) -> Result<(Measurement, TabulatedPotentials), Failure> {
    let (measurement, tabulation) = run.measure().map_err(Failure::Run)?;
    if let Some(divergence) = run.divergence() {
        return Err(Failure::Run(divergence.to_string()));
    }
    let metrics = [measurement.metrics.kl_source, measurement.metrics.dual, measurement.metrics.maximality_phi];
    if metrics.iter().all(|value| value.is_finite()) {
        Ok((measurement, tabulation))
    } else {
        Err(Failure::Run(format!("Training diverged: after {} steps its numbers are not finite.", measurement.step)))
    }
}
