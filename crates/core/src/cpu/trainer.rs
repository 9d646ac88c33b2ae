//! One training step of both potentials, stage by stage, in the order of the kernels.

use super::Real;
use super::adam::Adam;
use super::heat::log_heat;
use super::potential::{Network, backward, forward};
use super::transform::{cotangent_phi, cotangent_psi, masked_transform, transform};
use crate::config::Activation;
use crate::gaussian::Quadratic;
use crate::lattice::Lattice;
use crate::metrics::Recovery;
use crate::network::{Parameters, Shape};
use crate::schedule::StepInputs;

/// A network and its optimiser.
#[derive(Clone, Debug)]
pub struct Learner<T> {
    pub network: Network<T>,
    pub adam: Adam<T>,
}

impl<T: Real> Learner<T> {
    pub fn new(parameters: &Parameters) -> Self {
        let network = Network::new(parameters);
        let adam = Adam::new(&network.theta);
        Self { network, adam }
    }

    /// The network with the averaged weights.
    pub fn averaged(&self) -> Network<T> {
        Network { frequencies: self.network.frequencies.clone(), theta: self.adam.average.clone() }
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
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Losses<T> {
    /// J / ε by the step's quadrature and batch.
    pub dual: T,
    /// ½ Σ ω′ (w − φ^{c,ε}/ε)².
    pub regression: T,
}

impl<T: Real> Trainer<T> {
    pub fn new(shape: Shape, activation: Activation, parameters: &[Parameters; 2]) -> Self {
        Self { shape, activation, phi: Learner::new(&parameters[0]), psi: Learner::new(&parameters[1]) }
    }

    /// φ ascends J; ψ descends the regression on φ's transform.
    pub fn step(&mut self, step: &StepInputs) -> Losses<T> {
        let Self { shape, activation, phi, psi } = self;
        let batch = step.batch.iter().map(|x| x.map(|c| T::of(f64::from(c))));
        let points: Vec<[T; 2]> = batch.chain(step.source.points().map(|x| x.map(T::of))).collect();
        let (u, activations) = forward(shape, &phi.network, *activation, &step.base[0], &points);

        let heat = log_heat(&u[step.batch.len()..], &step.source, &step.target, step.epsilon);
        let transformed = transform(step, &heat);
        // The adjoint of the heat average: the same kernel, weighted by the cell of the source lattice.
        let weight = T::of((step.source.cell_area() / step.target.cell_area()).ln());
        let spread = log_heat(&transformed.ratio, &step.target, &step.source, step.epsilon);
        let spread: Vec<T> = spread.into_iter().map(|s| s + weight).collect();
        let (d_u, dual_batch) = cotangent_phi(step, &u, &spread);
        // J does not depend on a constant added to φ: that gradient would be rounding alone, and Adam would walk on it.
        let d_theta = backward(shape, &phi.network, &activations, &d_u, false);
        phi.adam.step(step, &mut phi.network.theta, &d_theta);

        let points: Vec<[T; 2]> = step.target.points().map(|x| x.map(T::of)).collect();
        let (w, activations) = forward(shape, &psi.network, *activation, &step.base[1], &points);
        let (d_w, regression) = cotangent_psi(step, &w, &transformed.goal);
        let d_theta = backward(shape, &psi.network, &activations, &d_w, true);
        psi.adam.step(step, &mut psi.network.theta, &d_theta);

        Losses { dual: dual_batch.into_iter().chain(transformed.dual).sum(), regression: regression.into_iter().sum() }
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
