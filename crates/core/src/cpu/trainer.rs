//! One training step of both potentials, stage by stage, in the order of the kernels.

use super::Real;
use super::heat::log_heat;
use super::optimiser::OptimiserState;
use super::potential::{Activations, Network, backward, forward};
use super::semidual::Semidual;
use super::transform::{Transform, cotangent_phi, cotangent_psi, dual_batch, masked_transform, transform};
use crate::config::Activation;
use crate::gaussian::Quadratic;
use crate::lattice::Lattice;
use crate::metrics::Recovery;
use crate::network::{Parameters, Shape, Snapshot};
use crate::schedule::{MonteCarlo, Points, Quadrature, StepInputs, Update};

/// A network and its optimiser.
#[derive(Clone, Debug)]
pub struct Learner<T> {
    pub network: Network<T>,
    pub state: OptimiserState<T>,
}

impl<T: Real> Learner<T> {
    pub fn new(parameters: &Parameters) -> Self {
        let network = Network::new(parameters);
        let state = OptimiserState::new(&network.theta);
        Self { network, state }
    }

    /// Moves the weights by the gradient of what shall become less.
    pub fn descend(&mut self, update: &Update, d_theta: &[T]) {
        self.state.step(update, &mut self.network.theta, d_theta);
    }

    /// The weights, the optimiser's two moments and the average, set to those of a snapshot.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        let [theta, moment, square, average] =
            snapshot.vectors.each_ref().map(|vector| vector.iter().map(|&v| T::of(f64::from(v))).collect::<Vec<T>>());
        self.network.theta = theta;
        self.state = OptimiserState { moment, square, average };
    }

    /// The network with the averaged weights.
    pub fn averaged(&self) -> Network<T> {
        Network { frequencies: self.network.frequencies.clone(), theta: self.state.average.clone() }
    }
}

/// Both learners.
#[derive(Clone, Debug)]
pub struct Trainer<T> {
    pub shape: Shape,
    pub activation: Activation,
    pub phi: Learner<T>,
    pub psi: Learner<T>,
}

/// What a step measured before it moved the weights.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Losses<T> {
    /// J / ε by the step's points.
    pub phi: T,
    /// With the quadrature ½ Σ ω′ (w − φ^{c,ε}/ε)²; with Monte Carlo I / ε by the step's points.
    pub psi: T,
}

/// J by the points of a quadrature step, and what it is made of.
#[derive(Clone, Debug)]
pub struct Dual<T> {
    /// u at the batch, then on the source lattice, nats.
    pub u: Vec<T>,
    /// L = log H_ε[e^u] on the target lattice.
    pub heat: Vec<T>,
    pub transformed: Transform<T>,
    /// J/ε.
    pub value: T,
}

/// A step of φ by quadrature, before it moves the weights.
#[derive(Clone, Debug)]
pub struct Ascent<T> {
    pub dual: Dual<T>,
    /// Cotangent of −J/ε with respect to `u`: on the lattice h² ρ_0.
    pub d_u: Vec<T>,
    pub d_theta: Vec<T>,
}

/// How ψ fits its goal on the target lattice.
#[derive(Clone, Debug)]
pub struct Fit<T> {
    /// w there, nats.
    pub w: Vec<T>,
    /// ½ Σ ω′ (w − φ^{c,ε}/ε)².
    pub loss: T,
}

/// A step of ψ by quadrature, before it moves the weights.
#[derive(Clone, Debug)]
pub struct Regression<T> {
    pub fit: Fit<T>,
    pub d_theta: Vec<T>,
}

impl<T: Real> Trainer<T> {
    pub fn new(shape: Shape, activation: Activation, parameters: &[Parameters; 2]) -> Self {
        Self { shape, activation, phi: Learner::new(&parameters[0]), psi: Learner::new(&parameters[1]) }
    }

    /// One step of φ, then one of ψ.
    pub fn step(&mut self, step: &StepInputs) -> Losses<T> {
        match &step.points {
            Points::Quadrature(points) => self.quadrature_step(step, points),
            Points::MonteCarlo(points) => {
                Losses { phi: self.monte_carlo_step(step, points, 0), psi: self.monte_carlo_step(step, points, 1) }
            }
        }
    }

    /// That of φ, 0, or of ψ, 1.
    pub fn learner(&self, side: usize) -> &Learner<T> {
        if side == 0 { &self.phi } else { &self.psi }
    }

    pub fn learner_mut(&mut self, side: usize) -> &mut Learner<T> {
        if side == 0 { &mut self.phi } else { &mut self.psi }
    }

    /// φ ascends J; ψ descends the regression.
    fn quadrature_step(&mut self, step: &StepInputs, quadrature: &Quadrature) -> Losses<T> {
        let phi = self.ascent_of_phi(step, quadrature);
        self.phi.descend(&step.update, &phi.d_theta);
        let psi = self.regression_of_psi(step, quadrature, &phi.dual.transformed.goal);
        self.psi.descend(&step.update, &psi.d_theta);
        Losses { phi: phi.dual.value, psi: psi.fit.loss }
    }

    /// J by these points.
    pub fn dual_of_phi(&self, step: &StepInputs, quadrature: &Quadrature) -> Dual<T> {
        self.forward_of_phi(step, quadrature).0
    }

    fn forward_of_phi(&self, step: &StepInputs, quadrature: &Quadrature) -> (Dual<T>, Activations<T>) {
        let Quadrature { source, target, batch, .. } = quadrature;
        let points: Vec<[T; 2]> =
            batch.iter().map(|x| x.map(|c| T::of(f64::from(c)))).chain(source.points().map(|x| x.map(T::of))).collect();
        let (u, activations) = forward(&self.shape, &self.phi.network, self.activation, &step.base[0], &points);
        let heat = log_heat(&u[batch.len()..], source, target, step.epsilon);
        let transformed = transform(quadrature, &heat);
        let value = dual_batch(quadrature, &u).into_iter().chain(transformed.dual.iter().copied()).sum();
        (Dual { u, heat, transformed, value }, activations)
    }

    /// All that a step of φ comes through, down to the gradient of −J/ε.
    pub fn ascent_of_phi(&self, step: &StepInputs, quadrature: &Quadrature) -> Ascent<T> {
        let Quadrature { source, target, .. } = quadrature;
        let (dual, activations) = self.forward_of_phi(step, quadrature);
        // The adjoint of the heat average: the same kernel, weighted by the cell of the source lattice.
        let weight = T::of((source.cell_area() / target.cell_area()).ln());
        let spread = log_heat(&dual.transformed.ratio, target, source, step.epsilon);
        let spread: Vec<T> = spread.into_iter().map(|s| s + weight).collect();
        let d_u = cotangent_phi(quadrature, &dual.u, &spread);
        // J does not depend on a constant added to φ: that gradient would be rounding alone, and Adam would walk on it.
        let d_theta = backward(&self.shape, &self.phi.network, &activations, &d_u, false);
        Ascent { dual, d_u, d_theta }
    }

    /// How ψ fits the goal.
    pub fn fit_of_psi(&self, step: &StepInputs, quadrature: &Quadrature, goal: &[T]) -> Fit<T> {
        self.forward_of_psi(step, quadrature, goal).0
    }

    /// Also the cotangent of the loss with respect to w.
    fn forward_of_psi(
        &self,
        step: &StepInputs,
        quadrature: &Quadrature,
        goal: &[T],
    ) -> (Fit<T>, Vec<T>, Activations<T>) {
        let points: Vec<[T; 2]> = quadrature.target.points().map(|x| x.map(T::of)).collect();
        let (w, activations) = forward(&self.shape, &self.psi.network, self.activation, &step.base[1], &points);
        let (d_w, terms) = cotangent_psi(quadrature, &w, goal);
        (Fit { w, loss: terms.into_iter().sum() }, d_w, activations)
    }

    /// All that a step of ψ comes through, down to the gradient of its loss.
    pub fn regression_of_psi(&self, step: &StepInputs, quadrature: &Quadrature, goal: &[T]) -> Regression<T> {
        let (fit, d_w, activations) = self.forward_of_psi(step, quadrature, goal);
        let d_theta = backward(&self.shape, &self.psi.network, &activations, &d_w, true);
        Regression { fit, d_theta }
    }

    /// The side, 0 for φ, ascends its semi-dual with the penalty; returns J/ε or I/ε.
    fn monte_carlo_step(&mut self, step: &StepInputs, points: &MonteCarlo, side: usize) -> T {
        let mut semidual = Semidual::new(self, step, points, side);
        while semidual.advance(self, step, points, true) {}
        self.learner_mut(side).descend(&step.update, &semidual.d_theta);
        semidual.value()
    }
}

impl<T: Real> Trainer<T> {
    /// Evaluates the averaged potentials on `lattice` and completes u by its exact transform.
    pub fn recover(&self, base: &[Quadratic; 2], lattice: &Lattice, epsilon: f64) -> Recovery {
        let points: Vec<[T; 2]> = lattice.points().map(|x| x.map(T::of)).collect();
        let potential =
            |learner: &Learner<T>, base| forward(&self.shape, &learner.averaged(), self.activation, base, &points).0;
        let u = potential(&self.phi, &base[0]);
        let psi = potential(&self.psi, &base[1]);
        let w = masked_transform(lattice, &log_heat(&u, lattice, lattice, epsilon));
        let heat = log_heat(&w, lattice, lattice, epsilon);
        let single = |field: &[T]| field.iter().map(|v| v.to_f32().expect("a float")).collect::<Vec<f32>>();
        let log_rho_0: Vec<T> = u.iter().zip(&heat).map(|(&u, &heat)| u + heat).collect();
        Recovery { epsilon, u: single(&u), w: single(&w), psi: single(&psi), log_rho_0: single(&log_rho_0) }
    }
}
