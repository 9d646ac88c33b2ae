//! A step of one potential of the paper's recipe. The draws around a point meet in one logarithm alone, so a group of
//! them goes forward and backward while it is in the cache.

use super::tile::{Network, TILE_ROWS};
use super::trainer::{Learner, UNITS, evaluate, evaluate_tile};
use super::width::Width;
use crate::cpu::monte_carlo::{Group, draw};
use crate::parallel::{each, share};
use crate::schedule::{MonteCarlo, StepInputs};

/// The potential of `side`, 0 for φ, ascends its semi-dual with the penalty; J/ε or I/ε by the step's points.
pub fn step(
    width: Width,
    learner: &mut Learner,
    other: &Network,
    step: &StepInputs,
    points: &MonteCarlo,
    side: usize,
) -> f64 {
    let (batch, centres) = (&points.batches[side], &points.batches[1 - side]);
    let at_centres = evaluate(width, other, &step.base[1 - side], centres);
    let log_densities = &points.log_densities[1 - side];
    let Learner { network, units, .. } = learner;
    let (network, base) = (&*network, &step.base[side]);
    let d_batch = [-1.0 / points.batch() as f32; TILE_ROWS];
    // Small groups share a tile.
    let packed = (TILE_ROWS / points.draws).max(1);
    each(units.iter_mut().enumerate().collect(), |(k, unit)| {
        unit.start(network, (packed * points.draws).div_ceil(TILE_ROWS));
        let range = share(points.batch(), k, UNITS);
        for batch in batch[range.clone()].chunks(TILE_ROWS) {
            let mut outputs = [0.0; TILE_ROWS];
            let outputs = &mut outputs[..batch.len()];
            evaluate_tile(width, network, base, batch, &mut unit.tiles[0], outputs);
            unit.sum += outputs.iter().map(|&u| f64::from(u)).sum::<f64>();
            let d = &d_batch[..batch.len()];
            width.backward_tile(network, &unit.tiles[0], &mut unit.cotangents, d, true, &mut unit.gradient);
        }
        let (mut draws, mut outputs): (Vec<[f32; 2]>, Vec<f32>) = (vec![], vec![]);
        for start in range.clone().step_by(packed) {
            let groups = start..range.end.min(start + packed);
            draws.clear();
            draws.extend(
                groups.clone().flat_map(|k| (0..points.draws).map(move |i| draw(points, side, step.epsilon, k, i))),
            );
            outputs.resize(draws.len(), 0.0);
            let passes = draws.chunks(TILE_ROWS).zip(outputs.chunks_mut(TILE_ROWS)).zip(&mut unit.tiles);
            passes.for_each(|((draws, outputs), tile)| evaluate_tile(width, network, base, draws, tile, outputs));
            for (k, outputs) in groups.zip(outputs.chunks_exact_mut(points.draws)) {
                let group = Group::new(points, step.epsilon, outputs, at_centres[k], log_densities[k]);
                unit.sum += f64::from(group.transform);
                outputs.iter_mut().for_each(|u| *u = group.cotangent(*u));
            }
            for (d, tile) in outputs.chunks(TILE_ROWS).zip(&unit.tiles) {
                width.backward_tile(network, tile, &mut unit.cotangents, d, true, &mut unit.gradient);
            }
        }
    });
    learner.descend(&step.update);
    learner.units.iter().map(|unit| unit.sum).sum::<f64>() / points.batch() as f64
}
