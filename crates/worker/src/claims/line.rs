//! Quantities of the flow on a line that a lesson's figure shows.

use super::situation::Situation;
use flowsketch_core::explore::on_a_line::{COUNT, Form, HALF_WIDTH, LineFlow, place, source};

/// The names of all quantities; docs/lessons.md says what each is.
pub const NAMES: [&str; 10] = [
    "line_explained",
    "line_deviation",
    "line_disagreement",
    "line_error",
    "line_formula",
    "line_goes",
    "line_iterations",
    "line_paths",
    "line_spread",
    "line_transform",
];

/// Largest distance of a marginal, in L1, that is called exact.
const TOLERANCE: f64 = 1e-4;
/// Most half-steps.
const MOST: u32 = 4_000;
/// Times of a path.
const TIMES: usize = 25;

/// The value of a quantity: `line` names the source, `x` is a place, `halves` a number of half-steps from φ = ψ = 0, `printed` asks
/// for a formula as the paper prints it, and all other arguments change the situation, of which only ε and t count.
pub fn value(name: &str, arguments: &[(String, String)], situation: &Situation) -> Result<f64, String> {
    let (mut changed, mut density, mut x, mut halves) = (situation.clone(), None, None, None);
    let mut form = Form::Verified;
    for (argument, value) in arguments {
        let number = || value.parse::<f64>().map_err(|_| format!("{argument} must be a number, not {value}"));
        match argument.as_str() {
            "line" => density = Some(source(value).ok_or_else(|| format!("{value} is no source on a line"))?),
            "x" => x = Some(number()?),
            "printed" => form = Form::Printed,
            "halves" => halves = Some(number()? as u32),
            _ => changed = changed.changed(argument, value)?,
        }
    }
    let density = density.ok_or_else(|| format!("{name} needs a source, line="))?;
    let mut flow = LineFlow::new(&density, changed.epsilon()).ok_or("The source has no mass")?;
    if name == "line_disagreement" {
        (0..halves.unwrap_or(0)).for_each(|_| flow.penalty_step(form));
        return Ok(flow.disagreement());
    }
    let largest = |flow: &LineFlow| flow.errors().into_iter().fold(0.0, f64::max);
    while halves.map_or(largest(&flow) > TOLERANCE, |halves| flow.halves() < halves) && flow.halves() < MOST {
        flow.half_step();
    }
    Ok(match name {
        "line_explained" => flow.explained_share(),
        "line_error" => largest(&flow),
        "line_paths" => flow.path_error(&flow.paths(TIMES, form)),
        "line_transform" => flow.transformed(form).errors()[1],
        "line_deviation" => flow.deviation(changed.time()),
        "line_formula" => flow.gaussian_bridge(changed.time(), form)[1],
        "line_iterations" => f64::from(flow.halves().div_ceil(2)),
        _ => {
            let x = x.ok_or_else(|| format!("{name} needs a place, x"))?;
            if x.abs() >= HALF_WIDTH {
                return Err("The place is not on the line".into());
            }
            let nearest = |a: &usize, b: &usize| (place(*a) - x).abs().total_cmp(&(place(*b) - x).abs());
            let row = flow.row((0..COUNT).min_by(nearest).expect("there are cells"));
            let mean = |f: &dyn Fn(f64) -> f64| {
                row.iter().enumerate().map(|(y, share)| share * f(place(y))).sum::<f64>() / row.iter().sum::<f64>()
            };
            let goes = mean(&|y| y);
            if name == "line_goes" { goes } else { mean(&|y| (y - goes).powi(2)).sqrt() }
        }
    })
}
