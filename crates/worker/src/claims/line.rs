//! Quantities of the flow on a line that a lesson's figure shows.

use super::situation::Situation;
use flowsketch_core::explore::on_a_line::{Form, HALF_WIDTH, LineFlow, MOST_HALVES, cell_at, source};

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

/// The value of a quantity: `line` names the source, `x` is a place, `halves` a number of half-steps from φ = ψ = 0,
/// `printed=1` asks for a formula as the paper prints it, and all other arguments change the situation, of which only ε
/// and t count.
pub fn value(name: &str, arguments: &[(String, String)], situation: &Situation) -> Result<f64, String> {
    let (mut changed, mut density, mut x, mut halves) = (situation.clone(), None, None, None);
    let mut form = Form::Verified;
    for (argument, value) in arguments {
        let number = || value.parse::<f64>().map_err(|_| format!("{argument} must be a number, not {value}"));
        match argument.as_str() {
            "line" => density = Some(source(value).ok_or_else(|| format!("{value} is no source on a line"))?),
            "x" => x = Some(number()?),
            "printed" if value == "1" => form = Form::Printed,
            "printed" => return Err(format!("printed must be 1, not {value}")),
            "halves" => halves = Some((number()? as u32).min(MOST_HALVES)),
            _ => changed = changed.changed(argument, value)?,
        }
    }
    let density = density.ok_or_else(|| format!("{name} needs a source, line="))?;
    let mut flow = LineFlow::new(&density, changed.epsilon()).ok_or("The source has no mass")?;
    if name == "line_disagreement" {
        (0..halves.unwrap_or(0)).for_each(|_| flow.penalty_step(form));
        return Ok(flow.disagreement());
    }
    while flow.halves() < halves.unwrap_or(MOST_HALVES) && !(halves.is_none() && flow.is_solved()) {
        flow.half_step();
    }
    Ok(match name {
        "line_explained" => flow.explained_share(),
        "line_error" => flow.error(),
        "line_paths" => flow.path_error(&flow.paths(form)),
        "line_transform" => flow.transformed(form).errors()[1],
        "line_deviation" => flow.deviation(changed.time()),
        "line_formula" => flow.gaussian_bridge(changed.time(), form)[1],
        "line_iterations" => f64::from(flow.halves().div_ceil(2)),
        _ => {
            let x = x.ok_or_else(|| format!("{name} needs a place, x"))?;
            if x.abs() >= HALF_WIDTH {
                return Err("The place is not on the line".into());
            }
            let [mean, deviation] = flow.partners(cell_at(x)).ok_or("The partners have no mass")?;
            if name == "line_goes" { mean } else { deviation }
        }
    })
}
