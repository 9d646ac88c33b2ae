//! The paper's estimate of both transforms, from N fresh draws around each of B points, and its cotangents.
//!
//! For φ: x_b of the source, y_k of the Normal, draws x_ki = y_k + √ε ξ_ki. J/ε is estimated by
//! mean_b u(x_b) + mean_k (log p_N(y_k) − L_k) with L_k = log mean_i e^{u(x_ki)} ≈ log H_ε\[e^u\](y_k), and φ descends
//! −J/ε + α ε mean_k (w(y_k) − (log p_N(y_k) − L_k))². For ψ all roles are exchanged: I/ε, log p_D, draws
//! y_bi = x_b + √ε ξ_bi. Everything is in nats: α ‖ψ − φ^{c,ε}‖², in units of cost squared, is α ε² ‖·‖² in nats, and
//! the objective is divided by ε.
//!
//! A side has B (N + 1) rows: its own batch, then the draws, grouped by the point around which they are. Unlike by
//! quadrature there is no mask: draws may be anywhere.

use crate::monte_carlo::{Group, MonteCarlo, draw};
use crate::network::Side;
use crate::numeric::Real;

/// The points of all rows of a side, world units.
pub fn points_of_draws<T: Real>(step: &MonteCarlo, side: Side, epsilon: f64) -> Vec<[T; 2]> {
    let batch = step.batches[side].iter().map(|x| x.map(|c| T::of(f64::from(c))));
    let groups = 0..step.batch();
    batch.chain(groups.flat_map(|k| (0..step.draws).map(move |i| draw(step, side, epsilon, k, i)))).collect()
}

/// Cotangent of the objective with respect to `output` (rows), and the terms (2 B) that add up to J/ε or I/ε: those of
/// the batch, then those of the transform. `other` (B) is the other potential at the centres of the draws.
///
/// −1/B at a point of the batch; at a draw its softmax weight times (1 + 2 α ε d_k) / B,
/// d_k = w(y_k) + L_k − log p_N(y_k).
pub fn cotangent_monte_carlo<T: Real>(
    step: &MonteCarlo,
    side: Side,
    epsilon: f64,
    output: &[T],
    other: &[T],
) -> (Vec<T>, Vec<T>) {
    let (batch, draws) = output.split_at(step.batch());
    let (mut d_output, mut terms) = cotangent_of_batch(step, batch);
    let (d_draws, transforms) = cotangent_of_draws(step, side, epsilon, 0, draws, other);
    d_output.extend(d_draws);
    terms.extend(transforms);
    (d_output, terms)
}

/// Cotangents and terms at the rows of the batch.
pub fn cotangent_of_batch<T: Real>(step: &MonteCarlo, output: &[T]) -> (Vec<T>, Vec<T>) {
    let share = T::one() / T::of(step.batch() as f64);
    output.iter().map(|&u| (-share, share * u)).unzip()
}

/// Cotangents at the draws of whole groups, from group `first` on, and one term for each group.
pub fn cotangent_of_draws<T: Real>(
    step: &MonteCarlo,
    side: Side,
    epsilon: f64,
    first: usize,
    output: &[T],
    other: &[T],
) -> (Vec<T>, Vec<T>) {
    let share = T::one() / T::of(step.batch() as f64);
    let (mut d_output, mut terms) = (vec![], vec![]);
    for (k, draws) in (first..).zip(output.chunks_exact(step.draws)) {
        let log_density = T::of(f64::from(step.log_densities[side.other()][k]));
        let group = Group::new(step, epsilon, draws, other[k], log_density);
        d_output.extend(draws.iter().map(|&u| group.cotangent(u)));
        terms.push(share * group.transform);
    }
    (d_output, terms)
}
