//! A step by quadrature, stage by stage.

use super::trace::{Field, UpdatedPotentials, nearest};
use crate::network::Side;
use crate::quadrature::Quadrature;
use crate::reference::trainer::{Ascent, Dual, Fit, Regression, Trainer};
use crate::step_sampler::{Points, StepInputs};
use crate::transform::log_shares;
use serde::{Deserialize, Serialize};

/// The results of the stages of a step by quadrature. Potentials are in units of cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ByLattices {
    /// The batch of p_D.
    pub batch: Vec<[f32; 2]>,
    /// φ on the source lattice x_j.
    pub phi: Field,
    /// H_ε\[e^u\] at one of the target's nodes, as a sum over the source's nodes.
    pub average: Average,
    /// The slope of J with respect to φ: p_D − ρ_0 at x_j, and at the points of the batch.
    pub slope: Field,
    /// p_D − ρ_0 at the points of the batch, in their order.
    pub slope_of_batch: Vec<f32>,
    /// The change of φ on the source lattice; zero if the step does not update φ.
    pub phi_change: Field,
    /// J by the points of this step, before the update and after it.
    pub dual: [f64; 2],
    /// φ^{c,ε} − ψ on the target lattice y_k.
    pub miss: Field,
    /// The change of ψ on the target lattice.
    pub psi_change: Field,
    /// The loss of the regression, nats², before the update and after it.
    pub loss: [f64; 2],
}

/// How φ is averaged around one y.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Average {
    /// The point of the target lattice nearest to the one asked for.
    pub y: [f64; 2],
    /// The share of each x_j in H_ε\[e^u\](y), a_j e^(u_j) G_ε(x_j − y), and that of each point of the batch; the
    /// sum of all is 1.
    pub weights: Field,
    /// The shares of the points of the batch, in their order.
    pub weights_of_batch: Vec<f32>,
    /// φ^{c,ε}(y) = ε log p_N(y) − ε log H_ε\[e^u\](y).
    pub transform: f64,
}

/// The step, before it is taken and after.
#[derive(Debug)]
pub(super) struct LatticesStep {
    pub inputs: StepInputs,
    pub updated: UpdatedPotentials,
    taken: Option<Taken>,
}

/// The intermediate results, and both potentials at the same points after the step.
#[derive(Debug)]
struct Taken {
    phi: Ascent<f64>,
    phi_after: Dual<f64>,
    psi: Regression<f64>,
    psi_after: Fit<f64>,
}

impl LatticesStep {
    pub fn new(inputs: StepInputs, updated: UpdatedPotentials) -> Self {
        Self { inputs, updated, taken: None }
    }

    fn quadrature(&self) -> &Quadrature {
        let Points::Quadrature(quadrature) = &self.inputs.points else { unreachable!("the recipe was checked") };
        quadrature
    }

    /// Takes the whole step; returns 1, the share that is done.
    pub fn take(&mut self, trainer: &mut Trainer<f64>) -> f64 {
        if self.taken.is_none() {
            let (inputs, quadrature) = (&self.inputs, self.quadrature());
            let phi = trainer.ascent_of_phi(inputs, quadrature);
            if self.updated.moves(Side::Phi) {
                trainer.phi.descend(&inputs.update, &phi.d_theta);
            }
            let regression_target = &phi.dual.transformed.regression_target;
            let psi = trainer.regression_of_psi(inputs, quadrature, regression_target);
            if self.updated.moves(Side::Psi) {
                trainer.psi.descend(&inputs.update, &psi.d_theta);
            }
            let phi_after = trainer.dual_of_phi(inputs, quadrature);
            let psi_after = trainer.fit_of_psi(inputs, quadrature, regression_target);
            self.taken = Some(Taken { phi, phi_after, psi, psi_after });
        }
        1.0
    }

    pub fn stages(&self, near: [f64; 2]) -> Option<ByLattices> {
        let Taken { phi: Ascent { dual, d_u, .. }, phi_after, psi: Regression { fit, .. }, psi_after } =
            self.taken.as_ref()?;
        let (epsilon, quadrature) = (self.inputs.epsilon, self.quadrature());
        let Quadrature { source, target, .. } = quadrature;
        let batch = source.batch.len();
        let less = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| epsilon * (a - b)).collect() };
        let (u, u_after) = (&dual.u[batch..], &phi_after.u[batch..]);
        // The cotangent at a node is its area times ρ_0 − p_D.
        let slope: Vec<f64> = d_u.iter().zip(&source.log_areas).map(|(d, log_area)| -d / log_area.exp()).collect();
        let on_target = |values: Vec<f64>| Field::new(&target.lattice, values.into_iter().skip(target.batch.len()));
        Some(ByLattices {
            batch: source.batch.clone(),
            phi: Field::new(&source.lattice, u.iter().map(|u| epsilon * u)),
            average: self.average(near)?,
            slope: Field::new(&source.lattice, slope[batch..].iter().copied()),
            slope_of_batch: slope[..batch].iter().map(|&slope| slope as f32).collect(),
            phi_change: Field::new(&source.lattice, less(u_after, u).into_iter()),
            dual: [dual.value, phi_after.value].map(|value| epsilon * value),
            miss: on_target(less(&dual.transformed.regression_target, &fit.w)),
            psi_change: on_target(less(&psi_after.w, &fit.w)),
            loss: [fit.loss, psi_after.loss],
        })
    }

    pub fn average(&self, near: [f64; 2]) -> Option<Average> {
        let dual = &self.taken.as_ref()?.phi.dual;
        let (epsilon, Quadrature { source, target, .. }) = (self.inputs.epsilon, self.quadrature());
        let (k, y) = nearest(target.points(), near)?;
        let share = |((x, u), log_share): (([f64; 2], &f64), f64)| {
            let squared = (x[0] - y[0]).powi(2) + (x[1] - y[1]).powi(2);
            (u + log_share - squared / (2.0 * epsilon) - dual.heat[k]).exp()
        };
        let shares: Vec<f64> = source.points().zip(&dual.u).zip(log_shares(source, epsilon)).map(share).collect();
        let (of_batch, on_lattice) = shares.split_at(source.batch.len());
        Some(Average {
            y,
            weights: Field::new(&source.lattice, on_lattice.iter().copied()),
            weights_of_batch: of_batch.iter().map(|&share| share as f32).collect(),
            transform: epsilon * dual.transformed.regression_target[k],
        })
    }
}
