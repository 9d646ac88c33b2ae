//! A network, its optimiser, and buffers for its passes, divided into units.

use super::tile::{Cotangents, Network, TILE_ROWS, Tile, rows_for};
use crate::checkpoint::{LearnerState, Parameters};
use crate::config::{ADAM_FLOOR, Activation, Optimiser};
use crate::gaussian::Quadratic;
use crate::lattice::Lattice;
use crate::network::Shape;
use crate::parallel::{each, share, shares_mut};
use crate::simd::product::Row;
use crate::simd::width::{Width, for_each_width};
use crate::step_sampler::Update;

/// Number of units into which the rows of a network are divided.
pub const UNITS: usize = 16;

/// A network, its optimiser, and buffers for its passes.
#[derive(Clone, Debug)]
pub struct Learner {
    pub network: Network,
    pub units: Vec<Unit>,
    width: Width,
    first_moment: Vec<Row>,
    second_moment: Vec<Row>,
    average: Vec<Row>,
}

/// One share of the rows of a network.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    /// Kept between a forward pass and its backward pass.
    pub tiles: Vec<Tile>,
    pub cotangents: Cotangents,
    pub gradient: Vec<Row>,
    /// The share of these rows in the loss that the step reports.
    pub sum: f64,
    /// Groups of draws that are done; none before the batch is done, and after the last group.
    pub done: Option<usize>,
}

impl Unit {
    /// Sets the sums to zero, and makes room for `tiles` tiles.
    pub fn start(&mut self, network: &Network, tiles: usize) {
        self.gradient.clear();
        self.gradient.resize(network.theta.len(), Row::default());
        self.tiles.resize_with(tiles, Tile::default);
        self.sum = 0.0;
    }

    /// Notes that `done` of `all` groups are done; returns whether some are left.
    pub fn has_done(&mut self, done: usize, all: usize) -> bool {
        self.done = (done < all).then_some(done);
        done < all
    }
}

impl Learner {
    pub fn new(shape: &Shape, activation: Activation, parameters: &Parameters) -> Self {
        let network = Network::new(shape, activation, &parameters.frequencies, &parameters.theta);
        let zero = vec![Row::default(); rows_for(shape)];
        Self {
            average: network.theta.clone(),
            first_moment: zero.clone(),
            second_moment: zero,
            network,
            units: vec![Unit::default(); UNITS],
            width: Width::detect(),
        }
    }

    /// Its weights and the state of its optimiser.
    pub fn state(&self) -> LearnerState<&Vec<Row>> {
        let Self { network, first_moment, second_moment, average, .. } = self;
        LearnerState { theta: &network.theta, first_moment, second_moment, average }
    }

    /// Sets both.
    pub fn set_state(&mut self, state: LearnerState<Vec<Row>>) {
        self.network.theta = state.theta;
        (self.first_moment, self.second_moment) = (state.first_moment, state.second_moment);
        self.average = state.average;
        self.network.refresh();
    }

    /// Adds up the gradients of the units, in order, and moves the weights.
    pub fn descend(&mut self, update: &Update) {
        let (first, others) = self.units.split_first_mut().expect("there are units");
        for other in others {
            let sums: &mut [f32] = bytemuck::cast_slice_mut(&mut first.gradient);
            sums.iter_mut().zip(bytemuck::cast_slice::<Row, f32>(&other.gradient)).for_each(|(sum, g)| *sum += g);
        }
        self.width.move_weights(
            update,
            bytemuck::cast_slice(&first.gradient),
            bytemuck::cast_slice_mut(&mut self.network.theta),
            bytemuck::cast_slice_mut(&mut self.first_moment),
            bytemuck::cast_slice_mut(&mut self.second_moment),
            bytemuck::cast_slice_mut(&mut self.average),
        );
        self.network.refresh();
    }
}

/// The network and its base at `points` (at most [`TILE_ROWS`]), to `output`.
pub fn evaluate_tile(
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

/// The network and its base at any number of points, to `output`.
pub fn evaluate_to(width: Width, network: &Network, base: &Quadratic, points: &[[f32; 2]], output: &mut [f32]) {
    let mut tile = Tile::default();
    for (output, points) in output.chunks_mut(TILE_ROWS).zip(points.chunks(TILE_ROWS)) {
        evaluate_tile(width, network, base, points, &mut tile, output);
    }
}

/// The same on all cores.
pub fn evaluate(width: Width, network: &Network, base: &Quadratic, points: &[[f32; 2]]) -> Vec<f32> {
    let mut output = vec![0.0; points.len()];
    each(shares_mut(&mut output, UNITS).into_iter().enumerate().collect(), |(k, output): (usize, &mut [f32])| {
        evaluate_to(width, network, base, &points[share(points.len(), k, UNITS)], output);
    });
    output
}

/// The points of a lattice, in f32.
pub fn points_of(lattice: &Lattice) -> Vec<[f32; 2]> {
    lattice.points().map(|x| x.map(|c| c as f32)).collect()
}

for_each_width! {
    /// One step of the optimiser; as
    /// [`OptimiserState::step`](crate::reference::optimiser::OptimiserState::step).
    move_weights(
        update: &Update,
        d_theta: &[f32],
        theta: &mut [f32],
        first_moment: &mut [f32],
        second_moment: &mut [f32],
        average: &mut [f32],
    ) = move_all { [] [] [] [] }
}

#[inline(always)]
fn move_all(
    update: &Update,
    d_theta: &[f32],
    theta: &mut [f32],
    first_moment: &mut [f32],
    second_moment: &mut [f32],
    average: &mut [f32],
) {
    let [b1, b2] = update.betas.map(|b| b as f32);
    let [c1, c2] = update.bias_corrections.map(|c| c as f32);
    let (rate, decay) = (update.learning_rate as f32, update.average_decay as f32);
    match update.optimiser {
        Optimiser::Adam => {
            for (((theta, first), second), &g) in theta.iter_mut().zip(first_moment).zip(second_moment).zip(d_theta) {
                *first = b1 * *first + (1.0 - b1) * g;
                *second = b2 * *second + (1.0 - b2) * g * g;
                *theta -= rate * c1 * *first / ((c2 * *second).sqrt() + ADAM_FLOOR as f32);
            }
        }
        Optimiser::Sgd => theta.iter_mut().zip(d_theta).for_each(|(theta, g)| *theta -= rate * g),
    }
    for (average, theta) in average.iter_mut().zip(theta) {
        *average = decay * *average + (1.0 - decay) * *theta;
    }
}
