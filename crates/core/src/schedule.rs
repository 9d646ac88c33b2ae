//! What changes from step to step, decided on the host: batches, lattice shifts, seeds of draws, Adam's corrections.
//!
//! Every backend and every twin consumes the same [`StepInputs`], so one seed means one run.

use crate::config::{Config, Optimiser, Recipe, quadrature_count};
use crate::cpu::transform::log_normal;
use crate::gaussian::{self, Quadratic};
use crate::lattice::{Lattice, SOURCE_MASK, TARGET_MASK};
use crate::measure::{Density, Moments, Sampler, Target};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// One training step of both potentials.
#[derive(Clone, Debug, PartialEq)]
pub struct StepInputs {
    pub epsilon: f64,
    /// Closed-form part of u and of w.
    pub base: [Quadratic; 2],
    /// How the gradients move the weights.
    pub update: Update,
    /// Where the potentials are evaluated.
    pub points: Points,
}

/// How the gradients of one step move the weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Update {
    pub optimiser: Optimiser,
    pub learning_rate: f64,
    /// 1 / (1 − β₁ⁿ) and 1 / (1 − β₂ⁿ).
    pub corrections: [f64; 2],
    pub betas: [f64; 2],
    /// Decay of the moving average in this step.
    pub average_decay: f64,
}

/// Where the potentials are evaluated in one step, by [`Recipe`].
#[derive(Clone, Debug, PartialEq)]
pub enum Points {
    Quadrature(Quadrature),
    MonteCarlo(MonteCarlo),
}

/// A batch and two lattices.
#[derive(Clone, Debug, PartialEq)]
pub struct Quadrature {
    /// Where u is integrated, over the masked box of φ.
    pub source: Lattice,
    /// Where w is regressed and p_N integrated, over the masked box of ψ.
    pub target: Lattice,
    /// log 2π Σ p_N over `target`, which for the Normal is log Σ e^(−|y|²/2): the weights ω are 2π p_N e^(−this).
    pub log_target_sum: f64,
    /// log p_N at the points of `target`, nats; `LOG_ZERO` where there is none of it. None for the Normal, which has a
    /// formula that kernels know too.
    pub log_target: Option<Vec<f64>>,
    /// Points of the source, world units.
    pub batch: Vec<[f32; 2]>,
    pub uniform_share: f64,
}

/// Two batches of B independent points, and N draws around each of their points: N points of N(y, ε I) around a point y
/// of the Normal for φ, N points of N(x, ε I) around a point x of the source for ψ.
///
/// The draws are not stored: [`normal_pair`](crate::random::normal_pair) makes each from the seed and its number.
#[derive(Clone, Debug, PartialEq)]
pub struct MonteCarlo {
    /// Points of p_D and of p_N, (B) each, world units.
    pub batches: [Vec<[f32; 2]>; 2],
    /// log p_D and log p_N there, nats.
    pub log_densities: [Vec<f32>; 2],
    /// N.
    pub draws: usize,
    /// Of the draws of both potentials.
    pub seed: [u32; 2],
    /// α.
    pub penalty: f64,
}

impl StepInputs {
    /// Forward and backward passes of one network at one point, in this step. The forward passes at the B centres that
    /// the penalty of [`MonteCarlo`] takes besides are not counted.
    pub fn evaluations(&self) -> u64 {
        match &self.points {
            Points::Quadrature(points) => (points.batch.len() + points.source.len() + points.target.len()) as u64,
            Points::MonteCarlo(points) => 2 * points.rows() as u64,
        }
    }
}

impl Quadrature {
    /// log p_N at the k-th point of `target`, nats; `LOG_ZERO` where there is none of it.
    pub fn log_target(&self, k: usize) -> f64 {
        self.log_target.as_ref().map_or_else(|| log_normal(self.target.point(k)), |log_target| log_target[k])
    }
}

impl MonteCarlo {
    /// B, points of each batch.
    pub fn batch(&self) -> usize {
        self.batches[0].len()
    }

    /// B (N + 1), rows of one network: its batch, then N draws around each point of the other.
    pub fn rows(&self) -> usize {
        self.batch() * (self.draws + 1)
    }
}

/// Makes the inputs of step after step.
#[derive(Debug)]
pub struct Schedule {
    rng: ChaCha8Rng,
    moments: Moments,
    sampler: Sampler,
    target: Target,
    step: u64,
    evaluations: u64,
}

impl Schedule {
    /// Streams of the generator: one seed gives independent weights and steps.
    const STEP_STREAM: u64 = 1;

    pub fn new(seed: u64, moments: Moments, sampler: Sampler) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(Self::STEP_STREAM);
        Self { rng, moments, sampler, target: Target::Normal, step: 0, evaluations: 0 }
    }

    /// Of a run from `source`, at step 0.
    pub fn start(config: &Config, source: &Density) -> Self {
        Self::new(config.seed, source.moments(), Sampler::new(source))
    }

    /// The same to another target.
    pub fn to(self, target: Target) -> Self {
        Self { target, ..self }
    }

    /// Where mass is at t = 1.
    pub fn target(&self) -> &Target {
        &self.target
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

    /// The closed-form parts of u and w; zero where the networks stand alone.
    pub fn base(&self, config: &Config) -> [Quadratic; 2] {
        match self.target.moments() {
            _ if !config.gaussian_base => Default::default(),
            None => gaussian::potentials(&self.moments, config.epsilon).into(),
            Some(target) => gaussian::potentials_between(&self.moments, target, config.epsilon).into(),
        }
    }

    /// The inputs of the next step.
    pub fn advance(&mut self, config: &Config) -> StepInputs {
        let points = match config.recipe {
            Recipe::Quadrature => Points::Quadrature(self.quadrature(config)),
            Recipe::MonteCarlo => Points::MonteCarlo(self.monte_carlo(config)),
        };
        let inputs =
            StepInputs { epsilon: config.epsilon, base: self.base(config), update: self.update(config), points };
        self.step += 1;
        self.evaluations += inputs.evaluations();
        inputs
    }

    fn quadrature(&mut self, config: &Config) -> Quadrature {
        let count = quadrature_count(config.epsilon);
        let source = Lattice::shifted(SOURCE_MASK, count, self.rng.random());
        let target = Lattice::shifted(TARGET_MASK, count, self.rng.random());
        let batch = self.sampler.batch(config.batch, &mut self.rng);
        let (log_target, log_target_sum) = match self.target {
            Target::Normal => (None, log_normal_sum(&target)),
            Target::Density(_) => {
                let log_target: Vec<f64> = target.points().map(|y| self.target.log_density(y)).collect();
                let sum = log_target.iter().map(|log_p| log_p.exp()).sum::<f64>();
                (Some(log_target), sum.ln() + LOG_TWO_PI)
            }
        };
        Quadrature { source, target, log_target_sum, log_target, batch, uniform_share: config.uniform_share }
    }

    fn monte_carlo(&mut self, config: &Config) -> MonteCarlo {
        let source = self.sampler.independent_with_density(config.batch, &mut self.rng).into_iter();
        let (source, log_source) = source.map(|(x, log_density)| (x.map(|c| c as f32), log_density)).unzip();
        let target = self.target.points(config.batch, &mut self.rng);
        let log_target = target.iter().map(|y| self.target.log_density(*y) as f32).collect();
        let target = target.iter().map(|y| y.map(|c| c as f32)).collect();
        MonteCarlo {
            batches: [source, target],
            log_densities: [log_source, log_target],
            draws: config.draws,
            seed: self.rng.random(),
            penalty: config.penalty,
        }
    }

    fn update(&self, config: &Config) -> Update {
        let n = self.step as f64;
        let power = (self.step + 1).min(i32::MAX as u64) as i32;
        Update {
            optimiser: config.optimiser,
            learning_rate: config.learning_rate / (1.0 + self.evaluations as f64 / config.learning_rate_halving),
            corrections: config.betas.map(|beta| 1.0 / (1.0 - beta.powi(power))),
            betas: config.betas,
            average_decay: config.average_decay.min((1.0 + n) / (10.0 + n)),
        }
    }
}

/// log 2π.
pub const LOG_TWO_PI: f64 = 1.837_877_066_409_345_3;

/// log Σ_k e^(−|y_k|²/2) over a lattice; the sum separates by axis.
pub fn log_normal_sum(lattice: &Lattice) -> f64 {
    (0..2).map(|axis| lattice.coordinates(axis).map(|y| (-0.5 * y * y).exp()).sum::<f64>().ln()).sum()
}
