//! A run without a page: trains and measures, on a GPU or on the CPU, and waits for what it asked for. Native only.

use crate::audit::{Audit, Completion, ExactFlow, Findings, normalised, target_density};
use crate::config::Config;
use crate::cpu::fast::Trainer;
use crate::cpu::sinkhorn::{Stop, solve};
use crate::gpu::Gpu;
use crate::lattice::Lattice;
use crate::measure::{Density, Sampler};
use crate::metrics::{Recovery, measure};
use crate::network::{Parameters, Shape};
use crate::runaway::{Runaway, Watch};
use crate::schedule::Schedule;
use crate::session::{Report, Session, Work, estimate};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use std::time::Duration;

/// A run on one of the backends; from one seed they take the same steps, up to rounding.
pub enum Run {
    Gpu(Box<Session>),
    Cpu(Box<CpuRun>),
}

/// A run on the CPU, in f32.
pub struct CpuRun {
    config: Config,
    schedule: Schedule,
    trainer: Trainer,
    lattice: Lattice,
    density: Density,
    /// p_D at the points of the flow lattice.
    source: Vec<f64>,
    /// J/ε of the steps of the last call of [`Run::train`].
    losses: Vec<f32>,
    watch: Watch,
    runaway: Option<Runaway>,
}

/// A submission that takes longer than this is lost.
const PATIENCE: Duration = Duration::from_secs(120);
/// Most steps and evaluations of one submission: enough to keep a fast adapter busy, few enough for a slow one to answer
/// in time.
const STEPS: u64 = 16;
const EVALUATIONS: u64 = 200_000;

impl Run {
    pub fn on_gpu(gpu: &Gpu, config: Config, source: &Density) -> Self {
        Self::Gpu(Box::new(Session::new(gpu, config, source)))
    }

    pub fn on_cpu(config: Config, source: &Density) -> Self {
        let shape = Shape::new(&config);
        let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
        let parameters = [(); 2].map(|()| Parameters::new(&config, &shape, &mut rng));
        let (lattice, on_lattice) = source.subsample(config.flow_stride);
        Self::Cpu(Box::new(CpuRun {
            schedule: Schedule::new(config.seed, source.moments(), Sampler::new(source)),
            trainer: Trainer::new(shape, config.activation, &parameters),
            config,
            lattice,
            density: source.clone(),
            source: on_lattice,
            losses: vec![],
            watch: Watch::default(),
            runaway: None,
        }))
    }

    /// Training steps so far.
    pub fn step(&self) -> u64 {
        match self {
            Self::Gpu(session) => session.step(),
            Self::Cpu(run) => run.schedule.step(),
        }
    }

    /// Network evaluations of those steps.
    pub fn evaluations(&self) -> u64 {
        match self {
            Self::Gpu(session) => session.evaluations(),
            Self::Cpu(run) => run.schedule.evaluations(),
        }
    }

    /// Takes some training steps, at most `limit`, and waits for them.
    ///
    /// # Errors
    /// A sentence, when the device failed.
    pub fn train(&mut self, limit: u64) -> Result<(), String> {
        let evaluations = match self {
            Self::Gpu(session) => session.config().evaluations_of_step(),
            Self::Cpu(run) => run.config.evaluations_of_step(),
        };
        let steps = limit.min(STEPS).min((EVALUATIONS / evaluations).max(1)) as u32;
        match self {
            Self::Gpu(session) => submit(session, &Work { steps, recover: false, time: 0.0 }).map(|_| ()),
            Self::Cpu(run) => {
                let step = |_| run.trainer.step(&run.schedule.advance(&run.config)).phi as f32;
                run.losses = (0..steps).map(step).collect();
                Ok(())
            }
        }
    }

    /// Why this run leads nowhere, once a measurement showed that it has run away.
    pub fn runaway(&self) -> Option<&Runaway> {
        match self {
            Self::Gpu(session) => session.runaway(),
            Self::Cpu(run) => run.runaway.as_ref(),
        }
    }

    /// The averaged potentials on the flow lattice, and their measures.
    ///
    /// # Errors
    /// A sentence, when the device failed.
    pub fn measure(&mut self) -> Result<(Report, Recovery), String> {
        match self {
            Self::Gpu(session) => {
                let report = submit(session, &Work { steps: 0, recover: true, time: 0.0 })?;
                let recovery = session.recovery().cloned();
                report.zip(recovery).ok_or_else(|| "The graphics device gave nothing back.".into())
            }
            Self::Cpu(run) => {
                let epsilon = run.config.epsilon;
                let recovery = run.trainer.recover(&run.schedule.base(&run.config), &run.lattice, epsilon);
                let metrics = measure(&run.lattice, &run.source, &recovery);
                let (step, evaluations) = (run.schedule.step(), run.schedule.evaluations());
                let report = Report { step, evaluations, epsilon, metrics, estimate: estimate(&run.losses, epsilon) };
                if run.runaway.is_none() {
                    let symptom = run.watch.observe(&report);
                    run.runaway = symptom.map(|symptom| Runaway::new(&report, symptom, &run.config, &run.density));
                }
                Ok((report, recovery))
            }
        }
    }
}

fn submit(session: &mut Session, work: &Work) -> Result<Option<Report>, String> {
    session.submit(work, None);
    let wait = wgpu::PollType::Wait { submission_index: None, timeout: Some(PATIENCE) };
    let polled = session.gpu().device.poll(wait);
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
