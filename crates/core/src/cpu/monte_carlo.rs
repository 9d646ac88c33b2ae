//! A step of the paper's recipe. Only the draws around the same point depend on each other, through one logarithm, so
//! such a group goes forward and backward while it is in the cache.

use super::learner::{Learner, UNITS, Unit, evaluate_tile, evaluate_to};
use super::tile::{Network, TILE_ROWS, Tile};
use super::work::{Work, at_once};
use crate::checkpoint::LearnerState;
use crate::monte_carlo::{Group, MonteCarlo, draw};
use crate::network::Side;
use crate::parallel::{share, shares_mut};
use crate::simd::product::Row;
use crate::simd::width::Width;
use crate::step_sampler::{Losses, StepInputs};

/// What one phase of a step passes on to the next ones. φ ascends its semi-dual with the penalty, then ψ does.
#[derive(Clone, Debug, Default)]
pub struct MonteCarloStep {
    /// The other potential at the centres of the draws.
    at_centres: Vec<f32>,
    /// φ's state before the step, once φ has been updated.
    pub phi_before: Option<LearnerState<Vec<Row>>>,
    /// J/ε and I/ε by the step's points.
    pub losses: Losses<f64>,
}

/// The potential of `side`, and everything that it is trained on.
struct Pass<'a> {
    width: Width,
    network: &'a Network,
    step: &'a StepInputs,
    points: &'a MonteCarlo,
    side: Side,
    at_centres: &'a [f32],
}

impl MonteCarloStep {
    pub const PHASES: [&'static str; 6] = [
        "ψ at the centres",
        "φ forward and backward",
        "φ update",
        "φ at the centres",
        "ψ forward and backward",
        "ψ update",
    ];

    /// The works of a phase.
    pub fn works<'a>(
        &'a mut self,
        phase: usize,
        width: Width,
        learners: &'a mut [Learner; 2],
        step: &'a StepInputs,
        points: &'a MonteCarlo,
    ) -> Vec<Work<'a>> {
        let side = Side::BOTH[phase / 3];
        let [phi, psi] = learners;
        let (learner, other) = match side {
            Side::Phi => (phi, &*psi),
            Side::Psi => (psi, &*phi),
        };
        match phase % 3 {
            0 => {
                let centres = &points.batches[side.other()];
                self.at_centres.resize(centres.len(), 0.0);
                let outputs = shares_mut(&mut self.at_centres, UNITS).into_iter().enumerate();
                let base = &step.base[side.other()];
                outputs
                    .map(|(k, output)| {
                        let centres = &centres[share(centres.len(), k, UNITS)];
                        at_once(move || evaluate_to(width, &other.network, base, centres, output))
                    })
                    .collect()
            }
            1 => {
                let Learner { network, units, .. } = learner;
                let (network, at_centres) = (&*network, self.at_centres.as_slice());
                let passes = |(k, unit): (usize, &'a mut Unit)| -> Work<'a> {
                    let pass = Pass { width, network, step, points, side, at_centres };
                    Box::new(move || pass.advance(k, unit))
                };
                units.iter_mut().enumerate().map(passes).collect()
            }
            _ => vec![at_once(move || {
                // Until the step is done, only ψ's half of it uses the updated φ; everything else uses the state
                // before.
                if side == Side::Phi {
                    self.phi_before = Some(learner.state().map(Clone::clone));
                }
                learner.descend(&step.update);
                let loss = learner.units.iter().map(|unit| unit.sum).sum::<f64>() / points.batch() as f64;
                match side {
                    Side::Phi => self.losses.phi = loss,
                    Side::Psi => self.losses.psi = loss,
                }
            })],
        }
    }
}

impl Pass<'_> {
    /// Advances the k-th unit: first by its share of the batch, then each time by as many groups of draws as fit into a
    /// tile. Returns whether some are left.
    fn advance(&self, k: usize, unit: &mut Unit) -> bool {
        let &Self { width, network, step, points, side, at_centres } = self;
        let (base, range) = (&step.base[side], share(points.batch(), k, UNITS));
        // Small groups share a tile.
        let packed = (TILE_ROWS / points.draws).max(1);
        let Some(done) = unit.done else {
            unit.start(network, (packed * points.draws).div_ceil(TILE_ROWS));
            let d_batch = [-1.0 / points.batch() as f32; TILE_ROWS];
            for batch in points.batches[side][range.clone()].chunks(TILE_ROWS) {
                let mut outputs = [0.0; TILE_ROWS];
                let outputs = &mut outputs[..batch.len()];
                evaluate_tile(width, network, base, batch, &mut unit.tiles[0], outputs);
                unit.sum += outputs.iter().map(|&u| f64::from(u)).sum::<f64>();
                let d = &d_batch[..batch.len()];
                width.backward_tile(network, &unit.tiles[0], &mut unit.cotangents, d, true, &mut unit.gradient);
            }
            return unit.has_done(0, range.len());
        };
        let groups = range.start + done..range.end.min(range.start + done + packed);
        let draws: Vec<[f32; 2]> = groups
            .clone()
            .flat_map(|k| (0..points.draws).map(move |i| draw(points, side, step.epsilon, k, i)))
            .collect();
        let mut outputs = vec![0.0; draws.len()];
        let passes = draws.chunks(TILE_ROWS).zip(outputs.chunks_mut(TILE_ROWS)).zip(&mut unit.tiles);
        passes.for_each(|((draws, outputs), tile): (_, &mut Tile)| {
            evaluate_tile(width, network, base, draws, tile, outputs);
        });
        let log_densities = &points.log_densities[side.other()];
        for (k, outputs) in groups.clone().zip(outputs.chunks_exact_mut(points.draws)) {
            let group = Group::new(points, step.epsilon, outputs, at_centres[k], log_densities[k]);
            unit.sum += f64::from(group.transform);
            outputs.iter_mut().for_each(|u| *u = group.cotangent(*u));
        }
        for (d, tile) in outputs.chunks(TILE_ROWS).zip(&unit.tiles) {
            width.backward_tile(network, tile, &mut unit.cotangents, d, true, &mut unit.gradient);
        }
        unit.has_done(done + groups.len(), range.len())
    }
}
