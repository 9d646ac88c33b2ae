//! A step by quadrature, stage by stage.

use super::{Field, Half, nearest};
use crate::cpu::trainer::{Ascent, Dual, Fit, Regression, Trainer};
use crate::measure::{DENSITY_COUNT, Density, density_lattice};
use crate::schedule::{Points, Quadrature, StepInputs};
use serde::{Deserialize, Serialize};

/// What the stages of a step by quadrature make. Potentials are in units of cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ByLattices {
    /// The batch of p_D.
    pub batch: Vec<[f32; 2]>,
    /// φ on the source lattice x_j.
    pub phi: Field,
    pub average: Average,
    /// The slope of J with respect to φ: p_D − ρ_0 at x_j.
    pub slope: Field,
    /// What the step made of φ there; zero where it left φ alone.
    pub phi_change: Field,
    /// J by the points of this step, before and after.
    pub dual: [f64; 2],
    /// φ^{c,ε} − ψ on the target lattice y_k.
    pub miss: Field,
    /// What the step made of ψ there.
    pub psi_change: Field,
    /// The loss of the regression, nats², before and after.
    pub loss: [f64; 2],
}

/// How φ is averaged around one y.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Average {
    /// The point of the target lattice nearest to that which was asked for.
    pub y: [f64; 2],
    /// The share of each x_j in H_ε[e^u](y): e^(u_j) G_ε(x_j − y), of sum 1.
    pub weights: Field,
    /// φ^{c,ε}(y) = ε log p_N(y) − ε log H_ε[e^u](y).
    pub transform: f64,
}

/// The step, before it is taken and after.
#[derive(Debug)]
pub(super) struct LatticesStep {
    pub inputs: StepInputs,
    pub half: Half,
    taken: Option<Taken>,
}

/// What it came through, and what it made of both potentials at the same points.
#[derive(Debug)]
struct Taken {
    phi: Ascent<f64>,
    phi_after: Dual<f64>,
    psi: Regression<f64>,
    psi_after: Fit<f64>,
}

impl LatticesStep {
    pub fn new(inputs: StepInputs, half: Half) -> Self {
        Self { inputs, half, taken: None }
    }

    fn quadrature(&self) -> &Quadrature {
        let Points::Quadrature(quadrature) = &self.inputs.points else { unreachable!("the recipe was looked at") };
        quadrature
    }

    /// Takes it at once; the share that is done is 1.
    pub fn take(&mut self, trainer: &mut Trainer<f64>) -> f64 {
        if self.taken.is_none() {
            let (inputs, quadrature) = (&self.inputs, self.quadrature());
            let phi = trainer.ascent_of_phi(inputs, quadrature);
            if self.half.moves(0) {
                trainer.phi.descend(&inputs.update, &phi.d_theta);
            }
            let goal = &phi.dual.transformed.goal;
            let psi = trainer.regression_of_psi(inputs, quadrature, goal);
            if self.half.moves(1) {
                trainer.psi.descend(&inputs.update, &psi.d_theta);
            }
            let phi_after = trainer.dual_of_phi(inputs, quadrature);
            let psi_after = trainer.fit_of_psi(inputs, quadrature, goal);
            self.taken = Some(Taken { phi, phi_after, psi, psi_after });
        }
        1.0
    }

    pub fn stages(&self, source: &Density, near: [f64; 2]) -> Option<ByLattices> {
        let Taken { phi: Ascent { dual, d_u, .. }, phi_after, psi: Regression { fit, .. }, psi_after } =
            self.taken.as_ref()?;
        let (epsilon, quadrature) = (self.inputs.epsilon, self.quadrature());
        let (nodes, Quadrature { source: sources, target, batch, .. }) = (quadrature.batch.len().., quadrature);
        let less = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| epsilon * (a - b)).collect() };
        let (u, u_after) = (&dual.u[nodes.clone()], &phi_after.u[nodes.clone()]);
        // The cotangent at a node is h² ρ_0.
        let rho = d_u[nodes].iter().map(|d| d / sources.cell_area());
        let slope = sources.points().zip(rho).map(|(x, rho)| at(source, x) - rho);
        Some(ByLattices {
            batch: batch.clone(),
            phi: Field::new(sources, u.iter().map(|u| epsilon * u)),
            average: self.average(near)?,
            slope: Field::new(sources, slope),
            phi_change: Field::new(sources, less(u_after, u).into_iter()),
            dual: [dual.value, phi_after.value].map(|value| epsilon * value),
            miss: Field::new(target, less(&dual.transformed.goal, &fit.w).into_iter()),
            psi_change: Field::new(target, less(&psi_after.w, &fit.w).into_iter()),
            loss: [fit.loss, psi_after.loss],
        })
    }

    pub fn average(&self, near: [f64; 2]) -> Option<Average> {
        let dual = &self.taken.as_ref()?.phi.dual;
        let (epsilon, Quadrature { source, target, batch, .. }) = (self.inputs.epsilon, self.quadrature());
        let (k, y) = nearest(target.points(), near)?;
        // h² / 2πε e^(−L), with which the shares add up to 1.
        let log_normaliser = (source.cell_area() / (std::f64::consts::TAU * epsilon)).ln() - dual.heat[k];
        let share = |(x, u): ([f64; 2], &f64)| {
            let squared = (x[0] - y[0]).powi(2) + (x[1] - y[1]).powi(2);
            (u - squared / (2.0 * epsilon) + log_normaliser).exp()
        };
        let weights = Field::new(source, source.points().zip(&dual.u[batch.len()..]).map(share));
        Some(Average { y, weights, transform: epsilon * dual.transformed.goal[k] })
    }
}

/// The density at the nearest point where it is known.
fn at(density: &Density, x: [f64; 2]) -> f64 {
    let lattice = density_lattice();
    let [i, j] = [0, 1].map(|axis| {
        let place = ((x[axis] - lattice.origin[axis]) / lattice.step).round();
        place.clamp(0.0, (DENSITY_COUNT - 1) as f64) as usize
    });
    f64::from(density.values()[i * DENSITY_COUNT + j])
}
