//! Training steps by quadrature, slowly: what each stage of one makes of the potentials.

use crate::config::{Config, Recipe};
use crate::cpu::session::Progress;
use crate::cpu::trainer::{Ascent, Trainer};
use crate::lattice::Lattice;
use crate::measure::{DENSITY_COUNT, Density, Target, density_lattice};
use crate::network::{Parameters, Shape};
use crate::schedule::{Points, Quadrature, Schedule, StepInputs};
use serde::{Deserialize, Serialize};

/// Which potentials a step moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Half {
    Both,
    Phi,
    Psi,
}

/// A function on a centred or shifted lattice, in the lattice's order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    pub origin: [f64; 2],
    pub spacing: f64,
    /// Points along one axis.
    pub count: usize,
    pub values: Vec<f32>,
}

/// One step, stage by stage. Potentials are in units of cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slide {
    /// The number of this step, from 1.
    pub step: u64,
    pub epsilon: f64,
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
    pub learning_rate: f64,
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

/// A copy of a run, taken step by step.
#[derive(Debug)]
pub struct Glass {
    config: Config,
    source: Density,
    schedule: Schedule,
    trainer: Trainer<f64>,
    /// The last step, before it moved the weights.
    last: Option<(StepInputs, Ascent<f64>)>,
}

impl Glass {
    /// From where a run of these settings between these densities stands.
    ///
    /// # Errors
    /// A sentence, where its steps are not by quadrature.
    pub fn new(config: Config, source: &Density, target: Target, progress: Option<&Progress>) -> Result<Self, String> {
        if config.recipe != Recipe::Quadrature {
            return Err("The glass shows steps by quadrature: choose that recipe.".into());
        }
        let shape = Shape::new(&config);
        let mut trainer = Trainer::new(shape.clone(), config.activation, &Parameters::pair(&config, &shape));
        let mut schedule = Schedule::start(&config, source).to(target);
        if let Some(Progress { snapshots, step, evaluations }) = progress {
            trainer.phi.restore(&snapshots[0]);
            trainer.psi.restore(&snapshots[1]);
            schedule.rewind(*step, *evaluations);
        }
        Ok(Self { config, source: source.clone(), schedule, trainer, last: None })
    }

    /// Takes one step of φ, of ψ or of both, and shows it, with the transform at a point near `y`.
    pub fn step(&mut self, half: Half, y: [f64; 2]) -> Slide {
        let inputs = self.schedule.advance(&self.config);
        let Points::Quadrature(quadrature) = &inputs.points else { unreachable!("the recipe was looked at") };
        let epsilon = inputs.epsilon;
        let Quadrature { source, target, batch, .. } = quadrature;
        let before = self.trainer.ascent_of_phi(&inputs, quadrature);
        if half != Half::Psi {
            self.trainer.phi.descend(&inputs.update, &before.d_theta);
        }
        let goal = &before.transformed.goal;
        let psi_before = self.trainer.regression_of_psi(&inputs, quadrature, goal);
        if half != Half::Phi {
            self.trainer.psi.descend(&inputs.update, &psi_before.d_theta);
        }
        let after = self.trainer.ascent_of_phi(&inputs, quadrature);
        let psi_after = self.trainer.regression_of_psi(&inputs, quadrature, goal);

        let cost = |values: &mut dyn Iterator<Item = f64>| values.map(|value| (epsilon * value) as f32).collect();
        let nodes = batch.len();
        let slide = Slide {
            step: self.schedule.step(),
            epsilon,
            batch: batch.clone(),
            phi: field(source, cost(&mut before.u[nodes..].iter().copied())),
            average: average(&before, quadrature, epsilon, y),
            slope: field(source, self.slope(&before, quadrature)),
            phi_change: field(source, cost(&mut after.u[nodes..].iter().zip(&before.u[nodes..]).map(|(a, b)| a - b))),
            dual: [epsilon * before.dual, epsilon * after.dual],
            miss: field(target, cost(&mut goal.iter().zip(&psi_before.w).map(|(goal, w)| goal - w))),
            psi_change: field(target, cost(&mut psi_after.w.iter().zip(&psi_before.w).map(|(a, b)| a - b))),
            loss: [psi_before.loss, psi_after.loss],
            learning_rate: inputs.update.learning_rate,
        };
        self.last = Some((inputs, before));
        slide
    }

    /// The average of the last step around another point near `y`; none before the first.
    pub fn average(&self, y: [f64; 2]) -> Option<Average> {
        let (inputs, ascent) = self.last.as_ref()?;
        let Points::Quadrature(quadrature) = &inputs.points else { return None };
        Some(average(ascent, quadrature, inputs.epsilon, y))
    }

    /// p_D − ρ_0 at the points of the source lattice; p_D at the nearest point where it is known.
    fn slope(&self, ascent: &Ascent<f64>, quadrature: &Quadrature) -> Vec<f32> {
        let lattice = density_lattice();
        let at = |x: [f64; 2]| {
            let [i, j] = [0, 1].map(|axis| {
                let place = ((x[axis] - lattice.origin[axis]) / lattice.step).round();
                place.clamp(0.0, (DENSITY_COUNT - 1) as f64) as usize
            });
            self.source.values()[i * DENSITY_COUNT + j]
        };
        let area = quadrature.source.cell_area();
        let rho = ascent.d_u[quadrature.batch.len()..].iter().map(|d| (d / area) as f32);
        quadrature.source.points().zip(rho).map(|(x, rho)| at(x) - rho).collect()
    }
}

fn field(lattice: &Lattice, values: Vec<f32>) -> Field {
    Field { origin: lattice.origin, spacing: lattice.step, count: lattice.count, values }
}

fn average(ascent: &Ascent<f64>, quadrature: &Quadrature, epsilon: f64, near: [f64; 2]) -> Average {
    let Quadrature { source, target, batch, .. } = quadrature;
    let far = |y: [f64; 2]| (y[0] - near[0]).hypot(y[1] - near[1]);
    let nearest = target.points().enumerate().min_by(|(_, a), (_, b)| far(*a).total_cmp(&far(*b)));
    let (k, y) = nearest.expect("a lattice has points");
    // h² / 2πε e^(−L), with which the shares add up to 1.
    let log_normaliser = (source.cell_area() / (std::f64::consts::TAU * epsilon)).ln() - ascent.heat[k];
    let share = |(x, u): ([f64; 2], &f64)| {
        let squared = (x[0] - y[0]).powi(2) + (x[1] - y[1]).powi(2);
        (u - squared / (2.0 * epsilon) + log_normaliser).exp() as f32
    };
    let weights = source.points().zip(&ascent.u[batch.len()..]).map(share).collect();
    Average { y, weights: field(source, weights), transform: epsilon * ascent.transformed.goal[k] }
}
