//! A network and its optimiser.

use super::optimiser::OptimiserState;
use super::potential::Network;
use crate::checkpoint::{LearnerState, Parameters, Snapshot};
use crate::numeric::Real;
use crate::step_sampler::Update;

/// A network and its optimiser.
#[derive(Clone, Debug)]
pub struct Learner<T> {
    /// The frequencies and the present weights.
    pub network: Network<T>,
    /// The optimiser's moments and the averaged weights.
    pub state: OptimiserState<T>,
}

impl<T: Real> Learner<T> {
    /// With these weights; the moments are 0 and the average is equal to the weights.
    pub fn new(parameters: &Parameters) -> Self {
        let network = Network::new(parameters);
        let state = OptimiserState::new(&network.theta);
        Self { network, state }
    }

    /// Moves the weights by one optimiser step along `d_theta`, the gradient of the objective that is minimised.
    pub fn descend(&mut self, update: &Update, d_theta: &[T]) {
        self.state.step(update, &mut self.network.theta, d_theta);
    }

    /// The weights, the optimiser's two moments and the average, set to those of a snapshot.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        let LearnerState { theta, first_moment, second_moment, average } =
            snapshot.state.each_ref().map(|vector| vector.iter().map(|&v| T::of(f64::from(v))).collect::<Vec<T>>());
        self.network.theta = theta;
        self.state = OptimiserState { first_moment, second_moment, average };
    }

    /// The network with the averaged weights.
    pub fn averaged(&self) -> Network<T> {
        Network { frequencies: self.network.frequencies.clone(), theta: self.state.average.clone() }
    }
}
