//! `flowsketch reproduce`: the figures of the paper, learned and exact.

use crate::arguments::{Figure as Which, Reproduce};
use crate::backend::Backend;
use crate::failure::Failure;
use crate::figures::{Figure, Panel, Row, Subject, count, short, time};
use crate::output::{Output, say};
use crate::samples::samples;
use crate::solve::{recipe, truth};
use crate::training::{Trained, train};
use crate::{figures, measures};
use flowsketch_core::config::Config;
use flowsketch_core::evaluation::flow_distance;
use flowsketch_core::explore::STILLS;
use flowsketch_core::gaussian::{self, Moments};
use flowsketch_core::headless::ExactReference;
use flowsketch_core::lattice::Lattice;
use flowsketch_core::measure::{Density, Preset, Target, density_lattice};
use flowsketch_core::potentials::{Pair, SecondPotential};
use flowsketch_files::fields::flow;
use serde_json::{Value, json};
use std::io::Write;

/// The exact and the learned flow of one source, and their measures.
struct Solved {
    truth: ExactReference,
    exact: Pair,
    learned: Pair,
    trained: Trained,
    measures: Value,
}

/// Makes the figure and writes it, with the numbers in it as JSON.
///
/// # Errors
/// A sentence: bad input, or what failed.
pub fn run(arguments: &Reproduce) -> Result<(), Failure> {
    let config = arguments.training.config(arguments.epsilon)?;
    let name = arguments.figure.name();
    let [picture, json] = ["png", "json"].map(|ending| format!("{name}.{ending}"));
    let mut output = Output::prepare(&arguments.out, &[&picture, &json])?;
    let backend = Backend::choose(&arguments.training)?;
    let solve = |density: &Density, name: &str| -> Result<Solved, Failure> {
        let mut truth = truth(density, None, &config)?;
        let trained = train(&backend, config.clone(), density, Target::Normal, &arguments.training, name)?;
        let learned = trained.tabulation.pair(SecondPotential::Transform);
        let measures =
            measures::learned(&mut truth, &trained.measurement, &trained.tabulation, SecondPotential::Transform);
        Ok(Solved { exact: truth.exact.pair(), learned, measures, truth, trained })
    };
    let (figure, numbers) = match arguments.figure {
        Which::Figure1 => figure1(&solve(&Preset::Checkerboard.density(), "checkerboard")?, &backend),
        Which::Figure2 => figure2(&config, &backend, solve)?,
        Which::Gaussians => gaussians(&config, &backend, solve)?,
    };
    measures::finite(&numbers)?;
    let numbers = json!({
        "figure": name,
        "epsilon": config.epsilon,
        "seed": config.seed,
        "recipe": recipe(&config),
        "machine": { "backend": backend.kind(), "adapter": backend.name() },
        "panels": numbers,
    });
    output.write(&picture, |file| figure.write(file))?;
    output.write(&json, |file| writeln!(file, "{numbers:#}"))?;
    output.keep()?;
    let [picture, json] = [picture, json].map(|name| arguments.out.join(name));
    say!("Written: {} and {}.", picture.display(), json.display())?;
    Ok(())
}

fn learned_note(trained: &Trained, backend: &Backend) -> String {
    format!(
        "{} evaluations in {} on {}",
        count(trained.measurement.evaluations),
        figures::seconds(trained.seconds),
        backend.name()
    )
}

/// The flow of the checkerboard at t = 0, 1/3, 2/3, 1.
fn figure1(solved: &Solved, backend: &Backend) -> (Figure, Value) {
    let lattice = solved.truth.lattice;
    let mut numbers = vec![];
    let [mut learned, mut exact] = [vec![], vec![]];
    for t in STILLS {
        let [found, truth] = [&solved.learned, &solved.exact].map(|pair| flow(pair, t));
        let [l1, velocity] = flow_distance(&solved.learned.lattice, &found, &truth);
        let energy = kinetic_energy(&lattice, &truth);
        numbers.push(json!({ "t": t, "l1_rho": l1, "velocity_error": velocity, "kinetic_energy": energy }));
        let captions = vec![format!("l1_rho {}", short(l1)), format!("velocity_error {}", short(velocity))];
        learned.push(Panel { subject: Subject::Flow(lattice, found, true), captions });
        let captions = vec![format!("½ ∫ |v|² ρ = {}", short(energy))];
        exact.push(Panel { subject: Subject::Flow(lattice, truth, true), captions });
    }
    let solution = &solved.truth.exact.solution;
    let figure = Figure {
        title: format!("Checkerboard to Normal, ε = {}: log ρ and v, learned and exact", solved.exact.epsilon),
        notes: vec![
            format!(
                "learned: kl_source {}, gap {} after {}",
                short(solved.trained.measurement.metrics.kl_source),
                short(solved.measures["gap"].as_f64().unwrap_or(f64::NAN)),
                learned_note(&solved.trained, backend)
            ),
            format!("exact: marginal_source {} after {} sweeps of Sinkhorn", short(solution.error), solution.sweeps),
        ],
        columns: STILLS.map(time).into(),
        rows: vec![Row { label: "learned".into(), panels: learned }, Row { label: "exact".into(), panels: exact }],
        side: 460,
    };
    (figure, json!({ "flow": numbers, "learned": solved.measures, "seconds": solved.trained.seconds }))
}

/// Eight data sets: the density, the learned ρ_0, and samples.
fn figure2(
    config: &Config,
    backend: &Backend,
    solve: impl Fn(&Density, &str) -> Result<Solved, Failure>,
) -> Result<(Figure, Value), Failure> {
    let presets = Preset::ALL.into_iter().filter(|&preset| preset != Preset::Gaussian);
    let [mut truths, mut learned, mut points] = [vec![], vec![], vec![]];
    let (mut columns, mut numbers) = (vec![], vec![]);
    let (mut seconds, mut evaluations) = (0.0, 0);
    for preset in presets {
        let density = preset.density();
        let solved = solve(&density, preset.name())?;
        let lattice = solved.truth.lattice;
        let (sample, distance) = samples(&solved.learned, &density, &Target::Normal, config.seed);
        let log = |&p: &f64| [if p > 0.0 { p.ln() as f32 } else { -1e30 }, 0.0, 0.0];
        let source = solved.truth.source.iter().map(log).collect();
        truths.push(Panel { subject: Subject::Flow(lattice, source, false), captions: vec![] });
        let l1 = worst(&solved.measures["l1_rho"]);
        let kl = solved.trained.measurement.metrics.kl_source;
        let captions = vec![format!("kl_source {}", short(kl)), format!("l1_rho ≤ {}", short(l1))];
        let found = flow(&solved.learned, 0.0);
        learned.push(Panel { subject: Subject::Flow(lattice, found, false), captions });
        points.push(Panel {
            subject: Subject::Points(sample),
            captions: vec![format!("energy_distance {}", short(distance))],
        });
        let mut of_set = solved.measures.clone();
        of_set["energy_distance"] = json!(distance);
        numbers.push(json!({
            "source": preset.name(),
            "seconds": solved.trained.seconds,
            "evaluations": solved.trained.measurement.evaluations,
            "measures": of_set,
        }));
        columns.push(preset.name().to_string());
        seconds += solved.trained.seconds;
        evaluations = solved.trained.measurement.evaluations;
    }
    let figure = Figure {
        title: format!("Eight data sets, ε = {}: the density, what was learned of it, and samples", config.epsilon),
        notes: vec![format!(
            "each after {} evaluations, {} in all on {}; samples: 1000 points of the Normal, flowed back",
            count(evaluations),
            figures::seconds(seconds),
            backend.name()
        )],
        columns,
        rows: vec![
            Row { label: "true log density".into(), panels: truths },
            Row { label: "learned log ρ₀".into(), panels: learned },
            Row { label: "samples".into(), panels: points },
        ],
        side: 330,
    };
    Ok((figure, Value::Array(numbers)))
}

/// The largest of the values of an object.
fn worst(values: &Value) -> f64 {
    values.as_object().into_iter().flatten().filter_map(|(_, value)| value.as_f64()).fold(0.0, f64::max)
}

/// A Gaussian of variances 1 and 0.01, turned by 30°: the W2 geodesic, and the entropic interpolation in closed form,
/// by Sinkhorn and learned.
fn gaussians(
    config: &Config,
    backend: &Backend,
    solve: impl Fn(&Density, &str) -> Result<Solved, Failure>,
) -> Result<(Figure, Value), Failure> {
    let (sin, cos) = (std::f64::consts::PI / 6.0).sin_cos();
    let [long, thin] = [1.0, 0.01];
    let covariance =
        [long * cos * cos + thin * sin * sin, (long - thin) * sin * cos, long * sin * sin + thin * cos * cos];
    let moments = Moments { mean: [0.0; 2], covariance };
    let values = density_lattice().points().map(|x| gaussian::density(&moments, x) as f32).collect();
    let density = Density::new(values).map_err(|error| Failure::Run(error.to_string()))?;
    let solved = solve(&density, "gaussian")?;
    let lattice = solved.truth.lattice;
    let times = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
    let mut rows: [Vec<Panel>; 4] = Default::default();
    let mut numbers = vec![];
    for t in times {
        let closed = closed_form(&moments, config.epsilon, t, &lattice);
        let geodesic = closed_form(&moments, 0.0, t, &lattice);
        let [exact, learned] = [&solved.exact, &solved.learned].map(|pair| flow(pair, t));
        let [exact_l1, learned_l1] =
            [&exact, &learned].map(|flow| flow_distance(&solved.exact.lattice, flow, &closed)[0]);
        let widths = |epsilon: f64| {
            let [xx, xy, yy] = gaussian::bridge(&moments, epsilon, t).covariance;
            let (middle, half) = (0.5 * (xx + yy), (0.25 * (xx - yy).powi(2) + xy * xy).sqrt());
            [middle + half, (middle - half).max(0.0)].map(f64::sqrt)
        };
        let deviations = |[long, thin]: [f64; 2]| format!("deviations {long:.2}, {thin:.2}");
        numbers.push(json!({
            "t": t,
            "deviations_geodesic": widths(0.0),
            "deviations_entropic": widths(config.epsilon),
            "l1_exact": exact_l1,
            "l1_learned": learned_l1,
        }));
        let panels = [
            (geodesic, deviations(widths(0.0))),
            (closed, deviations(widths(config.epsilon))),
            (exact, format!("l1 to closed form {}", short(exact_l1))),
            (learned, format!("l1 to closed form {}", short(learned_l1))),
        ];
        for (row, (field, caption)) in rows.iter_mut().zip(panels) {
            row.push(Panel { subject: Subject::Flow(lattice, field, true), captions: vec![caption] });
        }
    }
    let labels = ["W2 geodesic", "entropic: closed form", "entropic: Sinkhorn", "entropic: learned"];
    let figure = Figure {
        title: format!("A nearly degenerate Gaussian to the Normal: without noise, and with ε = {}", config.epsilon),
        notes: vec![
            "top: optimal transport, ε = 0; below: the entropic interpolation, from its closed form, by Sinkhorn, and learned"
                .into(),
            format!("learned: {}", learned_note(&solved.trained, backend)),
        ],
        columns: times.iter().map(|&t| time(t)).collect(),
        rows: labels.iter().zip(rows).map(|(label, panels)| Row { label: label.to_string(), panels }).collect(),
        side: 380,
    };
    let numbers = json!({
        "covariance": { "xx": covariance[0], "xy": covariance[1], "yy": covariance[2] },
        "flow": numbers,
        "learned": solved.measures,
        "seconds": solved.trained.seconds,
    });
    Ok((figure, numbers))
}

/// (log ρ_t, v_x, v_y) of the interpolation from N(m, S) to the Normal; optimal transport for ε = 0.
pub fn closed_form(moments: &Moments, epsilon: f64, t: f64, lattice: &Lattice) -> Vec<[f32; 3]> {
    let at = gaussian::bridge(moments, epsilon, t);
    let point = |x| {
        let [v_x, v_y] = gaussian::bridge_velocity(moments, epsilon, t, x);
        [gaussian::density(&at, x).max(f64::MIN_POSITIVE).ln(), v_x, v_y].map(|c| c as f32)
    };
    lattice.points().map(point).collect()
}

/// ½ ∫ |v|² ρ.
fn kinetic_energy(lattice: &Lattice, flow: &[[f32; 3]]) -> f64 {
    let term = |[log_rho, x, y]: &[f32; 3]| 0.5 * f64::from(x * x + y * y) * f64::from(*log_rho).exp();
    flow.iter().map(term).sum::<f64>() * lattice.cell_area()
}
