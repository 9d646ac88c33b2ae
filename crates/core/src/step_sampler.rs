//! What changes from step to step, decided on the host: batches, lattice shifts, seeds of draws, bias corrections of
//! Adam.
//!
//! Every backend and every twin takes the same [`StepInputs`], so one seed gives the same run on all of them.

use crate::config::{Config, Optimiser, Recipe};
use crate::gaussian::{self, Moments, Quadratic};
use crate::lattice::{Lattice, SOURCE_MASK, TARGET_MASK};
use crate::measure::{Density, Sampler, Target};
use crate::monte_carlo::MonteCarlo;
use crate::numeric::LOG_ZERO;
use crate::quadrature::{Nodes, Quadrature};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// All inputs of one training step of both potentials.
#[derive(Clone, Debug, PartialEq)]
pub struct StepInputs {
    /// ε of this step.
    pub epsilon: f64,
    /// Closed-form part of u and of w.
    pub base: [Quadratic; 2],
    /// The optimiser's settings in this step.
    pub update: Update,
    /// Where the potentials are evaluated.
    pub points: Points,
}

/// The optimiser's settings in one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Update {
    /// Adam or plain descent.
    pub optimiser: Optimiser,
    /// η, the step size in this step.
    pub learning_rate: f64,
    /// 1 / (1 − β₁ⁿ) and 1 / (1 − β₂ⁿ) in the n-th step, n from 1.
    pub bias_corrections: [f64; 2],
    /// Adam's decay rates β₁, β₂.
    pub betas: [f64; 2],
    /// Decay of the moving average in this step.
    pub average_decay: f64,
}

/// Where the potentials are evaluated in one step, by [`Recipe`].
#[derive(Clone, Debug, PartialEq)]
pub enum Points {
    /// The nodes of both densities, with [`Recipe::Quadrature`].
    Quadrature(Quadrature),
    /// The batches and the draws around their points, with [`Recipe::MonteCarlo`].
    MonteCarlo(MonteCarlo),
}

impl StepInputs {
    /// Evaluations in this step: forward and backward passes of one network at one point. The additional forward
    /// passes at the B centres, for the penalty of [`MonteCarlo`], are not counted.
    pub fn evaluations(&self) -> u64 {
        match &self.points {
            Points::Quadrature(points) => (points.source.len() + points.target.len()) as u64,
            Points::MonteCarlo(points) => 2 * points.rows() as u64,
        }
    }
}

/// Makes the inputs of each step in turn.
#[derive(Debug)]
pub struct StepSampler {
    rng: ChaCha8Rng,
    moments: Moments,
    sampler: Sampler,
    target: Target,
    step: u64,
    evaluations: u64,
    /// Steps and evaluations before the present source: the schedules of the learning rate and of the average start
    /// again with each source.
    before: [u64; 2],
}

impl StepSampler {
    /// Stream of the generator for the steps; initial weights use stream 0, so that both are independent.
    const STEP_STREAM: u64 = 1;

    /// For a run to the Normal, at step 0, from the source with these moments and this sampler.
    pub fn new(seed: u64, moments: Moments, sampler: Sampler) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(Self::STEP_STREAM);
        Self { rng, moments, sampler, target: Target::Normal, step: 0, evaluations: 0, before: [0, 0] }
    }

    /// For a run from `source` to the Normal, at step 0.
    pub fn start(config: &Config, source: &Density) -> Self {
        Self::new(config.seed, source.moments(), Sampler::new(source))
    }

    /// The same with another target.
    pub fn to(self, target: Target) -> Self {
        Self { target, ..self }
    }

    /// Continues with another source: the step count continues, the schedules of the learning rate and of the average
    /// start again.
    pub fn follow(&mut self, source: &Density) {
        (self.moments, self.sampler) = (source.moments(), Sampler::new(source));
        self.before = [self.step, self.evaluations];
    }

    /// The density p_N at t = 1.
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

    /// Sets the counts back to an earlier step, when the results of the steps after it were lost.
    pub fn rewind(&mut self, step: u64, evaluations: u64) {
        (self.step, self.evaluations) = (step, evaluations);
        self.before = [self.before[0].min(step), self.before[1].min(evaluations)];
    }

    /// The closed-form parts of u and w; zero if `config` has no Gaussian base.
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
        let source = Lattice::shifted(SOURCE_MASK, config.source_nodes, self.rng.random());
        let target = Lattice::shifted(TARGET_MASK, config.target_nodes, self.rng.random());
        let batch = self.sampler.nodes(config.batch, &mut self.rng);
        let log_source = |x| {
            let density = self.sampler.density_at(x);
            if density > 0.0 { f64::from(density).ln() } else { LOG_ZERO }
        };
        let target_batch = match self.target.sampler() {
            None => vec![],
            Some(sampler) => sampler.nodes(config.target_batch, &mut self.rng),
        };
        let source = Nodes::new(batch, source, log_source);
        let target = Nodes::new(target_batch, target, |y| self.target.log_density(y));
        Quadrature::new(source, target, config.tempered_share, self.target.log_floor())
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
        let n = (self.step - self.before[0]) as f64;
        let evaluations = (self.evaluations - self.before[1]) as f64;
        let power = (self.step + 1).min(i32::MAX as u64) as i32;
        Update {
            optimiser: config.optimiser,
            learning_rate: config.learning_rate / (1.0 + evaluations / config.learning_rate_halving),
            bias_corrections: config.betas.map(|beta| 1.0 / (1.0 - beta.powi(power))),
            betas: config.betas,
            average_decay: config.average_decay.min((1.0 + n) / (10.0 + n)),
        }
    }
}

/// What a step measured before it moved the weights.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Losses<T> {
    /// J / ε as estimated by the step's points.
    pub phi: T,
    /// By quadrature ½ Σ ω′ (w − φ^{c,ε}/ε)²; by Monte Carlo I / ε as estimated by the step's points.
    pub psi: T,
}
