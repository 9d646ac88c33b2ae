//! One training step of both potentials in f32; twin of [`cpu::trainer`](crate::cpu::trainer).
//!
//! The rows of a network are divided into a fixed number of units, whatever the number of cores, and their gradients are
//! added in order: one seed gives the same bits on every processor with vectors of the same width.

use super::product::Row;
use super::step::{Portion, Step};
use super::tile::{Cotangents, Network, TILE_ROWS, Tile, in_rows, rows_for};
use super::width::{Width, for_each_width};
use crate::config::{Activation, Optimiser};
use crate::cpu::optimiser::ADAM_FLOOR;
use crate::cpu::products::HeatProducts;
use crate::cpu::trainer::Losses;
use crate::cpu::transform::masked_transform_to;
use crate::gaussian::Quadratic;
use crate::lattice::Lattice;
use crate::measure::Target;
use crate::metrics::Recovery;
use crate::network::{Parameters, Shape};
use crate::parallel::{each, share, shares_mut};
#[cfg(not(target_arch = "wasm32"))]
use crate::profile::Profiled;
use crate::schedule::{StepInputs, Update};

/// Units of one network.
pub const UNITS: usize = 16;

/// Both networks, and room for a step of them.
#[derive(Clone, Debug)]
pub struct Trainer {
    shape: Shape,
    width: Width,
    /// φ and ψ.
    learners: [Learner; 2],
    under_way: Option<Step>,
}

/// A network, its optimiser, and room for its passes.
#[derive(Clone, Debug)]
pub struct Learner {
    pub network: Network,
    pub units: Vec<Unit>,
    width: Width,
    moment: Vec<Row>,
    square: Vec<Row>,
    average: Vec<Row>,
}

/// One share of the rows of a network.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    /// Kept between a forward pass and its backward pass.
    pub tiles: Vec<Tile>,
    pub cotangents: Cotangents,
    pub gradient: Vec<Row>,
    /// A sum over the rows, of what the step reports.
    pub sum: f64,
    /// Groups of draws that went through it, once the batch did.
    pub done: Option<usize>,
}

impl Unit {
    /// Sets the sums to zero, and keeps room for so many tiles.
    pub fn start(&mut self, network: &Network, tiles: usize) {
        self.gradient.clear();
        self.gradient.resize(network.theta.len(), Row::default());
        self.tiles.resize_with(tiles, Tile::default);
        self.sum = 0.0;
    }

    /// Takes note of `done` of `all` groups; whether some are left.
    pub fn has_done(&mut self, done: usize, all: usize) -> bool {
        self.done = (done < all).then_some(done);
        done < all
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
            width: Width::detect(),
        }
    }

    /// Theta, moment, square and average.
    pub fn vectors(&self) -> [&Vec<Row>; 4] {
        [&self.network.theta, &self.moment, &self.square, &self.average]
    }

    fn set_vectors(&mut self, vectors: [Vec<Row>; 4]) {
        [self.network.theta, self.moment, self.square, self.average] = vectors;
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
            bytemuck::cast_slice_mut(&mut self.moment),
            bytemuck::cast_slice_mut(&mut self.square),
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
fn evaluate(width: Width, network: &Network, base: &Quadratic, points: &[[f32; 2]]) -> Vec<f32> {
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

impl Trainer {
    pub fn new(shape: Shape, activation: Activation, parameters: &[Parameters; 2]) -> Self {
        let learners = parameters.each_ref().map(|parameters| Learner::new(&shape, activation, parameters));
        Self { shape, width: Width::detect(), learners, under_way: None }
    }

    /// Theta, moment, square and average of φ and ψ, after the last step that is done.
    pub fn vectors(&self) -> [[Vec<f32>; 4]; 2] {
        self.rows().map(|vectors| vectors.map(|rows| bytemuck::cast_slice(rows)[..self.shape.len].to_vec()))
    }

    fn rows(&self) -> [[&Vec<Row>; 4]; 2] {
        let [phi, psi] = self.learners.each_ref().map(Learner::vectors);
        [self.under_way.as_ref().and_then(Step::phi_before).map_or(phi, |before| before.each_ref()), psi]
    }

    /// Goes on from other vectors; a step under way is dropped.
    pub fn set_vectors(&mut self, vectors: &[[Vec<f32>; 4]; 2]) {
        self.drop_step();
        for (learner, vectors) in self.learners.iter_mut().zip(vectors) {
            learner.set_vectors(vectors.each_ref().map(|vector| in_rows(&self.shape, vector)));
        }
    }

    /// Drops the step under way: everything is as it was before it.
    pub fn drop_step(&mut self) {
        let Some(step) = self.under_way.take() else { return };
        if let Some(before) = step.phi_before() {
            self.learners[0].set_vectors(before.clone());
        }
        self.learners.iter_mut().flat_map(|learner| &mut learner.units).for_each(|unit| unit.done = None);
    }

    /// One step of φ, then one of ψ.
    ///
    /// # Panics
    /// When another step is under way.
    pub fn step(&mut self, step: &StepInputs) -> Losses<f64> {
        self.begin(step.clone());
        loop {
            if let Some(losses) = self.advance(Portion::Phase) {
                return losses;
            }
        }
    }

    /// One step; how long each of its phases took.
    ///
    /// # Panics
    /// When another step is under way.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn profile(&mut self, step: StepInputs) -> Vec<Profiled> {
        self.begin(step);
        let phases = self.under_way.as_ref().map_or(&[][..], Step::phases);
        let timed = |&name| {
            let start = std::time::Instant::now();
            self.advance(Portion::Phase);
            Profiled { name, seconds: start.elapsed().as_secs_f64(), operations: None }
        };
        phases.iter().map(timed).collect()
    }

    /// Begins a step, which [`advance`](Self::advance) carries out.
    ///
    /// # Panics
    /// When another step is under way.
    pub fn begin(&mut self, step: StepInputs) {
        assert!(self.under_way.is_none(), "one step after the other");
        self.under_way = Some(Step::new(step));
    }

    /// The inputs of the step under way. What is told of the weights is as if it had not begun.
    pub fn under_way(&self) -> Option<&StepInputs> {
        self.under_way.as_ref().map(|step| &step.inputs)
    }

    /// Goes on with the step under way; its losses once it is done, by portions of whatever size with the same bits.
    pub fn advance(&mut self, portion: Portion) -> Option<Losses<f64>> {
        let losses = self.under_way.as_mut()?.advance(self.width, &mut self.learners, portion);
        if losses.is_some() {
            self.under_way = None;
        }
        losses
    }

    /// Evaluates the averaged potentials on `lattice` and completes u by its exact transform to the target.
    pub fn recover(&self, base: &[Quadratic; 2], target: &Target, lattice: &Lattice, epsilon: f64) -> Recovery {
        let points = points_of(lattice);
        let rows = self.rows();
        let [u, psi] = [0, 1].map(|side| {
            let [.., average] = rows[side];
            evaluate(self.width, &self.learners[side].network.with(average), &base[side], &points)
        });
        let heat = HeatProducts::new(lattice, epsilon);
        let double: Vec<f64> = u.iter().map(|&u| f64::from(u)).collect();
        let w = masked_transform_to(target, lattice, &heat.average(&double));
        let log_rho_0 = double.iter().zip(heat.average(&w)).map(|(u, heat)| (u + heat) as f32).collect();
        Recovery { epsilon, u, w: w.into_iter().map(|w| w as f32).collect(), psi, log_rho_0 }
    }
}

for_each_width! {
    /// One step of the optimiser; as
    /// [`OptimiserState::step`](crate::cpu::optimiser::OptimiserState::step).
    move_weights(
        update: &Update,
        d_theta: &[f32],
        theta: &mut [f32],
        moment: &mut [f32],
        square: &mut [f32],
        average: &mut [f32],
    ) = move_all { [] [] [] [] }
}

#[inline(always)]
fn move_all(
    update: &Update,
    d_theta: &[f32],
    theta: &mut [f32],
    moment: &mut [f32],
    square: &mut [f32],
    average: &mut [f32],
) {
    let [b1, b2] = update.betas.map(|b| b as f32);
    let [c1, c2] = update.corrections.map(|c| c as f32);
    let (rate, decay) = (update.learning_rate as f32, update.average_decay as f32);
    match update.optimiser {
        Optimiser::Adam => {
            for (((theta, moment), square), &g) in theta.iter_mut().zip(moment).zip(square).zip(d_theta) {
                *moment = b1 * *moment + (1.0 - b1) * g;
                *square = b2 * *square + (1.0 - b2) * g * g;
                *theta -= rate * c1 * *moment / ((c2 * *square).sqrt() + ADAM_FLOOR as f32);
            }
        }
        Optimiser::Sgd => theta.iter_mut().zip(d_theta).for_each(|(theta, g)| *theta -= rate * g),
    }
    for (average, theta) in average.iter_mut().zip(theta) {
        *average = decay * *average + (1.0 - decay) * *theta;
    }
}
