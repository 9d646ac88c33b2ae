//! Training steps, one at a time, with the results of each stage.
//!
//! ```
//! use flowsketch_core::config::Config;
//! use flowsketch_core::measure::{Preset, Target};
//! use flowsketch_core::step_inspector::{StepInspector, UpdatedPotentials};
//! use std::time::Duration;
//!
//! let mut inspector = StepInspector::new(Config::default(), &Preset::Moons.density(), Target::Normal, None);
//! inspector.begin(UpdatedPotentials::Both);
//! while inspector.advance(Duration::from_millis(10)) < 1.0 {}
//! let trace = inspector.trace([0.0, 0.0]).expect("the step is done");
//! assert_eq!(trace.step, 1);
//! ```

mod monte_carlo;
mod quadrature;
mod trace;

pub use monte_carlo::{ByDraws, Climb, Spread};
pub use quadrature::{Average, ByLattices};
pub use trace::{Field, UpdatedPotentials};

use crate::checkpoint::{Checkpoint, Parameters};
use crate::config::{Config, Recipe};
use crate::measure::{Density, Target};
use crate::reference::trainer::Trainer;
use crate::step_sampler::StepSampler;
use monte_carlo::DrawsStep;
use quadrature::LatticesStep;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use web_time::Instant;

/// One step. Potentials are in units of cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepTrace {
    /// The number of this step, from 1.
    pub step: u64,
    /// Which potentials it updated.
    pub updated: UpdatedPotentials,
    /// ε of this step.
    pub epsilon: f64,
    /// η, the optimiser's step size in this step.
    pub learning_rate: f64,
    /// The intermediate results, for the recipe of the run.
    pub stages: Stages,
}

/// The results of its stages, by the recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Stages {
    /// Of a step with [`Recipe::Quadrature`].
    Quadrature(ByLattices),
    /// Of a step with [`Recipe::MonteCarlo`].
    MonteCarlo(ByDraws),
}

/// How potentials are averaged around one point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Around {
    /// φ around a node of the target lattice.
    Node(Average),
    /// φ around a point of the batch of p_N, and ψ around one of p_D.
    Draws([Spread; 2]),
}

impl StepTrace {
    /// Replaces the averages by those around other points.
    pub fn turn(&mut self, around: Around) {
        match (&mut self.stages, around) {
            (Stages::Quadrature(stages), Around::Node(average)) => stages.average = average,
            (Stages::MonteCarlo(stages), Around::Draws(spreads)) => stages.spreads = spreads,
            // These averages are of a step by the other recipe.
            _ => {}
        }
    }
}

/// A copy of a run, taken step by step.
#[derive(Debug)]
pub struct StepInspector {
    config: Config,
    step_sampler: StepSampler,
    trainer: Trainer<f64>,
    /// The newest step, under way or done.
    step: Option<Step>,
}

#[derive(Debug)]
enum Step {
    Quadrature(Box<LatticesStep>),
    MonteCarlo(Box<DrawsStep>),
}

impl StepInspector {
    /// Continues a run with these settings and densities from `checkpoint`, or from its start if there is none.
    pub fn new(config: Config, source: &Density, target: Target, checkpoint: Option<&Checkpoint>) -> Self {
        let shape = config.shape();
        let mut trainer = Trainer::new(shape.clone(), config.activation, &Parameters::pair(&config, &shape));
        let mut step_sampler = StepSampler::start(&config, source).to(target);
        if let Some(Checkpoint { snapshots, step, evaluations }) = checkpoint {
            trainer.phi.restore(&snapshots[0]);
            trainer.psi.restore(&snapshots[1]);
            step_sampler.rewind(*step, *evaluations);
        }
        Self { config, step_sampler, trainer, step: None }
    }

    /// Begins a step of φ, of ψ or of both; a step under way is abandoned, but what it has updated stays updated.
    pub fn begin(&mut self, updated: UpdatedPotentials) {
        let inputs = self.step_sampler.advance(&self.config);
        self.step = Some(match self.config.recipe {
            Recipe::Quadrature => Step::Quadrature(LatticesStep::new(inputs, updated).into()),
            Recipe::MonteCarlo => Step::MonteCarlo(DrawsStep::new(&self.trainer, inputs, updated).into()),
        });
    }

    /// Continues that step for about `budget`, by at least one part; returns the share of it that is done, from 0 to 1.
    pub fn advance(&mut self, budget: Duration) -> f64 {
        let start = Instant::now();
        loop {
            let share = match &mut self.step {
                None => return 1.0,
                Some(Step::Quadrature(step)) => step.take(&mut self.trainer),
                Some(Step::MonteCarlo(step)) => step.advance(&mut self.trainer),
            };
            if share >= 1.0 || start.elapsed() >= budget {
                return share;
            }
        }
    }

    /// The step once it is done, with averages around points near `near`, world units.
    pub fn trace(&self, near: [f64; 2]) -> Option<StepTrace> {
        let (inputs, updated, stages) = match self.step.as_ref()? {
            Step::Quadrature(step) => (&step.inputs, step.updated, Stages::Quadrature(step.stages(near)?)),
            Step::MonteCarlo(step) => (&step.inputs, step.updated, Stages::MonteCarlo(step.stages(near)?)),
        };
        let (epsilon, learning_rate) = (inputs.epsilon, inputs.update.learning_rate);
        Some(StepTrace { step: self.step_sampler.step(), updated, epsilon, learning_rate, stages })
    }

    /// The averages of that step around other points.
    pub fn around(&self, near: [f64; 2]) -> Option<Around> {
        Some(match self.step.as_ref()? {
            Step::Quadrature(step) => Around::Node(step.average(near)?),
            Step::MonteCarlo(step) => Around::Draws(step.spreads(near)?),
        })
    }
}
