//! The stages of a step by quadrature, drawn and put into words.

use super::canvas::Canvas;
use super::place;
use flowsketch_core::step_inspector::{Average, ByLattices, StepTrace, UpdatedPotentials};
use flowsketch_web::number::{grouped, shown};

/// Index of the line that shows an average.
pub const TRANSFORM: usize = 2;

/// The lines of the algorithm, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Batch,
    Potential,
    Transform,
    Slope,
    MovePhi,
    Miss,
    MovePsi,
}

const STAGES: [Stage; 7] =
    [Stage::Batch, Stage::Potential, Stage::Transform, Stage::Slope, Stage::MovePhi, Stage::Miss, Stage::MovePsi];

/// Draws a line of the algorithm; returns the caption of its colours.
pub fn draw(canvas: &Canvas, line: usize, stages: &ByLattices) -> String {
    match STAGES[line] {
        Stage::Batch => {
            canvas.points(&stages.batch);
            "Dots: the points.".into()
        }
        Stage::Potential => canvas.level(&stages.phi),
        Stage::Transform => {
            let Average { y, weights, weights_of_batch, .. } = &stages.average;
            canvas.average(*y, weights, &stages.batch, weights_of_batch)
        }
        Stage::Slope => canvas.difference_with(&stages.slope, &stages.batch, &stages.slope_of_batch),
        Stage::MovePhi => canvas.difference(&stages.phi_change, " units of cost"),
        Stage::Miss => canvas.difference(&stages.miss, " units of cost"),
        Stage::MovePsi => canvas.difference(&stages.psi_change, " units of cost"),
    }
}

/// What a line of the algorithm does, in words.
pub fn words(line: usize, trace: &StepTrace, stages: &ByLattices) -> String {
    match STAGES[line] {
        Stage::Batch => {
            format!("{} fresh points of the source, spread evenly over its mass.", grouped(stages.batch.len() as u64))
        }
        Stage::Potential => {
            let nodes = grouped(stages.phi.values.len() as u64);
            format!(
                "φ at the points, and at {nodes} nodes of a lattice that is shifted at random in each step. Together they are \
                the nodes of one sum: the points resolve the source, the lattice notices mass beside it."
            )
        }
        Stage::Transform => {
            let Average { y, transform, .. } = &stages.average;
            format!(
                "At y = {} (the cross) each point and node has a weight, shown by its disc: e^(φ/ε), times a Gaussian \
                of its distance to y, times the area it represents, which is small where nodes are dense. Their sum \
                gives the transform there, {} units of cost. Choose another y on the map, or with the arrow keys.",
                place(*y),
                shown(*transform)
            )
        }
        Stage::Slope => {
            "Where the source has more mass than the flow at t = 0, φ should rise; where it has less, fall. Squares \
            are nodes of the lattice, dots the points."
                .into()
        }
        Stage::MovePhi if trace.updated == UpdatedPotentials::Psi => "This step leaves φ alone.".into(),
        Stage::MovePhi => {
            let [before, after] = stages.dual.map(shown);
            let rate = shown(trace.learning_rate);
            format!("One optimiser step at learning rate {rate}: J at these points goes from {before} to {after}.")
        }
        Stage::Miss => {
            "How far ψ is below the transform of φ: what its network is fitted to, at the nodes of the second lattice."
                .into()
        }
        Stage::MovePsi if trace.updated == UpdatedPotentials::Phi => "This step leaves ψ alone.".into(),
        Stage::MovePsi => {
            let [before, after] = stages.loss.map(shown);
            format!("The mean square of what ψ misses, in nats², goes from {before} to {after}.")
        }
    }
}
