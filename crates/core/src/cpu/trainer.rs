//! One training step of both potentials in f32; twin of [`reference::trainer`](crate::reference::trainer).
//!
//! The rows of a network are divided into a fixed number of units, whatever the number of cores, and their gradients are
//! added in order: one seed gives the same bits on every processor with vectors of the same width.

use super::learner::{Learner, evaluate, points_of};
use super::step::Step;
use super::tile::in_rows;
use super::work::Portion;
use crate::checkpoint::{LearnerState, Parameters};
use crate::config::Activation;
use crate::gaussian::Quadratic;
use crate::heat::products::HeatProducts;
use crate::lattice::Lattice;
use crate::measure::Target;
use crate::network::Shape;
use crate::potentials::TabulatedPotentials;
#[cfg(not(target_arch = "wasm32"))]
use crate::profile::Profiled;
use crate::simd::product::Row;
use crate::simd::width::Width;
use crate::step_sampler::{Losses, StepInputs};
use crate::transform::{masked_network, masked_transform};

/// Both networks, and the step under way.
#[derive(Clone, Debug)]
pub struct Trainer {
    shape: Shape,
    width: Width,
    /// φ and ψ.
    learners: [Learner; 2],
    under_way: Option<Step>,
}

impl Trainer {
    /// The networks of φ and ψ with these weights, their optimisers at rest.
    pub fn new(shape: Shape, activation: Activation, parameters: &[Parameters; 2]) -> Self {
        let learners = parameters.each_ref().map(|parameters| Learner::new(&shape, activation, parameters));
        Self { shape, width: Width::detect(), learners, under_way: None }
    }

    /// The states of φ and ψ after the last step that is done.
    pub fn states(&self) -> [LearnerState<Vec<f32>>; 2] {
        self.rows().map(|state| state.map(|rows| bytemuck::cast_slice(rows)[..self.shape.len].to_vec()))
    }

    fn rows(&self) -> [LearnerState<&Vec<Row>>; 2] {
        let [phi, psi] = self.learners.each_ref().map(Learner::state);
        [self.under_way.as_ref().and_then(Step::phi_before).map_or(phi, LearnerState::each_ref), psi]
    }

    /// Continues from other states; a step under way is dropped.
    pub fn set_states(&mut self, states: [&LearnerState<Vec<f32>>; 2]) {
        self.drop_step();
        for (learner, state) in self.learners.iter_mut().zip(states) {
            learner.set_state(state.each_ref().map(|vector| in_rows(&self.shape, vector)));
        }
    }

    /// Drops the step under way: everything is as it was before it.
    pub fn drop_step(&mut self) {
        let Some(step) = self.under_way.take() else { return };
        if let Some(before) = step.phi_before() {
            self.learners[0].set_state(before.clone());
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

    /// Takes one step; returns how long each of its phases took.
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
        assert!(self.under_way.is_none(), "another step is under way");
        self.under_way = Some(Step::new(step));
    }

    /// The inputs of the step under way. Until it is done, [`states`](Self::states) and tabulations are those before
    /// the step.
    pub fn under_way(&self) -> Option<&StepInputs> {
        self.under_way.as_ref().map(|step| &step.inputs)
    }

    /// Continues the step under way; returns its losses once it is done. The size of the portions does not change the
    /// bits.
    pub fn advance(&mut self, portion: Portion) -> Option<Losses<f64>> {
        let losses = self.under_way.as_mut()?.advance(self.width, &mut self.learners, portion);
        if losses.is_some() {
            self.under_way = None;
        }
        losses
    }

    /// Evaluates the averaged potentials on `lattice`; w is the exact transform of u for the target.
    pub fn tabulate(
        &self,
        base: &[Quadratic; 2],
        target: &Target,
        lattice: &Lattice,
        epsilon: f64,
    ) -> TabulatedPotentials {
        let points = points_of(lattice);
        let rows = self.rows();
        let [u, psi] = [0, 1].map(|side| {
            evaluate(self.width, &self.learners[side].network.with(rows[side].average), &base[side], &points)
        });
        let heat = HeatProducts::new(lattice, epsilon);
        let double: Vec<f64> = u.iter().map(|&u| f64::from(u)).collect();
        let w = masked_transform(target, lattice, &heat.average(&double));
        let log_rho_0 = double.iter().zip(heat.average(&w)).map(|(u, heat)| (u + heat) as f32).collect();
        let psi = masked_network(target, lattice, &psi);
        TabulatedPotentials { epsilon, u, w: w.into_iter().map(|w| w as f32).collect(), psi, log_rho_0 }
    }
}
