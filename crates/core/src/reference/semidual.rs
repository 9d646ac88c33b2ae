//! Half a step of the paper's recipe: J(φ) or I(ψ) as estimated by the step's draws, and its gradient, a part of the
//! rows at a time.

use super::monte_carlo::{cotangent_of_batch, cotangent_of_draws, points_of_draws};
use super::potential::{Networks, add_backward, forward};
use crate::monte_carlo::MonteCarlo;
use crate::network::Side;
use crate::numeric::Real;
use crate::step_sampler::StepInputs;

/// Approximate number of rows evaluated at a time: their activations take some megabytes.
const PART: usize = 1_000;

/// The semi-dual of one potential with its penalty, evaluated row by row: the batch first, then the draws.
#[derive(Clone, Debug)]
pub struct Semidual<T> {
    /// The potential that is evaluated: the objective is J for φ and I for ψ.
    pub side: Side,
    /// The other potential at the centres of the draws, nats (B).
    pub at_centres: Vec<T>,
    /// All rows, world units.
    pub rows: Vec<[T; 2]>,
    /// The potential at the rows evaluated so far, nats.
    pub output: Vec<T>,
    /// Cotangent of the objective, −J/ε + α ε mean (w − φ^{c,ε}/ε)² for φ, with respect to `output`.
    pub d_output: Vec<T>,
    /// The terms whose sum is J/ε or I/ε: those of the batch, then those of the transform.
    pub terms: Vec<T>,
    /// Gradient of the objective with respect to the weights.
    pub d_theta: Vec<T>,
}

impl<T: Real> Semidual<T> {
    /// With no row evaluated yet.
    pub fn new(networks: &Networks<'_, T>, step: &StepInputs, points: &MonteCarlo, side: Side) -> Self {
        let Networks { shape, activation, pair } = networks;
        let centres: Vec<[T; 2]> =
            points.batches[side.other()].iter().map(|x| x.map(|c| T::of(f64::from(c)))).collect();
        Self {
            side,
            at_centres: forward(shape, pair[side.other()], *activation, &step.base[side.other()], &centres).0,
            rows: points_of_draws(points, side, step.epsilon),
            output: vec![],
            d_output: vec![],
            terms: vec![],
            d_theta: vec![T::zero(); shape.len],
        }
    }

    /// Evaluates some more rows, with their part of the gradient if `gradient`; returns whether some are left. The
    /// division into parts does not change the bits of the result.
    pub fn advance(
        &mut self,
        networks: &Networks<'_, T>,
        step: &StepInputs,
        points: &MonteCarlo,
        gradient: bool,
    ) -> bool {
        let Networks { shape, activation, pair } = networks;
        let (side, batch, done) = (self.side, points.batch(), self.output.len());
        let part = if done == 0 { batch } else { (PART / points.draws).max(1) * points.draws };
        let rows = &self.rows[done..self.rows.len().min(done + part)];
        let network = pair[side];
        let (output, activations) = forward(shape, network, *activation, &step.base[side], rows);
        let (d_output, terms) = if done == 0 {
            cotangent_of_batch(points, &output)
        } else {
            let first = (done - batch) / points.draws;
            cotangent_of_draws(points, side, step.epsilon, first, &output, &self.at_centres)
        };
        if gradient {
            // The penalty depends on a constant added to the potential, so the output's bias has a gradient.
            add_backward(shape, network, &activations, &d_output, true, &mut self.d_theta);
        }
        self.output.extend(output);
        self.d_output.extend(d_output);
        self.terms.extend(terms);
        self.output.len() < self.rows.len()
    }

    /// The share of the rows that has been evaluated.
    pub fn share(&self) -> f64 {
        self.output.len() as f64 / self.rows.len() as f64
    }

    /// J/ε or I/ε, once all rows are evaluated.
    pub fn value(&self) -> T {
        self.terms.iter().copied().sum()
    }

    /// The transform at the centres, nats (B): φ^{c,ε}/ε, or ψ^{c,ε}/ε.
    pub fn transform(&self) -> impl Iterator<Item = T> {
        let batch = self.at_centres.len();
        self.terms[batch..].iter().map(move |&term| T::of(batch as f64) * term)
    }

    /// The other potential minus the transform at the centres, nats (B); the penalty is α times its mean square (in
    /// units of cost).
    pub fn excess(&self) -> impl Iterator<Item = T> {
        self.at_centres.iter().zip(self.transform()).map(|(&other, transform)| other - transform)
    }
}
