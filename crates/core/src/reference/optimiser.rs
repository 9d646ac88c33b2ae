//! Adam and plain stochastic gradient descent, with a moving average of the weights.

use crate::config::{ADAM_FLOOR, Optimiser};
use crate::numeric::Real;
use crate::step_sampler::Update;

/// The state of the optimiser, each of the length of `theta`.
#[derive(Clone, Debug)]
pub struct OptimiserState<T> {
    /// First moment; zero with [`Optimiser::Sgd`].
    pub first_moment: Vec<T>,
    /// Second moment; zero with [`Optimiser::Sgd`].
    pub second_moment: Vec<T>,
    /// Moving average of `theta`: what is shown and measured.
    pub average: Vec<T>,
}

impl<T: Real> OptimiserState<T> {
    /// Before the first step: the moments are 0 and the average is equal to `theta`.
    pub fn new(theta: &[T]) -> Self {
        let zero = vec![T::zero(); theta.len()];
        Self { first_moment: zero.clone(), second_moment: zero, average: theta.to_vec() }
    }

    /// One descent step by the optimiser of `update`.
    pub fn step(&mut self, update: &Update, theta: &mut [T], d_theta: &[T]) {
        match update.optimiser {
            Optimiser::Adam => self.adam(update, theta, d_theta),
            Optimiser::Sgd => self.sgd(update, theta, d_theta),
        }
    }

    /// m ← β₁ m + (1 − β₁) g, s ← β₂ s + (1 − β₂) g², θ ← θ − η m̂ / (√ŝ + 1e-8), θ̄ ← d θ̄ + (1 − d) θ.
    fn adam(&mut self, update: &Update, theta: &mut [T], d_theta: &[T]) {
        let [b1, b2] = update.betas.map(T::of);
        let [c1, c2] = update.bias_corrections.map(T::of);
        let rate = T::of(update.learning_rate);
        let decay = T::of(update.average_decay);
        for (i, &g) in d_theta.iter().enumerate() {
            self.first_moment[i] = b1 * self.first_moment[i] + (T::one() - b1) * g;
            self.second_moment[i] = b2 * self.second_moment[i] + (T::one() - b2) * g * g;
            theta[i] =
                theta[i] - rate * c1 * self.first_moment[i] / ((c2 * self.second_moment[i]).sqrt() + T::of(ADAM_FLOOR));
            self.average[i] = decay * self.average[i] + (T::one() - decay) * theta[i];
        }
    }

    /// θ ← θ − η g, θ̄ ← d θ̄ + (1 − d) θ.
    fn sgd(&mut self, update: &Update, theta: &mut [T], d_theta: &[T]) {
        let rate = T::of(update.learning_rate);
        let decay = T::of(update.average_decay);
        for (i, &g) in d_theta.iter().enumerate() {
            theta[i] = theta[i] - rate * g;
            self.average[i] = decay * self.average[i] + (T::one() - decay) * theta[i];
        }
    }
}
