//! A step of the recipe by quadrature: networks in f32, heat averages and cotangents of the nodes in f64.

use super::learner::{Learner, UNITS, Unit, evaluate_tile};
use super::tile::{Network, TILE_ROWS};
use super::work::{Work, at_once};
use crate::gaussian::Quadratic;
use crate::heat::nodes::NodeHeat;
use crate::parallel::{both, share, shares_mut};
use crate::quadrature::{Nodes, Quadrature};
use crate::simd::width::Width;
use crate::step_sampler::{Losses, StepInputs};
use crate::transform::{Transform, cotangent_psi_at, log_shares, transform};
use std::iter;

/// What one phase of a step passes on to the next ones. φ ascends J, and ψ descends the regression on φ's transform.
#[derive(Clone, Debug)]
pub struct QuadratureStep {
    /// Nodes of the source and of the target.
    nodes: [Vec<[f32; 2]>; 2],
    /// u at the nodes of the source and w at those of the target.
    outputs: [Vec<f32>; 2],
    heat: Option<NodeHeat>,
    /// u_i + log(a_i / 2πε) at the nodes of the source, and the transform computed from it.
    shares: Vec<f64>,
    transform: Option<Transform<f64>>,
    /// Cotangent of −J/ε with respect to u.
    d_u: Vec<f32>,
}

impl QuadratureStep {
    pub const PHASES: [&'static str; 5] =
        ["φ forward", "transform, and ψ forward", "cotangent of φ, and ψ backward", "φ backward", "update"];

    pub fn new(points: &Quadrature) -> Self {
        let nodes = [&points.source, &points.target]
            .map(|nodes: &Nodes| nodes.points().map(|x| x.map(|c| c as f32)).collect::<Vec<_>>());
        let outputs = nodes.each_ref().map(|nodes| vec![0.0; nodes.len()]);
        Self { nodes, outputs, heat: None, shares: vec![], transform: None, d_u: vec![] }
    }

    /// The works of a phase.
    pub fn works<'a>(
        &'a mut self,
        phase: usize,
        width: Width,
        learners: &'a mut [Learner; 2],
        step: &'a StepInputs,
        points: &'a Quadrature,
    ) -> Vec<Work<'a>> {
        let Self { nodes, outputs: [u, w], heat, shares, transform: transformed, d_u } = self;
        let [phi, psi] = learners;
        match phase {
            0 => {
                let tables = at_once(|| *heat = Some(NodeHeat::new(points, step.epsilon)));
                iter::once(tables).chain(forward(width, phi, &step.base[0], &nodes[0], u)).collect()
            }
            1 => {
                let heat = heat.as_mut().expect("an earlier phase made it");
                let transforms = at_once(|| {
                    let u = u.iter().map(|&u| f64::from(u));
                    *shares = u.zip(log_shares(&points.source, step.epsilon)).map(|(u, share)| u + share).collect();
                    *transformed = Some(transform(points, &heat.average(shares)));
                });
                iter::once(transforms).chain(forward(width, psi, &step.base[1], &nodes[1], w)).collect()
            }
            // ψ depends only on the transform.
            2 => {
                let heat = heat.as_ref().expect("an earlier phase made it");
                let transformed = transformed.as_ref().expect("an earlier phase made it");
                let cotangent = at_once(|| {
                    let received = heat.received(shares, &transformed.ratio);
                    let d_u_of = |(received, weight)| (received - weight) as f32;
                    *d_u = received.into_iter().zip(points.source.weights()).map(d_u_of).collect();
                });
                let Learner { network, units, .. } = psi;
                let (network, w, regression_target) = (&*network, w.as_slice(), &transformed.regression_target);
                let units = units.iter_mut().enumerate();
                let units = units
                    .map(|(k, unit)| at_once(move || regress(width, network, unit, points, w, regression_target, k)));
                iter::once(cotangent).chain(units).collect()
            }
            3 => {
                let Learner { network, units, .. } = phi;
                let (network, d_u) = (&*network, d_u.as_slice());
                let backward = |(k, unit): (usize, &'a mut Unit)| {
                    // J does not depend on a constant added to φ: its bias has no gradient.
                    at_once(move || backward(width, network, unit, &d_u[share(d_u.len(), k, UNITS)], false))
                };
                units.iter_mut().enumerate().map(backward).collect()
            }
            // In one piece, so that no caller finds one network updated and the other not.
            _ => vec![at_once(|| {
                both(|| phi.descend(&step.update), || psi.descend(&step.update));
            })],
        }
    }

    /// J/ε by the nodes, and the regression loss.
    pub fn losses(&self, [_, psi]: &[Learner; 2], points: &Quadrature) -> Losses<f64> {
        let source: f64 = points.source.weights().zip(&self.outputs[0]).map(|(weight, &u)| weight * f64::from(u)).sum();
        let target = self.transform.iter().flat_map(|transform| &transform.dual).sum::<f64>();
        Losses { phi: source + target, psi: psi.units.iter().map(|unit| unit.sum).sum() }
    }
}

/// The forward pass of a network at its nodes, share by share; its tiles are kept for the backward pass.
fn forward<'a>(
    width: Width,
    learner: &'a mut Learner,
    base: &'a Quadratic,
    nodes: &'a [[f32; 2]],
    outputs: &'a mut [f32],
) -> impl Iterator<Item = Work<'a>> {
    let Learner { network, units, .. } = learner;
    let network = &*network;
    let units = units.iter_mut().zip(shares_mut(outputs, UNITS)).enumerate();
    units.map(move |(k, (unit, outputs))| {
        at_once(move || {
            let nodes = &nodes[share(nodes.len(), k, UNITS)];
            unit.start(network, nodes.len().div_ceil(TILE_ROWS));
            let tiles = outputs.chunks_mut(TILE_ROWS).zip(nodes.chunks(TILE_ROWS)).zip(&mut unit.tiles);
            for ((outputs, nodes), tile) in tiles {
                evaluate_tile(width, network, base, nodes, tile, outputs);
            }
        })
    })
}

/// The backward pass of a network at the nodes of a share.
fn backward(width: Width, network: &Network, unit: &mut Unit, cotangents: &[f32], with_bias: bool) {
    for (d, tile) in cotangents.chunks(TILE_ROWS).zip(&unit.tiles) {
        width.backward_tile(network, tile, &mut unit.cotangents, d, with_bias, &mut unit.gradient);
    }
}

/// The regression loss and the backward pass of ψ at the k-th share of the target's nodes.
fn regress(
    width: Width,
    network: &Network,
    unit: &mut Unit,
    points: &Quadrature,
    w: &[f32],
    regression_target: &[f64],
    k: usize,
) {
    let range = share(w.len(), k, UNITS);
    let mut sum = 0.0;
    let mut miss = |node: usize| {
        let (d, term) = cotangent_psi_at(points, node, f64::from(w[node]), regression_target[node]);
        sum += term;
        d as f32
    };
    let cotangents: Vec<f32> = range.map(&mut miss).collect();
    unit.sum = sum;
    backward(width, network, unit, &cotangents, true);
}
