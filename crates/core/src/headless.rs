//! A run without a page: trains and measures, on a GPU or on the CPU, and waits for what it asked for. Native only.

use crate::audit::{Audit, Completion, ExactFlow, Findings, normalised, target_density};
use crate::config::Config;
use crate::cpu::session::CpuSession;
use crate::cpu::sinkhorn::{Stop, solve};
use crate::gpu::Gpu;
use crate::lattice::Lattice;
use crate::measure::{Density, Target};
use crate::metrics::Recovery;
use crate::profile::Profiled;
use crate::runaway::Runaway;
use crate::session::{Report, Session, Work};
use std::time::Duration;

/// A run on one of the backends; from one seed they take the same steps, up to rounding.
pub enum Run {
    Gpu(Box<Session>),
    Cpu(Box<CpuSession>),
}

/// A submission that takes longer than this is lost.
const PATIENCE: Duration = Duration::from_secs(120);
/// Work of one submission, milliseconds: enough to keep a fast adapter busy, little enough for a slow one to answer in time.
const SUBMISSION_MS: f64 = 150.0;
/// Steps between two looks at the clock on the CPU.
const STEPS: u64 = 16;

impl Run {
    pub fn on_gpu(gpu: &Gpu, config: Config, source: &Density) -> Self {
        Self::Gpu(Box::new(Session::new(gpu, config, source)))
    }

    pub fn on_cpu(config: Config, source: &Density) -> Self {
        Self::on_cpu_to(config, source, Target::Normal)
    }

    /// To another target than the Normal.
    pub fn on_cpu_to(config: Config, source: &Density, target: Target) -> Self {
        Self::Cpu(Box::new(CpuSession::between(config, source, target)))
    }

    /// Training steps so far.
    pub fn step(&self) -> u64 {
        match self {
            Self::Gpu(session) => session.step(),
            Self::Cpu(session) => session.step(),
        }
    }

    /// Network evaluations of those steps.
    pub fn evaluations(&self) -> u64 {
        match self {
            Self::Gpu(session) => session.evaluations(),
            Self::Cpu(session) => session.evaluations(),
        }
    }

    /// Takes some training steps, at most `limit`. On a GPU the last ones may be under way when it returns, so that the next
    /// are prepared meanwhile; [`finish`](Self::finish) and [`measure`](Self::measure) wait for them.
    ///
    /// # Errors
    /// A sentence, when the device failed.
    pub fn train(&mut self, limit: u64) -> Result<(), String> {
        match self {
            Self::Gpu(session) => {
                let steps = limit.min(u64::from(session.steps_for(SUBMISSION_MS))) as u32;
                session.submit(&Work { steps, recover: false, time: 0.0 }, None);
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

    /// Where the time of a training step goes, measured for about `budget` seconds a part. Afterwards the run is of no use.
    pub fn profile(&mut self, budget: f64) -> Vec<Profiled> {
        match self {
            Self::Gpu(session) => session.profile(budget),
            Self::Cpu(session) => session.profile(budget),
        }
    }

    /// Why this run leads nowhere, once a measurement showed that it has run away.
    pub fn runaway(&self) -> Option<&Runaway> {
        match self {
            Self::Gpu(session) => session.runaway(),
            Self::Cpu(session) => session.runaway(),
        }
    }

    /// Waits for the steps that are under way.
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

    /// The averaged potentials on the flow lattice, and their measures.
    ///
    /// # Errors
    /// A sentence, when the device failed.
    pub fn measure(&mut self) -> Result<(Report, Recovery), String> {
        match self {
            Self::Gpu(session) => {
                session.submit(&Work { steps: 0, recover: true, time: 0.0 }, None);
                let mut report = None;
                while session.is_under_way() {
                    report = wait_for_oldest(session)?.or(report);
                }
                let recovery = session.recovery().cloned();
                report.zip(recovery).ok_or_else(|| "The graphics device gave nothing back.".into())
            }
            Self::Cpu(session) => {
                let report = session.recover();
                let recovery = session.recovery().cloned();
                Ok((report, recovery.expect("it was just recovered")))
            }
        }
    }
}

fn wait_for_oldest(session: &mut Session) -> Result<Option<Report>, String> {
    let polled = session.wait_for_oldest(PATIENCE);
    if let Some(failure) = session.gpu().failure() {
        return Err(failure);
    }
    polled.map_err(|error| format!("The graphics device does not answer: {error}"))?;
    Ok(session.poll())
}

/// A source on the flow lattice and its exact flow: what learned flows are compared with.
pub struct Truth {
    pub lattice: Lattice,
    /// p_D and p_N, of mass 1 on the lattice.
    pub source: Vec<f64>,
    pub target: Vec<f64>,
    pub exact: ExactFlow,
}

impl Truth {
    /// Solves for the exact flow from `source` to the Normal at ε on the lattice of every `stride`-th point.
    pub fn new(source: &Density, epsilon: f64, stride: usize, stop: &Stop) -> Self {
        let (lattice, on_lattice) = source.subsample(stride);
        let target = target_density(&lattice);
        Self::on_lattice(lattice, normalised(&lattice, on_lattice), target, epsilon, stop)
    }

    /// As [`new`](Self::new), to another target.
    pub fn between(source: &Density, target: &Density, epsilon: f64, stride: usize, stop: &Stop) -> Self {
        let (lattice, source) = source.subsample(stride);
        let target = normalised(&lattice, target.subsample(stride).1);
        Self::on_lattice(lattice, normalised(&lattice, source), target, epsilon, stop)
    }

    fn on_lattice(lattice: Lattice, source: Vec<f64>, target: Vec<f64>, epsilon: f64, stop: &Stop) -> Self {
        let solution = solve(&lattice, &source, &target, epsilon, None, stop);
        let exact = ExactFlow::new(&lattice, &source, &target, epsilon, solution);
        Self { lattice, source, target, exact }
    }

    /// Compares a learned flow of the same ε with the exact one.
    pub fn audit(&mut self, recovery: &Recovery, completion: Completion) -> Findings {
        let mut audit = Audit::new(&self.lattice, &self.source, recovery, completion).with_target(&self.target);
        loop {
            if let Some(findings) = audit.advance(&mut self.exact) {
                return findings;
            }
        }
    }
}
