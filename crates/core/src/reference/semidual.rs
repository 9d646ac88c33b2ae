//! Half a step of the paper's recipe: J of φ or I of ψ by the step's draws, and its gradient, some of the rows at a time.

use super::monte_carlo::{cotangent_of_batch, cotangent_of_draws, points_of_draws};
use super::potential::{Networks, add_backward, forward};
use crate::monte_carlo::MonteCarlo;
use crate::network::Side;
use crate::numeric::Real;
use crate::step_sampler::StepInputs;

/// Rows evaluated at a time: what a backward pass needs of them are some megabytes.
const PART: usize = 1_000;

/// The semi-dual of one potential with its penalty, as far as its rows are evaluated: the batch first, then the draws.
#[derive(Clone, Debug)]
pub struct Semidual<T> {
    pub side: Side,
    /// The other potential at the centres of the draws, nats (B).
    pub at_centres: Vec<T>,
    /// All rows, world units.
    pub rows: Vec<[T; 2]>,
    /// The potential at those evaluated, nats.
    pub output: Vec<T>,
    /// Cotangent of the objective, −J/ε + α ε mean (w − φ^{c,ε}/ε)² for φ, with respect to `output`.
    pub d_output: Vec<T>,
    /// What adds up to J/ε or I/ε: of the batch, then of the transform.
    pub terms: Vec<T>,
    /// Gradient of the objective.
    pub d_theta: Vec<T>,
}

impl<T: Real> Semidual<T> {
    /// Before the first row.
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

    /// Evaluates some more rows, with their part of the gradient if `gradient`; whether some are left. However they are
    /// parted, the bits are the same.
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
            // The penalty depends on a constant added to the potential, and with it the output's bias counts.
            add_backward(shape, network, &activations, &d_output, true, &mut self.d_theta);
        }
        self.output.extend(output);
        self.d_output.extend(d_output);
        self.terms.extend(terms);
        self.output.len() < self.rows.len()
    }

    /// The share of the rows that are evaluated.
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

    /// How far the other potential is above the transform at the centres, nats (B): the penalty is α of its mean square.
    pub fn excess(&self) -> impl Iterator<Item = T> {
        self.at_centres.iter().zip(self.transform()).map(|(&other, transform)| other - transform)
    }
}
