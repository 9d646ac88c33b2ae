//! A run without a page, on a GPU or on the CPU: its calls block until the result is there. Native only.

use crate::backend::Backend;
use crate::config::Config;
use crate::cpu::session::CpuSession;
use crate::divergence_monitor::Divergence;
use crate::exact::audit::{Audit, AuditMetrics};
use crate::exact::flow::ExactFlow;
use crate::exact::sinkhorn::{Stop, solve_problem};
use crate::gpu::Gpu;
use crate::gpu::session::{Session, Work};
use crate::lattice::Lattice;
use crate::measure::{Density, Problem, Target};
use crate::metrics::Measurement;
use crate::potentials::{SecondPotential, TabulatedPotentials};
use crate::profile::Profiled;
use std::time::Duration;

/// A run on one of the backends; from one seed they take the same steps, up to rounding.
pub enum Run {
    /// On a graphics device, through WebGPU.
    Gpu(Box<Session>),
    /// On the processor.
    Cpu(Box<CpuSession>),
}

/// After this time without an answer the device counts as failed.
const PATIENCE: Duration = Duration::from_secs(120);
/// Work of one submission, milliseconds: enough to keep a fast adapter busy, little enough for a slow one to answer
/// within [`PATIENCE`].
const SUBMISSION_MS: f64 = 150.0;
/// Most steps of one call of [`Run::train`] on the CPU.
const STEPS: u64 = 16;

impl Run {
    /// A run on a graphics device from `source` to the Normal, at step 0.
    pub fn on_gpu(gpu: &Gpu, config: Config, source: &Density) -> Self {
        Self::Gpu(Box::new(Session::new(gpu, config, source)))
    }

    /// A run on the processor from `source` to `target`, at step 0.
    pub fn on_cpu(config: Config, source: &Density, target: Target) -> Self {
        Self::Cpu(Box::new(CpuSession::new(config, source, target)))
    }

    fn backend(&self) -> &dyn Backend {
        match self {
            Self::Gpu(session) => session.as_ref(),
            Self::Cpu(session) => session.as_ref(),
        }
    }

    /// Training steps so far.
    pub fn step(&self) -> u64 {
        self.backend().step()
    }

    /// Network evaluations of those steps.
    pub fn evaluations(&self) -> u64 {
        self.backend().evaluations()
    }

    /// Takes some training steps, at most `limit`. On a GPU the last ones may still be running when it returns, so
    /// that the next can be prepared meanwhile; [`finish`](Self::finish) and [`measure`](Self::measure) wait for them.
    ///
    /// # Errors
    /// A sentence, when the device failed.
    pub fn train(&mut self, limit: u64) -> Result<(), String> {
        match self {
            Self::Gpu(session) => {
                let steps = limit.min(u64::from(session.steps_for(SUBMISSION_MS))) as u32;
                session.submit(&Work { steps, tabulate: false, time: 0.0 }, None);
                if !session.is_ready() {
                    wait_for_oldest(session)?;
                }
                Ok(())
            }
            Self::Cpu(session) => {
                session.train(limit.min(STEPS) as u32);
                Ok(())
            }
        }
    }

    /// The time of each part of a training step, each measured for about `budget` seconds. The run cannot be used
    /// afterwards.
    pub fn profile(&mut self, budget: f64) -> Vec<Profiled> {
        match self {
            Self::Gpu(session) => session.profile(budget),
            Self::Cpu(session) => session.profile(budget),
        }
    }

    /// Why this run has diverged, once a measurement showed that it has.
    pub fn divergence(&self) -> Option<&Divergence> {
        self.backend().divergence()
    }

    /// Waits for the steps that are still running.
    ///
    /// # Errors
    /// A sentence, when the device failed.
    pub fn finish(&mut self) -> Result<(), String> {
        match self {
            Self::Gpu(session) => {
                while session.is_under_way() {
                    wait_for_oldest(session)?;
                }
                Ok(())
            }
            Self::Cpu(_) => Ok(()),
        }
    }

    /// Tabulates the potentials of the averaged weights on the flow lattice and measures them.
    ///
    /// # Errors
    /// A sentence, when the device failed.
    pub fn measure(&mut self) -> Result<(Measurement, TabulatedPotentials), String> {
        match self {
            Self::Gpu(session) => {
                session.submit(&Work { steps: 0, tabulate: true, time: 0.0 }, None);
                let mut measurement = None;
                while session.is_under_way() {
                    measurement = wait_for_oldest(session)?.or(measurement);
                }
                let tabulation = session.tabulation().cloned();
                measurement.zip(tabulation).ok_or_else(|| "The graphics device gave nothing back.".into())
            }
            Self::Cpu(session) => {
                let measurement = session.tabulate();
                let tabulation = session.tabulation().cloned();
                Ok((measurement, tabulation.expect("it was just tabulated")))
            }
        }
    }
}

fn wait_for_oldest(session: &mut Session) -> Result<Option<Measurement>, String> {
    let polled = session.wait_for_oldest(PATIENCE);
    if let Some(failure) = session.gpu().failure() {
        return Err(failure);
    }
    polled.map_err(|error| format!("The graphics device does not answer: {error}"))?;
    Ok(session.poll())
}

/// A source and a target on the flow lattice, and their exact flow, with which learned flows are compared.
pub struct ExactReference {
    /// The flow lattice of source, target and ε.
    pub lattice: Lattice,
    /// p_D and p_N, of mass 1 on the lattice.
    pub source: Vec<f64>,
    /// p_N, of mass 1 on the lattice.
    pub target: Vec<f64>,
    /// The Sinkhorn solution, and the flow computed from it.
    pub exact: ExactFlow,
}

impl ExactReference {
    /// Solves for the exact flow from `source` to `target` at ε, on their
    /// [flow lattice](crate::measure::flow_lattice).
    pub fn new(source: &Density, target: &Target, epsilon: f64, stop: &Stop) -> Self {
        Self::of(Problem::new(source, target, epsilon), epsilon, stop)
    }

    /// Solves for the exact flow of this problem.
    pub fn of(problem: Problem, epsilon: f64, stop: &Stop) -> Self {
        let solution = solve_problem(&problem, epsilon, stop);
        let Problem { lattice, source, target, .. } = problem;
        let exact = ExactFlow::new(&lattice, &source, &target, epsilon, solution);
        Self { lattice, source, target, exact }
    }

    /// Compares a learned flow of the same ε with the exact one.
    pub fn audit(&mut self, tabulation: &TabulatedPotentials, second_potential: SecondPotential) -> AuditMetrics {
        let mut audit = Audit::new(&self.lattice, &self.source, &self.target, tabulation, second_potential);
        loop {
            if let Some(findings) = audit.advance(&mut self.exact) {
                return findings;
            }
        }
    }
}
