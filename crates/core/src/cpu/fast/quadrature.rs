//! A step of the recipe by quadrature: networks in f32, heat averages and cotangents of the nodes in f64.

use super::step::{Work, at_once};
use super::tile::{Network, TILE_ROWS};
use super::trainer::{Learner, UNITS, Unit, evaluate_tile, points_of};
use super::width::Width;
use crate::cpu::products::HeatProducts;
use crate::cpu::trainer::Losses;
use crate::cpu::transform::{Transform, cotangent_psi_at, transform};
use crate::parallel::{both, share, shares_mut};
use crate::schedule::{Quadrature, StepInputs};
use std::iter;

/// What the phases of a step leave for one another: φ ascends J, and ψ descends the regression on φ's transform.
#[derive(Clone, Debug)]
pub struct QuadratureStep {
    /// Nodes of the source and of the target lattice.
    nodes: [Vec<[f32; 2]>; 2],
    /// u at the nodes of the source lattice, and the cotangent of −J/ε there.
    u: Vec<f32>,
    d_u: Vec<f32>,
    transformed: Option<Transformed>,
}

#[derive(Clone, Debug)]
struct Transformed {
    u: Vec<f64>,
    heat: HeatProducts,
    transform: Transform<f64>,
}

/// A network and its base, and the points of a step.
#[derive(Clone, Copy)]
struct Passes<'a> {
    width: Width,
    network: &'a Network,
    step: &'a StepInputs,
    points: &'a Quadrature,
}

impl QuadratureStep {
    pub const PHASES: [&'static str; 5] =
        ["φ forward", "transform", "cotangent of φ, and ψ forward and backward", "φ backward", "update"];

    pub fn new(points: &Quadrature) -> Self {
        let nodes = [&points.source, &points.target].map(points_of);
        let zero = vec![0.0; nodes[0].len()];
        Self { u: zero.clone(), d_u: zero, nodes, transformed: None }
    }

    /// What is to be done in a phase.
    pub fn works<'a>(
        &'a mut self,
        phase: usize,
        width: Width,
        learners: &'a mut [Learner; 2],
        step: &'a StepInputs,
        points: &'a Quadrature,
    ) -> Vec<Work<'a>> {
        let Self { nodes, u, d_u, transformed } = self;
        let [phi, psi] = learners;
        match phase {
            0 => {
                let Learner { network, units, .. } = phi;
                let (passes, nodes) = (Passes { width, network, step, points }, &nodes[0]);
                let units = units.iter_mut().zip(shares_mut(u, UNITS)).enumerate();
                units.map(|(k, (unit, u))| at_once(move || passes.phi_forward(k, unit, nodes, u))).collect()
            }
            1 => vec![at_once(|| {
                let u: Vec<f64> = u.iter().map(|&u| f64::from(u)).collect();
                let heat = HeatProducts::between(&points.source, &points.target, step.epsilon);
                let transform = transform(points, &heat.average(&u));
                *transformed = Some(Transformed { u, heat, transform });
            })],
            // ψ waits for the transform alone.
            2 => {
                let transformed = transformed.as_ref().expect("it was transformed");
                let Learner { network, units, .. } = psi;
                let (passes, nodes, goal) =
                    (Passes { width, network, step, points }, &nodes[1], &transformed.transform.goal);
                let cotangent = at_once(|| *d_u = cotangent_of_nodes(points, transformed));
                let units = units.iter_mut().enumerate();
                let units = units.map(|(k, unit)| at_once(move || passes.psi(k, unit, nodes, goal)));
                iter::once(cotangent).chain(units).collect()
            }
            3 => {
                let Learner { network, units, .. } = phi;
                let (passes, d_u) = (Passes { width, network, step, points }, d_u.as_slice());
                units
                    .iter_mut()
                    .enumerate()
                    .map(|(k, unit)| at_once(move || passes.phi_backward(k, unit, d_u)))
                    .collect()
            }
            // In one piece: there is no moment at which one has moved and the other has not.
            _ => vec![at_once(|| {
                both(|| phi.descend(&step.update), || psi.descend(&step.update));
            })],
        }
    }

    /// J/ε by the batch and the target lattice, and the regression loss.
    pub fn losses(&self, [phi, psi]: &[Learner; 2], points: &Quadrature) -> Losses<f64> {
        let sum = |learner: &Learner| learner.units.iter().map(|unit| unit.sum).sum::<f64>();
        let dual = self.transformed.iter().flat_map(|transformed| &transformed.transform.dual).sum::<f64>();
        Losses { phi: sum(phi) / points.batch.len() as f64 + dual, psi: sum(psi) }
    }
}

impl Passes<'_> {
    /// φ at the k-th share of the batch, forward and backward, and at that of the nodes of the source lattice forward: u.
    fn phi_forward(&self, k: usize, unit: &mut Unit, nodes: &[[f32; 2]], u: &mut [f32]) {
        let &Self { width, network, step, points } = self;
        let base = &step.base[0];
        let d_batch = [-1.0 / points.batch.len() as f32; TILE_ROWS];
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
    }

    /// φ at the k-th share of the nodes of the source lattice, backward.
    fn phi_backward(&self, k: usize, unit: &mut Unit, d_u: &[f32]) {
        let d_u = d_u[share(d_u.len(), k, UNITS)].chunks(TILE_ROWS);
        for (d_u, tile) in d_u.zip(&unit.tiles[1..]) {
            self.width.backward_tile(self.network, tile, &mut unit.cotangents, d_u, false, &mut unit.gradient);
        }
    }

    /// ψ at the k-th share of the nodes of the target lattice, forward and backward.
    fn psi(&self, k: usize, unit: &mut Unit, nodes: &[[f32; 2]], goal: &[f64]) {
        let &Self { width, network, step, points } = self;
        unit.start(network, 1);
        let range = share(nodes.len(), k, UNITS);
        let firsts = range.clone().step_by(TILE_ROWS);
        for ((nodes, goal), first) in
            nodes[range.clone()].chunks(TILE_ROWS).zip(goal[range].chunks(TILE_ROWS)).zip(firsts)
        {
            let (mut w, mut d_w) = ([0.0; TILE_ROWS], [0.0; TILE_ROWS]);
            let (w, d_w) = (&mut w[..nodes.len()], &mut d_w[..nodes.len()]);
            evaluate_tile(width, network, &step.base[1], nodes, &mut unit.tiles[0], w);
            for ((d_w, k), (w, goal)) in d_w.iter_mut().zip(first..).zip(w.iter().zip(goal)) {
                let (d, term) = cotangent_psi_at(points, k, f64::from(*w), *goal);
                *d_w = d as f32;
                unit.sum += term;
            }
            width.backward_tile(network, &unit.tiles[0], &mut unit.cotangents, d_w, true, &mut unit.gradient);
        }
    }
}

/// The cotangent of −J/ε at the nodes of the source lattice: e^(u + log H_ε[ω / H_ε e^u]).
fn cotangent_of_nodes(points: &Quadrature, transformed: &Transformed) -> Vec<f32> {
    let Transformed { u, heat, transform } = transformed;
    // The adjoint of the heat average: the same kernel, weighted by the cell of the source lattice.
    let weight = (points.source.cell_area() / points.target.cell_area()).ln();
    let spread = heat.adjoint().average(&transform.ratio);
    u.iter().zip(spread).map(|(u, s)| (u + s + weight).exp() as f32).collect()
}
