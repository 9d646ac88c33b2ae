//! A step of the recipe by quadrature: networks in f32, heat averages and cotangents of the nodes in f64.

use super::tile::TILE_ROWS;
use super::trainer::{Learner, UNITS, evaluate_tile, points_of};
use super::width::Width;
use crate::cpu::products::HeatProducts;
use crate::cpu::trainer::Losses;
use crate::cpu::transform::{Transform, cotangent_psi_at, transform};
use crate::parallel::{both, each, share, shares_mut};
use crate::schedule::{Quadrature, StepInputs};

/// φ ascends J; ψ descends the regression on φ's transform.
pub fn step(width: Width, phi: &mut Learner, psi: &mut Learner, step: &StepInputs, points: &Quadrature) -> Losses<f64> {
    let (u, batch) = phi_forward(width, phi, step, points);
    let heat = HeatProducts::between(&points.source, &points.target, step.epsilon);
    let transformed = transform(points, &heat.average(&u));
    // ψ waits for the transform alone.
    let (d_u, regression) = both(
        || cotangent_of_nodes(points, &heat, &transformed, &u),
        || psi_passes(width, psi, step, points, &transformed.goal),
    );
    phi_backward(width, phi, &d_u);
    both(|| phi.descend(&step.update), || psi.descend(&step.update));
    Losses { phi: batch + transformed.dual.iter().sum::<f64>(), psi: regression }
}

/// φ at the batch, forward and backward, and at the source lattice forward: u there, and the mean of u over the batch.
fn phi_forward(width: Width, phi: &mut Learner, step: &StepInputs, points: &Quadrature) -> (Vec<f64>, f64) {
    let Learner { network, units, .. } = phi;
    let (network, base) = (&*network, &step.base[0]);
    let nodes = points_of(&points.source);
    let mut u = vec![0.0; nodes.len()];
    let d_batch = [-1.0 / points.batch.len() as f32; TILE_ROWS];
    let work: Vec<_> = units.iter_mut().zip(shares_mut(&mut u, UNITS)).enumerate().collect();
    each(work, |(k, (unit, u))| {
        unit.start(network, 1 + u.len().div_ceil(TILE_ROWS));
        let (spare, tiles) = unit.tiles.split_first_mut().expect("there is one");
        for points in points.batch[share(points.batch.len(), k, UNITS)].chunks(TILE_ROWS) {
            let mut outputs = [0.0; TILE_ROWS];
            let outputs = &mut outputs[..points.len()];
            evaluate_tile(width, network, base, points, spare, outputs);
            unit.sum += outputs.iter().map(|&u| f64::from(u)).sum::<f64>();
            // J does not depend on a constant added to φ: its bias has no gradient.
            let d = &d_batch[..points.len()];
            width.backward_tile(network, spare, &mut unit.cotangents, d, false, &mut unit.gradient);
        }
        let nodes = nodes[share(nodes.len(), k, UNITS)].chunks(TILE_ROWS);
        for ((u, nodes), tile) in u.chunks_mut(TILE_ROWS).zip(nodes).zip(tiles) {
            evaluate_tile(width, network, base, nodes, tile, u);
        }
    });
    let batch = units.iter().map(|unit| unit.sum).sum::<f64>() / points.batch.len() as f64;
    (u.into_iter().map(f64::from).collect(), batch)
}

/// The cotangent of −J/ε at the nodes of the source lattice: e^(u + log H_ε[ω / H_ε e^u]).
fn cotangent_of_nodes(points: &Quadrature, heat: &HeatProducts, transformed: &Transform<f64>, u: &[f64]) -> Vec<f32> {
    // The adjoint of the heat average: the same kernel, weighted by the cell of the source lattice.
    let weight = (points.source.cell_area() / points.target.cell_area()).ln();
    let spread = heat.adjoint().average(&transformed.ratio);
    u.iter().zip(spread).map(|(u, s)| (u + s + weight).exp() as f32).collect()
}

/// φ at the source lattice, backward.
fn phi_backward(width: Width, phi: &mut Learner, d_u: &[f32]) {
    let Learner { network, units, .. } = phi;
    let network = &*network;
    each(units.iter_mut().enumerate().collect(), |(k, unit)| {
        let d_u = d_u[share(d_u.len(), k, UNITS)].chunks(TILE_ROWS);
        for (d_u, tile) in d_u.zip(&unit.tiles[1..]) {
            width.backward_tile(network, tile, &mut unit.cotangents, d_u, false, &mut unit.gradient);
        }
    });
}

/// ψ at the target lattice, forward and backward; the regression loss.
fn psi_passes(width: Width, psi: &mut Learner, step: &StepInputs, points: &Quadrature, goal: &[f64]) -> f64 {
    let Learner { network, units, .. } = psi;
    let (network, base) = (&*network, &step.base[1]);
    let nodes = points_of(&points.target);
    each(units.iter_mut().enumerate().collect(), |(k, unit)| {
        unit.start(network, 1);
        let range = share(nodes.len(), k, UNITS);
        let firsts = range.clone().step_by(TILE_ROWS);
        for ((nodes, goal), first) in
            nodes[range.clone()].chunks(TILE_ROWS).zip(goal[range].chunks(TILE_ROWS)).zip(firsts)
        {
            let (mut w, mut d_w) = ([0.0; TILE_ROWS], [0.0; TILE_ROWS]);
            let (w, d_w) = (&mut w[..nodes.len()], &mut d_w[..nodes.len()]);
            evaluate_tile(width, network, base, nodes, &mut unit.tiles[0], w);
            for ((d_w, k), (w, goal)) in d_w.iter_mut().zip(first..).zip(w.iter().zip(goal)) {
                let (d, term) = cotangent_psi_at(points, k, f64::from(*w), *goal);
                *d_w = d as f32;
                unit.sum += term;
            }
            width.backward_tile(network, &unit.tiles[0], &mut unit.cotangents, d_w, true, &mut unit.gradient);
        }
    });
    units.iter().map(|unit| unit.sum).sum()
}
