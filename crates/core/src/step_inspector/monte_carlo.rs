//! A step of the paper's recipe, stage by stage: φ ascends J, then ψ ascends I.

use super::trace::{Field, UpdatedPotentials, nearest};
use crate::lattice::{Lattice, SOURCE_MASK};
use crate::monte_carlo::{MonteCarlo, log_mean_exp};
use crate::network::Side;
use crate::reference::potential::forward;
use crate::reference::semidual::Semidual;
use crate::reference::trainer::Trainer;
use crate::step_sampler::{Points, StepInputs};
use serde::{Deserialize, Serialize};

/// Points along one axis of the lattice on which changes are shown.
const CHANGE_COUNT: usize = 54;

/// The results of the stages of a step by random draws. Potentials are in units of cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ByDraws {
    /// x_b of p_D and y_k of p_N, (B) each.
    pub batches: [Vec<[f32; 2]>; 2],
    /// φ around a point of p_N, and ψ around one of p_D.
    pub spreads: [Spread; 2],
    /// The ascent of φ, then that of ψ.
    pub climbs: [Climb; 2],
}

/// How one potential ascends. Written for φ; for ψ the two potentials and the two densities exchange their roles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Climb {
    /// N draws around each y_k, (B N), those around one point together.
    pub draws: Vec<[f32; 2]>,
    /// The derivative of the objective, −J + α mean (ψ − φ^{c,ε})², with respect to φ at each draw: the share of the
    /// draw in the average around its y_k, divided by B, times 1 + 2 α (ψ − φ^{c,ε}). At a point of the batch of p_D it
    /// is −1/B.
    pub cotangents: Vec<f32>,
    /// ψ − φ^{c,ε} at y_k, whose square is the penalty, (B).
    pub excess: Vec<f32>,
    /// The penalty's largest relative change of a cotangent: the maximum of 2 α |ψ − φ^{c,ε}|.
    pub pull: f64,
    /// J estimated from the points of this step, before the update and after it.
    pub value: [f64; 2],
    /// α mean (ψ − φ^{c,ε})², before the update and after it.
    pub penalty: [f64; 2],
    /// The change of φ by the step; zero if the step does not update φ.
    pub change: Field,
}

/// The draws around one point y.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The point of the batch nearest to the one asked for.
    pub y: [f64; 2],
    /// N draws from N(y, ε I), world units.
    pub draws: Vec<[f32; 2]>,
    /// The share of each draw in the mean of e^u; their sum is 1.
    pub shares: Vec<f32>,
    /// φ^{c,ε}(y) ≈ ε log p_N(y) − ε log mean e^u.
    pub transform: f64,
}

/// The step, under way or done.
#[derive(Debug)]
pub(super) struct DrawsStep {
    pub inputs: StepInputs,
    pub updated: UpdatedPotentials,
    /// φ's semi-dual before its update and after it, at the same points, then ψ's; those that have begun.
    passes: Vec<Semidual<f64>>,
    /// The change of each potential on the lattice, nats.
    changes: Vec<Vec<f64>>,
}

impl DrawsStep {
    /// Work of the passes in forward passes: two have a backward pass too, which is twice the work of a forward pass.
    const WORK: [f64; 4] = [3.0, 1.0, 3.0, 1.0];

    pub fn new(trainer: &Trainer<f64>, inputs: StepInputs, updated: UpdatedPotentials) -> Self {
        let mut step = Self { inputs, updated, passes: vec![], changes: vec![] };
        step.passes.push(Semidual::new(&trainer.networks(), &step.inputs, step.points(), Side::Phi));
        step
    }

    fn points(&self) -> &MonteCarlo {
        points_of(&self.inputs)
    }

    /// Continues by some rows; returns the share of the work that is done.
    pub fn advance(&mut self, trainer: &mut Trainer<f64>) -> f64 {
        let Self { inputs, updated, passes, changes } = self;
        let (points, index) = (points_of(inputs), passes.len() - 1);
        let (side, is_first) = (Side::BOTH[index / 2], index % 2 == 0);
        if passes[index].share() < 1.0 && !passes[index].advance(&trainer.networks(), inputs, points, is_first) {
            if is_first {
                let before = on_lattice(trainer, inputs, side);
                if updated.moves(side) {
                    trainer.learner_mut(side).descend(&inputs.update, &passes[index].d_theta);
                }
                let after = on_lattice(trainer, inputs, side).into_iter();
                changes.push(after.zip(before).map(|(after, before)| after - before).collect());
            }
            // ψ ascends with the updated φ.
            let next = index + 1;
            if next < Self::WORK.len() {
                passes.push(Semidual::new(&trainer.networks(), inputs, points, Side::BOTH[next / 2]));
            }
        }
        self.share()
    }

    fn share(&self) -> f64 {
        let done = self.passes.iter().zip(Self::WORK).map(|(pass, work)| work * pass.share());
        done.sum::<f64>() / Self::WORK.iter().sum::<f64>()
    }

    pub fn stages(&self, near: [f64; 2]) -> Option<ByDraws> {
        let spreads = self.spreads(near)?;
        Some(ByDraws {
            batches: self.points().batches.clone(),
            spreads,
            climbs: Side::BOTH.map(|side| self.climb(side)),
        })
    }

    fn climb(&self, side: Side) -> Climb {
        let (epsilon, points) = (self.inputs.epsilon, self.points());
        let (pair, batch) = (&self.passes[2 * side as usize..][..2], points.batch());
        let single = |x: &[f64; 2]| x.map(|c| c as f32);
        let penalty = |pass: &Semidual<f64>| {
            points.penalty * pass.excess().map(|nats| (epsilon * nats).powi(2)).sum::<f64>() / batch as f64
        };
        let excess = || pair[0].excess().map(|nats| epsilon * nats);
        Climb {
            draws: pair[0].rows[batch..].iter().map(single).collect(),
            cotangents: pair[0].d_output[batch..].iter().map(|&d| d as f32).collect(),
            excess: excess().map(|excess| excess as f32).collect(),
            pull: 2.0 * points.penalty * excess().map(f64::abs).fold(0.0, f64::max),
            value: [0, 1].map(|k| epsilon * pair[k].value()),
            penalty: [0, 1].map(|k| penalty(&pair[k])),
            change: Field::new(&change_lattice(), self.changes[side as usize].iter().map(|nats| epsilon * nats)),
        }
    }

    /// Around the points nearest to `near`; none before the step is done.
    pub fn spreads(&self, near: [f64; 2]) -> Option<[Spread; 2]> {
        if self.share() < 1.0 {
            return None;
        }
        let (epsilon, points) = (self.inputs.epsilon, self.points());
        let spread = |side: Side| {
            let pass = &self.passes[2 * side as usize];
            let (k, y) = nearest(points.batches[side.other()].iter().map(|y| y.map(f64::from)), near)?;
            let group = points.batch() + k * points.draws..points.batch() + (k + 1) * points.draws;
            let log_sum = log_mean_exp(&pass.output[group.clone()]) + (points.draws as f64).ln();
            Some(Spread {
                y,
                draws: pass.rows[group.clone()].iter().map(|x| x.map(|c| c as f32)).collect(),
                shares: pass.output[group].iter().map(|u| (u - log_sum).exp() as f32).collect(),
                transform: epsilon * pass.transform().nth(k)?,
            })
        };
        Some([spread(Side::Phi)?, spread(Side::Psi)?])
    }
}

fn points_of(inputs: &StepInputs) -> &MonteCarlo {
    let Points::MonteCarlo(points) = &inputs.points else { unreachable!("the recipe was checked") };
    points
}

fn change_lattice() -> Lattice {
    Lattice::centred(SOURCE_MASK, CHANGE_COUNT)
}

/// The present values of a potential on that lattice, nats.
fn on_lattice(trainer: &Trainer<f64>, inputs: &StepInputs, side: Side) -> Vec<f64> {
    let points: Vec<[f64; 2]> = change_lattice().points().collect();
    let Trainer { shape, activation, .. } = trainer;
    forward(shape, &trainer.learner(side).network, *activation, &inputs.base[side], &points).0
}
