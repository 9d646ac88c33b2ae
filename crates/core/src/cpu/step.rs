//! A training step in phases. A phase consists of independent works, and a work is a sequence of pieces. A step can
//! stop after any piece and continue later, or do each phase on all cores; both give the same bits.

use super::learner::Learner;
use super::monte_carlo::MonteCarloStep;
use super::quadrature::QuadratureStep;
use super::work::{Portion, Work};
use crate::checkpoint::LearnerState;
use crate::parallel::each;
use crate::simd::product::Row;
use crate::simd::width::Width;
use crate::step_sampler::{Losses, Points, StepInputs};

/// A step under way.
#[derive(Clone, Debug)]
pub struct Step {
    pub inputs: StepInputs,
    stage: Stage,
    phase: usize,
    /// Works of this phase that are done.
    done: usize,
}

/// What one phase passes on to the next ones.
#[derive(Clone, Debug)]
enum Stage {
    Quadrature(Box<QuadratureStep>),
    MonteCarlo(MonteCarloStep),
}

impl Step {
    pub fn new(inputs: StepInputs) -> Self {
        let stage = match &inputs.points {
            Points::Quadrature(points) => Stage::Quadrature(Box::new(QuadratureStep::new(points))),
            Points::MonteCarlo(_) => Stage::MonteCarlo(MonteCarloStep::default()),
        };
        Self { inputs, stage, phase: 0, done: 0 }
    }

    /// Does the next portion; returns the losses if it was the last.
    pub fn advance(&mut self, width: Width, learners: &mut [Learner; 2], portion: Portion) -> Option<Losses<f64>> {
        let works = match (&mut self.stage, &self.inputs.points) {
            (Stage::Quadrature(stage), Points::Quadrature(points)) => {
                stage.works(self.phase, width, learners, &self.inputs, points)
            }
            (Stage::MonteCarlo(stage), Points::MonteCarlo(points)) => {
                stage.works(self.phase, width, learners, &self.inputs, points)
            }
            _ => unreachable!("a step keeps its inputs"),
        };
        let count = works.len();
        match portion {
            Portion::Phase => {
                each(works.into_iter().skip(self.done).collect(), |mut work: Work| while work() {});
                self.done = count;
            }
            Portion::Piece => {
                let is_left = works.into_iter().nth(self.done).is_some_and(|mut work| work());
                self.done += usize::from(!is_left);
            }
        }
        if self.done >= count {
            (self.phase, self.done) = (self.phase + 1, 0);
        }
        if self.phase < self.phases().len() {
            return None;
        }
        match (&self.stage, &self.inputs.points) {
            (Stage::Quadrature(stage), Points::Quadrature(points)) => Some(stage.losses(learners, points)),
            (Stage::MonteCarlo(stage), _) => Some(stage.losses),
            _ => unreachable!("a step keeps its inputs"),
        }
    }

    /// What each of its phases does.
    pub fn phases(&self) -> &'static [&'static str] {
        match self.stage {
            Stage::Quadrature(_) => &QuadratureStep::PHASES,
            Stage::MonteCarlo(_) => &MonteCarloStep::PHASES,
        }
    }

    /// φ's state before the step, if φ has been updated and ψ has not.
    pub fn phi_before(&self) -> Option<&LearnerState<Vec<Row>>> {
        match &self.stage {
            Stage::Quadrature(_) => None,
            Stage::MonteCarlo(stage) => stage.phi_before.as_ref(),
        }
    }
}
