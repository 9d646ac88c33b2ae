//! One training step of both potentials in f32, with the heat averages in f64; twin of [`cpu::trainer`](crate::cpu::trainer).
//!
//! The rows of a network are divided into a fixed number of units, whatever the number of cores, and their gradients are
//! added in order: one seed gives the same bits on every processor with vectors of the same width.

use super::parallel::{both, each, share, shares_mut};
use super::product::Row;
use super::tile::{Cotangents, Network, TILE_ROWS, Tile, in_rows, rows_for};
use super::width::{Width, for_each_width};
use crate::config::Activation;
use crate::cpu::adam::ADAM_FLOOR;
use crate::cpu::products::HeatProducts;
use crate::cpu::trainer::Losses;
use crate::cpu::transform::{Transform, cotangent_psi_at, masked_transform, transform};
use crate::gaussian::Quadratic;
use crate::lattice::Lattice;
use crate::metrics::Recovery;
use crate::network::{Parameters, Shape};
use crate::schedule::StepInputs;

/// Units of one network.
const UNITS: usize = 8;

/// Both networks, and room for a step of them.
#[derive(Clone, Debug)]
pub struct Trainer {
    shape: Shape,
    width: Width,
    phi: Learner,
    psi: Learner,
}

/// A network, its optimiser, and room for its passes.
#[derive(Clone, Debug)]
struct Learner {
    network: Network,
    moment: Vec<Row>,
    square: Vec<Row>,
    average: Vec<Row>,
    units: Vec<Unit>,
}

/// One share of the rows of a network.
#[derive(Clone, Debug, Default)]
struct Unit {
    /// Kept between a forward pass over the lattice and its backward pass.
    tiles: Vec<Tile>,
    cotangents: Cotangents,
    gradient: Vec<Row>,
    /// Sum of the outputs at the batch.
    sum: f64,
}

impl Unit {
    fn start(&mut self, rows: usize) {
        self.gradient.clear();
        self.gradient.resize(rows, Row::default());
        self.sum = 0.0;
    }
}

impl Learner {
    fn new(shape: &Shape, activation: Activation, parameters: &Parameters) -> Self {
        let network = Network::new(shape, activation, &parameters.frequencies, &parameters.theta);
        let zero = vec![Row::default(); rows_for(shape)];
        Self {
            average: network.theta.clone(),
            moment: zero.clone(),
            square: zero,
            network,
            units: vec![Unit::default(); UNITS],
        }
    }

    /// The averaged weights at the points of `lattice`, with the base.
    fn evaluate(&self, width: Width, base: &Quadratic, lattice: &Lattice) -> Vec<f32> {
        let network = self.network.with(&self.average);
        let mut output = vec![0.0; lattice.len()];
        let work = shares_mut(&mut output, UNITS).into_iter().enumerate().collect();
        each(work, |(k, output): (usize, &mut [f32])| {
            let (mut tile, mut index) = (Tile::default(), share(lattice.len(), k, UNITS).start);
            for output in output.chunks_mut(TILE_ROWS) {
                evaluate(width, &network, base, &points(lattice, index, output.len()), &mut tile, output);
                index += output.len();
            }
        });
        output
    }

    /// Adds up the gradients of the units, in order, and takes a step of Adam.
    fn update(&mut self, width: Width, step: &StepInputs) {
        let (first, others) = self.units.split_first_mut().expect("there are units");
        for other in others {
            let sums: &mut [f32] = bytemuck::cast_slice_mut(&mut first.gradient);
            sums.iter_mut().zip(bytemuck::cast_slice::<Row, f32>(&other.gradient)).for_each(|(sum, g)| *sum += g);
        }
        width.adam(
            step,
            bytemuck::cast_slice(&first.gradient),
            bytemuck::cast_slice_mut(&mut self.network.theta),
            bytemuck::cast_slice_mut(&mut self.moment),
            bytemuck::cast_slice_mut(&mut self.square),
            bytemuck::cast_slice_mut(&mut self.average),
        );
        self.network.refresh();
    }
}

/// Points of `lattice` from `start` on, `count` of them.
fn points(lattice: &Lattice, start: usize, count: usize) -> Vec<[f32; 2]> {
    let at = |cell: usize| [cell / lattice.count, cell % lattice.count];
    (start..start + count)
        .map(at)
        .map(|[i, j]| [(0, i), (1, j)].map(|(a, k)| lattice.coordinate(a, k) as f32))
        .collect()
}

/// The network and its base at `points`, to `output`.
fn evaluate(
    width: Width,
    network: &Network,
    base: &Quadratic,
    points: &[[f32; 2]],
    tile: &mut Tile,
    output: &mut [f32],
) {
    width.forward_tile(network, points, tile, output);
    for (output, point) in output.iter_mut().zip(points) {
        *output += base.at(point.map(f64::from)) as f32;
    }
}

impl Trainer {
    pub fn new(shape: Shape, activation: Activation, parameters: &[Parameters; 2]) -> Self {
        let [phi, psi] = parameters.each_ref().map(|parameters| Learner::new(&shape, activation, parameters));
        Self { shape, width: Width::detect(), phi, psi }
    }

    /// Theta, moment, square and average of φ and ψ.
    pub fn vectors(&self) -> [[Vec<f32>; 4]; 2] {
        [&self.phi, &self.psi].map(|learner| {
            [&learner.network.theta, &learner.moment, &learner.square, &learner.average]
                .map(|rows| bytemuck::cast_slice(rows)[..self.shape.len].to_vec())
        })
    }

    /// Goes on from other vectors.
    pub fn set_vectors(&mut self, vectors: &[[Vec<f32>; 4]; 2]) {
        for (learner, [theta, moment, square, average]) in [&mut self.phi, &mut self.psi].into_iter().zip(vectors) {
            learner.network.theta = in_rows(&self.shape, theta);
            learner.network.refresh();
            learner.moment = in_rows(&self.shape, moment);
            learner.square = in_rows(&self.shape, square);
            learner.average = in_rows(&self.shape, average);
        }
    }

    /// φ ascends J; ψ descends the regression on φ's transform.
    pub fn step(&mut self, step: &StepInputs) -> Losses<f64> {
        let Self { shape, width, phi, psi } = self;
        let (width, rows) = (*width, rows_for(shape));
        let mut u = vec![0.0; step.source.len()];
        phi_forward(width, phi, step, rows, &mut u);
        let u: Vec<f64> = u.into_iter().map(f64::from).collect();
        let heat = HeatProducts::between(&step.source, &step.target, step.epsilon);
        let transformed = transform(step, &heat.average(&u));
        let (d_u, regression) = both(
            || cotangent_of_nodes(step, &heat, &transformed, &u),
            || psi_passes(width, psi, step, rows, &transformed.goal),
        );
        phi_backward(width, phi, step, &d_u);
        both(|| phi.update(width, step), || psi.update(width, step));
        let batch: f64 = phi.units.iter().map(|unit| unit.sum).sum();
        Losses { dual: batch / step.batch.len() as f64 + transformed.dual.iter().sum::<f64>(), regression }
    }

    /// Evaluates the averaged potentials on `lattice` and completes u by its exact transform.
    pub fn recover(&self, base: &[Quadratic; 2], lattice: &Lattice, epsilon: f64) -> Recovery {
        let [u, psi] = [(&self.phi, &base[0]), (&self.psi, &base[1])]
            .map(|(learner, base)| learner.evaluate(self.width, base, lattice));
        let heat = HeatProducts::new(lattice, epsilon);
        let double: Vec<f64> = u.iter().map(|&u| f64::from(u)).collect();
        let w = masked_transform(lattice, &heat.average(&double));
        let log_rho_0 = double.iter().zip(heat.average(&w)).map(|(u, heat)| (u + heat) as f32).collect();
        Recovery { epsilon, u, w: w.into_iter().map(|w| w as f32).collect(), psi, log_rho_0 }
    }
}

/// φ at the batch, forward and backward, and at the source lattice forward, to `u`.
fn phi_forward(width: Width, phi: &mut Learner, step: &StepInputs, rows: usize, u: &mut [f32]) {
    let Learner { network, units, .. } = phi;
    let (network, base) = (&*network, &step.base[0]);
    let work: Vec<_> = units.iter_mut().zip(shares_mut(u, UNITS)).enumerate().collect();
    each(work, |(k, (unit, u))| {
        unit.start(rows);
        let mut outputs = [0.0; TILE_ROWS];
        let d_batch = [-1.0 / step.batch.len() as f32; TILE_ROWS];
        unit.tiles.resize_with(1 + u.len().div_ceil(TILE_ROWS), Tile::default);
        let (spare, tiles) = unit.tiles.split_first_mut().expect("there is one");
        for points in step.batch[share(step.batch.len(), k, UNITS)].chunks(TILE_ROWS) {
            let outputs = &mut outputs[..points.len()];
            evaluate(width, network, base, points, spare, outputs);
            unit.sum += outputs.iter().map(|&u| f64::from(u)).sum::<f64>();
            let d = &d_batch[..points.len()];
            // J does not depend on a constant added to φ: its bias has no gradient.
            width.backward_tile(network, spare, &mut unit.cotangents, d, false, &mut unit.gradient);
        }
        let mut index = share(step.source.len(), k, UNITS).start;
        for (u, tile) in u.chunks_mut(TILE_ROWS).zip(tiles) {
            evaluate(width, network, base, &points(&step.source, index, u.len()), tile, u);
            index += u.len();
        }
    });
}

/// The cotangent of −J/ε at the nodes of the source lattice: e^(u + log H_ε[ω / H_ε e^u]).
fn cotangent_of_nodes(step: &StepInputs, heat: &HeatProducts, transformed: &Transform<f64>, u: &[f64]) -> Vec<f32> {
    // The adjoint of the heat average: the same kernel, weighted by the cell of the source lattice.
    let weight = (step.source.cell_area() / step.target.cell_area()).ln();
    let spread = heat.adjoint().average(&transformed.ratio);
    u.iter().zip(spread).map(|(u, s)| (u + s + weight).exp() as f32).collect()
}

/// φ at the source lattice, backward.
fn phi_backward(width: Width, phi: &mut Learner, step: &StepInputs, d_u: &[f32]) {
    let Learner { network, units, .. } = phi;
    let network = &*network;
    each(units.iter_mut().enumerate().collect(), |(k, unit)| {
        let d_u = &d_u[share(step.source.len(), k, UNITS)];
        for (d_u, tile) in d_u.chunks(TILE_ROWS).zip(&unit.tiles[1..]) {
            width.backward_tile(network, tile, &mut unit.cotangents, d_u, false, &mut unit.gradient);
        }
    });
}

/// ψ at the target lattice, forward and backward; the regression loss.
fn psi_passes(width: Width, psi: &mut Learner, step: &StepInputs, rows: usize, goal: &[f64]) -> f64 {
    let Learner { network, units, .. } = psi;
    let (network, base) = (&*network, &step.base[1]);
    each(units.iter_mut().enumerate().collect(), |(k, unit)| {
        unit.start(rows);
        unit.tiles.resize_with(1, Tile::default);
        let range = share(step.target.len(), k, UNITS);
        for start in range.clone().step_by(TILE_ROWS) {
            let count = TILE_ROWS.min(range.end - start);
            let mut w = [0.0; TILE_ROWS];
            let w = &mut w[..count];
            let tile = &mut unit.tiles[0];
            let points = points(&step.target, start, count);
            evaluate(width, network, base, &points, tile, w);
            let mut d_w = [0.0; TILE_ROWS];
            for (((d_w, point), w), goal) in d_w.iter_mut().zip(&points).zip(w).zip(&goal[start..]) {
                let (d, term) = cotangent_psi_at(step, point.map(f64::from), f64::from(*w), *goal);
                *d_w = d as f32;
                unit.sum += term;
            }
            width.backward_tile(network, tile, &mut unit.cotangents, &d_w[..count], true, &mut unit.gradient);
        }
    });
    units.iter().map(|unit| unit.sum).sum()
}

for_each_width! {
    /// One step of Adam; as [`cpu::adam::Adam::step`](crate::cpu::adam::Adam::step).
    adam(
        step: &StepInputs,
        d_theta: &[f32],
        theta: &mut [f32],
        moment: &mut [f32],
        square: &mut [f32],
        average: &mut [f32],
    ) = adam_step { [] [] [] }
}

#[inline(always)]
fn adam_step(
    step: &StepInputs,
    d_theta: &[f32],
    theta: &mut [f32],
    moment: &mut [f32],
    square: &mut [f32],
    average: &mut [f32],
) {
    let [b1, b2] = step.betas.map(|b| b as f32);
    let [c1, c2] = step.corrections.map(|c| c as f32);
    let (rate, decay) = (step.learning_rate as f32 * c1, step.average_decay as f32);
    let vectors = theta.iter_mut().zip(moment).zip(square).zip(average);
    for ((((theta, moment), square), average), &g) in vectors.zip(d_theta) {
        *moment = b1 * *moment + (1.0 - b1) * g;
        *square = b2 * *square + (1.0 - b2) * g * g;
        *theta -= rate * *moment / ((c2 * *square).sqrt() + ADAM_FLOOR as f32);
        *average = decay * *average + (1.0 - decay) * *theta;
    }
}
