//! One training step of both potentials, stage by stage, in the order of the kernels.

use super::learner::Learner;
use super::potential::{Activations, Networks, backward, forward};
use super::semidual::Semidual;
use super::transform::{cotangent_phi, cotangent_psi, dual_of_source, log_heat_of_nodes};
use crate::checkpoint::Parameters;
use crate::config::Activation;
use crate::gaussian::Quadratic;
use crate::heat::log_domain::log_heat;
use crate::lattice::Lattice;
use crate::measure::Target;
use crate::monte_carlo::MonteCarlo;
use crate::network::{Shape, Side};
use crate::numeric::Real;
use crate::potentials::TabulatedPotentials;
use crate::quadrature::Quadrature;
use crate::step_sampler::{Losses, Points, StepInputs};
use crate::transform::{Transform, masked_network, masked_transform, transform};

/// Both learners.
#[derive(Clone, Debug)]
pub struct Trainer<T> {
    /// The layers, the same for both networks.
    pub shape: Shape,
    /// Of the hidden layers.
    pub activation: Activation,
    /// The network of φ and its optimiser.
    pub phi: Learner<T>,
    /// The network of ψ and its optimiser.
    pub psi: Learner<T>,
}

/// J as estimated by the points of a quadrature step, with the intermediate results.
#[derive(Clone, Debug)]
pub struct Dual<T> {
    /// u at the source's nodes, nats.
    pub u: Vec<T>,
    /// L = log H_ε[e^u] at the target's nodes, nats.
    pub heat: Vec<T>,
    /// φ^{c,ε}/ε at the target's nodes, and the terms of J/ε there.
    pub transformed: Transform<T>,
    /// J/ε.
    pub value: T,
}

/// A step of φ by quadrature, before the optimiser moves the weights.
#[derive(Clone, Debug)]
pub struct Ascent<T> {
    /// J and u before the update.
    pub dual: Dual<T>,
    /// Cotangent of −J/ε with respect to `u`: the area of a node times ρ_0 − p_D.
    pub d_u: Vec<T>,
    /// Gradient of −J/ε with respect to the weights of φ; 0 for the bias of the output.
    pub d_theta: Vec<T>,
}

/// ψ at the target's nodes and its regression loss.
#[derive(Clone, Debug)]
pub struct Fit<T> {
    /// w there, nats.
    pub w: Vec<T>,
    /// ½ Σ ω′ (w − φ^{c,ε}/ε)².
    pub loss: T,
}

/// A step of ψ by quadrature, before the optimiser moves the weights.
#[derive(Clone, Debug)]
pub struct Regression<T> {
    /// w and its loss before the update.
    pub fit: Fit<T>,
    /// Gradient of the loss with respect to the weights of ψ.
    pub d_theta: Vec<T>,
}

impl<T: Real> Trainer<T> {
    /// Both learners before the first step; `parameters` are those of φ, then of ψ.
    pub fn new(shape: Shape, activation: Activation, parameters: &[Parameters; 2]) -> Self {
        Self { shape, activation, phi: Learner::new(&parameters[0]), psi: Learner::new(&parameters[1]) }
    }

    /// One step of φ, then one of ψ.
    pub fn step(&mut self, step: &StepInputs) -> Losses<T> {
        match &step.points {
            Points::Quadrature(points) => self.quadrature_step(step, points),
            Points::MonteCarlo(points) => Losses {
                phi: self.monte_carlo_step(step, points, Side::Phi),
                psi: self.monte_carlo_step(step, points, Side::Psi),
            },
        }
    }

    /// The learner of φ or of ψ.
    pub fn learner(&self, side: Side) -> &Learner<T> {
        match side {
            Side::Phi => &self.phi,
            Side::Psi => &self.psi,
        }
    }

    /// Both networks, with what is needed to evaluate them.
    pub fn networks(&self) -> Networks<'_, T> {
        let pair = [&self.phi.network, &self.psi.network];
        Networks { shape: &self.shape, activation: self.activation, pair }
    }

    /// The learner of φ or of ψ, for a change of its weights.
    pub fn learner_mut(&mut self, side: Side) -> &mut Learner<T> {
        match side {
            Side::Phi => &mut self.phi,
            Side::Psi => &mut self.psi,
        }
    }

    /// φ ascends J; ψ descends the regression loss.
    fn quadrature_step(&mut self, step: &StepInputs, quadrature: &Quadrature) -> Losses<T> {
        let phi = self.ascent_of_phi(step, quadrature);
        self.phi.descend(&step.update, &phi.d_theta);
        let psi = self.regression_of_psi(step, quadrature, &phi.dual.transformed.regression_target);
        self.psi.descend(&step.update, &psi.d_theta);
        Losses { phi: phi.dual.value, psi: psi.fit.loss }
    }

    /// J as estimated by these points.
    pub fn dual_of_phi(&self, step: &StepInputs, quadrature: &Quadrature) -> Dual<T> {
        self.forward_of_phi(step, quadrature).0
    }

    fn forward_of_phi(&self, step: &StepInputs, quadrature: &Quadrature) -> (Dual<T>, Activations<T>) {
        let points: Vec<[T; 2]> = quadrature.source.points().map(|x| x.map(T::of)).collect();
        let (u, activations) = forward(&self.shape, &self.phi.network, self.activation, &step.base[0], &points);
        let heat = log_heat_of_nodes(quadrature, step.epsilon, &u);
        let transformed = transform(quadrature, &heat);
        let value = dual_of_source(quadrature, &u).into_iter().chain(transformed.dual.iter().copied()).sum();
        (Dual { u, heat, transformed, value }, activations)
    }

    /// All intermediate results of a step of φ, up to the gradient of −J/ε.
    pub fn ascent_of_phi(&self, step: &StepInputs, quadrature: &Quadrature) -> Ascent<T> {
        let (dual, activations) = self.forward_of_phi(step, quadrature);
        let d_u = cotangent_phi(quadrature, step.epsilon, &dual.u, &dual.transformed.ratio);
        // J does not depend on a constant added to φ: the gradient of the output's bias is only rounding error, and
        // Adam, which normalises gradients, would still move the bias by it.
        let d_theta = backward(&self.shape, &self.phi.network, &activations, &d_u, false);
        Ascent { dual, d_u, d_theta }
    }

    /// ψ at the target's nodes and its loss for this regression target.
    pub fn fit_of_psi(&self, step: &StepInputs, quadrature: &Quadrature, regression_target: &[T]) -> Fit<T> {
        self.forward_of_psi(step, quadrature, regression_target).0
    }

    /// The same with the cotangent of the loss with respect to w, and the activations.
    fn forward_of_psi(
        &self,
        step: &StepInputs,
        quadrature: &Quadrature,
        regression_target: &[T],
    ) -> (Fit<T>, Vec<T>, Activations<T>) {
        let points: Vec<[T; 2]> = quadrature.target.points().map(|x| x.map(T::of)).collect();
        let (w, activations) = forward(&self.shape, &self.psi.network, self.activation, &step.base[1], &points);
        let (d_w, terms) = cotangent_psi(quadrature, &w, regression_target);
        (Fit { w, loss: terms.into_iter().sum() }, d_w, activations)
    }

    /// All intermediate results of a step of ψ, up to the gradient of its loss.
    pub fn regression_of_psi(
        &self,
        step: &StepInputs,
        quadrature: &Quadrature,
        regression_target: &[T],
    ) -> Regression<T> {
        let (fit, d_w, activations) = self.forward_of_psi(step, quadrature, regression_target);
        let d_theta = backward(&self.shape, &self.psi.network, &activations, &d_w, true);
        Regression { fit, d_theta }
    }

    /// The potential of this side ascends its semi-dual with the penalty; returns J/ε or I/ε.
    fn monte_carlo_step(&mut self, step: &StepInputs, points: &MonteCarlo, side: Side) -> T {
        let networks = self.networks();
        let mut semidual = Semidual::new(&networks, step, points, side);
        while semidual.advance(&networks, step, points, true) {}
        self.learner_mut(side).descend(&step.update, &semidual.d_theta);
        semidual.value()
    }
}

impl<T: Real> Trainer<T> {
    /// Tabulates the potentials of the averaged weights on `lattice`, with the transform of u computed on that lattice.
    pub fn tabulate(&self, base: &[Quadratic; 2], lattice: &Lattice, epsilon: f64) -> TabulatedPotentials {
        let points: Vec<[T; 2]> = lattice.points().map(|x| x.map(T::of)).collect();
        let potential =
            |learner: &Learner<T>, base| forward(&self.shape, &learner.averaged(), self.activation, base, &points).0;
        let u = potential(&self.phi, &base[0]);
        let psi = masked_network(&Target::Normal, lattice, &potential(&self.psi, &base[1]));
        let w = masked_transform(&Target::Normal, lattice, &log_heat(&u, lattice, lattice, epsilon));
        let heat = log_heat(&w, lattice, lattice, epsilon);
        let single = |field: &[T]| field.iter().map(|v| v.to_f32().expect("a float")).collect::<Vec<f32>>();
        let log_rho_0: Vec<T> = u.iter().zip(&heat).map(|(&u, &heat)| u + heat).collect();
        TabulatedPotentials { epsilon, u: single(&u), w: single(&w), psi: single(&psi), log_rho_0: single(&log_rho_0) }
    }
}
