//! A training step in phases. What a phase does consists of works that do not wait for each other, and a work of pieces
//! in a row: a step can stop after any piece and go on later, or do each phase on all cores, and comes to the same bits.

use super::monte_carlo::MonteCarloStep;
use super::quadrature::QuadratureStep;
use super::trainer::Learner;
use super::width::Width;
use crate::cpu::trainer::Losses;
use crate::parallel::each;
use crate::schedule::{Points, StepInputs};

/// Does its next piece, and says whether another is left.
pub type Work<'a> = Box<dyn FnMut() -> bool + Send + 'a>;

/// A work of one piece.
pub fn at_once<'a>(mut work: impl FnMut() + Send + 'a) -> Work<'a> {
    Box::new(move || {
        work();
        false
    })
}

/// How much is done before the caller is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Portion {
    /// A phase, on all cores.
    Phase,
    /// A piece: at most some hundred evaluations, or a heat average.
    Piece,
}

/// A step under way.
#[derive(Clone, Debug)]
pub struct Step {
    pub inputs: StepInputs,
    stage: Stage,
    phase: usize,
    /// Works of this phase that are done.
    done: usize,
}

/// What the phases leave for one another.
#[derive(Clone, Debug)]
enum Stage {
    Quadrature(QuadratureStep),
    MonteCarlo(MonteCarloStep),
}

impl Step {
    pub fn new(inputs: StepInputs) -> Self {
        let stage = match &inputs.points {
            Points::Quadrature(points) => Stage::Quadrature(QuadratureStep::new(points)),
            Points::MonteCarlo(_) => Stage::MonteCarlo(MonteCarloStep::default()),
        };
        Self { inputs, stage, phase: 0, done: 0 }
    }

    /// The next portion for φ and ψ; the losses when it was the last.
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

    /// What its phases are about.
    pub fn phases(&self) -> &'static [&'static str] {
        match self.stage {
            Stage::Quadrature(_) => &QuadratureStep::PHASES,
            Stage::MonteCarlo(_) => &MonteCarloStep::PHASES,
        }
    }

    /// φ's vectors as they were before the step, where they have moved and ψ's have not.
    pub fn phi_before(&self) -> Option<&[Vec<super::product::Row>; 4]> {
        match &self.stage {
            Stage::Quadrature(_) => None,
            Stage::MonteCarlo(stage) => stage.phi_before.as_ref(),
        }
    }
}
