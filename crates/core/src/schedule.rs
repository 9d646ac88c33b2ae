//! What changes from step to step, decided on the host: batch, lattice shifts, Adam's corrections.
//!
//! Every backend and every twin consumes the same [`StepInputs`], so one seed means one run.

use crate::config::{Config, quadrature_count};
use crate::gaussian::{self, Quadratic};
use crate::lattice::{Lattice, SOURCE_MASK, TARGET_MASK};
use crate::measure::{Moments, Sampler};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// One training step of both potentials.
#[derive(Clone, Debug, PartialEq)]
pub struct StepInputs {
    pub epsilon: f64,
    /// Where u is integrated, over the masked box of φ.
    pub source: Lattice,
    /// Where w is regressed and p_N integrated, over the masked box of ψ.
    pub target: Lattice,
    /// log Σ e^(−|y|²/2) over `target`: the weights ω are e^(−|y|²/2 − this).
    pub log_target_sum: f64,
    /// Points of the source, world units.
    pub batch: Vec<[f32; 2]>,
    /// Closed-form part of u and of w.
    pub base: [Quadratic; 2],
    pub uniform_share: f64,
    pub learning_rate: f64,
    /// 1 / (1 − β₁ⁿ) and 1 / (1 − β₂ⁿ).
    pub corrections: [f64; 2],
    pub betas: [f64; 2],
    /// Decay of the moving average in this step.
    pub average_decay: f64,
}

impl StepInputs {
    /// Forward and backward passes of one network at one point, in this step.
    pub fn evaluations(&self) -> u64 {
        (self.batch.len() + self.source.len() + self.target.len()) as u64
    }
}

/// Makes the inputs of step after step.
#[derive(Debug)]
pub struct Schedule {
    rng: ChaCha8Rng,
    moments: Moments,
    sampler: Sampler,
    step: u64,
    evaluations: u64,
}

impl Schedule {
    /// Streams of the generator: one seed gives independent weights and steps.
    const STEP_STREAM: u64 = 1;

    pub fn new(seed: u64, moments: Moments, sampler: Sampler) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(Self::STEP_STREAM);
        Self { rng, moments, sampler, step: 0, evaluations: 0 }
    }

    /// Steps made so far.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Network evaluations of those steps.
    pub fn evaluations(&self) -> u64 {
        self.evaluations
    }

    /// Counts from here again: steps whose results were lost.
    pub fn rewind(&mut self, step: u64, evaluations: u64) {
        (self.step, self.evaluations) = (step, evaluations);
    }

    /// The closed-form parts of u and w at this ε.
    pub fn base(&self, epsilon: f64) -> [Quadratic; 2] {
        gaussian::potentials(&self.moments, epsilon).into()
    }

    /// The inputs of the next step.
    pub fn advance(&mut self, config: &Config) -> StepInputs {
        let count = quadrature_count(config.epsilon);
        let source = Lattice::shifted(SOURCE_MASK, count, self.rng.random());
        let target = Lattice::shifted(TARGET_MASK, count, self.rng.random());
        let batch = self.sampler.batch(config.batch, &mut self.rng);
        let n = self.step as f64;
        let power = (self.step + 1).min(i32::MAX as u64) as i32;
        let inputs = StepInputs {
            epsilon: config.epsilon,
            source,
            target,
            log_target_sum: log_normal_sum(&target),
            batch,
            base: self.base(config.epsilon),
            uniform_share: config.uniform_share,
            learning_rate: config.learning_rate / (1.0 + self.evaluations as f64 / config.learning_rate_halving),
            corrections: config.betas.map(|beta| 1.0 / (1.0 - beta.powi(power))),
            betas: config.betas,
            average_decay: config.average_decay.min((1.0 + n) / (10.0 + n)),
        };
        self.step += 1;
        self.evaluations += inputs.evaluations();
        inputs
    }
}

/// log Σ_k e^(−|y_k|²/2) over a lattice; the sum separates by axis.
pub fn log_normal_sum(lattice: &Lattice) -> f64 {
    (0..2).map(|axis| lattice.coordinates(axis).map(|y| (-0.5 * y * y).exp()).sum::<f64>().ln()).sum()
}
