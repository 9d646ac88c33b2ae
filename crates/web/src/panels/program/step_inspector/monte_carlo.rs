//! The stages of a step by the paper's recipe, drawn and put into words.

use super::canvas::Canvas;
use super::place;
use flowsketch_core::step_inspector::{ByDraws, Spread, StepTrace, UpdatedPotentials};
use flowsketch_web::number::{grouped, shown};

/// The lines of the algorithm in its order: one for both batches, four for φ (side 0), the same four for ψ (side 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Batches,
    Transform(usize),
    Value(usize),
    Pull(usize),
    Move(usize),
}

impl Stage {
    fn of(line: usize) -> Self {
        let stages = [Self::Transform, Self::Value, Self::Pull, Self::Move];
        if line == 0 { Self::Batches } else { stages[(line - 1) % 4]((line - 1) / 4) }
    }
}

/// Radius of the largest disc, pixels.
const LARGEST: f64 = 6.0;

/// Index of the line that shows the average of the same potential as `line`.
pub fn transform(line: usize) -> usize {
    if line < 5 { 1 } else { 5 }
}

/// Draws a line of the algorithm; returns the caption of its colours.
pub fn draw(canvas: &Canvas, line: usize, stages: &ByDraws) -> String {
    let ByDraws { batches, spreads, climbs } = stages;
    match Stage::of(line) {
        Stage::Batches => {
            canvas.points(&batches[0]);
            canvas.circles(&batches[1]);
            "Dots: points of the source. Circles: points of the target.".into()
        }
        Stage::Transform(side) => {
            let Spread { y, draws, shares, .. } = &spreads[side];
            let points = draws.iter().zip(shares).map(|(x, &share)| (x.map(f64::from), f64::from(share)));
            let most = canvas.shares(*y, points, LARGEST);
            format!(
                "The largest disc is {} of the mean; with equal weights each would be {}.",
                shown(most),
                shown(1.0 / draws.len() as f64)
            )
        }
        Stage::Value(side) => canvas.differences(&batches[1 - side], &climbs[side].excess, " units of cost"),
        Stage::Pull(side) => {
            let batch = batches[side].len() as f64;
            let climb = &climbs[side];
            let down = climb.draws.iter().zip(&climb.cotangents).map(|(x, &d)| (*x, -batch * f64::from(d)));
            canvas.cloud(batches[side].iter().map(|x| (*x, 1.0)).chain(down));
            format!("Warm: up; cold: down. Full colour: {}, the push of a point of the batch.", shown(1.0 / batch))
        }
        Stage::Move(side) => canvas.difference(&climbs[side].change, " units of cost"),
    }
}

/// What a line of the algorithm does, in words.
pub fn words(line: usize, trace: &StepTrace, stages: &ByDraws) -> String {
    let ByDraws { batches, spreads, climbs } = stages;
    let batch = grouped(batches[0].len() as u64);
    // Names for the potential that ascends, on `side`; the other is on side 1 − `side`.
    let name = |side: usize| ["φ", "ψ"][side];
    let value = |side: usize| ["J", "I"][side];
    let centre = |side: usize| ["y", "x"][side];
    match Stage::of(line) {
        Stage::Batches => {
            format!("{batch} fresh points of the source and {batch} of the target, each drawn by itself.")
        }
        Stage::Transform(side) => {
            let Spread { y, draws, transform, .. } = &spreads[side];
            let (centre, place, count) = (centre(side), place(*y), grouped(draws.len() as u64));
            let now = if side == 1 { "Now ψ in the same way. " } else { "" };
            format!(
                "{now}Around {centre} = {place} (the cross) lie {count} normal draws of variance ε, each with the \
                value e^({}/ε), shown by its disc. The mean of these gives the transform there, {} units of cost. \
                Choose another {centre} on the map, or with the arrow keys.",
                name(side),
                shown(*transform)
            )
        }
        Stage::Value(side) => {
            let (climb, other) = (&climbs[side], name(1 - side));
            let moved =
                if side == 1 && trace.updated != UpdatedPotentials::Psi { ", with the φ that has moved" } else { "" };
            format!(
                "By these points {} is {}. The penalty, {}, is α times the mean square of how far {other} is above {}’s \
                transform at the points {}{moved}, which the map shows.",
                value(side),
                shown(climb.value[0]),
                shown(climb.penalty[0]),
                name(side),
                centre(side)
            )
        }
        Stage::Pull(side) => {
            let whose = ["source", "target"][side];
            format!(
                "Each point of the {whose} pushes {} up, by 1 / {batch}; each draw pushes it down, by 1 / {batch} \
                times its share of its mean. The penalty changes the latter by a fraction of at most {}.",
                name(side),
                shown(climbs[side].pull)
            )
        }
        Stage::Move(0) if trace.updated == UpdatedPotentials::Psi => "This step leaves φ alone.".into(),
        Stage::Move(1) if trace.updated == UpdatedPotentials::Phi => "This step leaves ψ alone.".into(),
        Stage::Move(side) => {
            let change = |[before, after]: [f64; 2]| format!("{}, to {}", shown(after - before), shown(after));
            format!(
                "One optimiser step at learning rate {}: by these points {} changes by {}, and the penalty \
                by {}.",
                shown(trace.learning_rate),
                value(side),
                change(climbs[side].value),
                change(climbs[side].penalty)
            )
        }
    }
}
