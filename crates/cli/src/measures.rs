//! The measures of error, by name.

use crate::failure::Failure;
use flowsketch_core::audit::{Completion, Findings, TIMES};
use flowsketch_core::cpu::products::HeatProducts;
use flowsketch_core::headless::Truth;
use flowsketch_core::metrics::{Metrics, Recovery, measure};
use flowsketch_core::session::Report;
use flowsketch_files::fields::Pair;
use serde_json::{Map, Value, json};

/// Of a learned flow against the exact one.
pub fn learned(truth: &mut Truth, report: &Report, recovery: &Recovery, completion: Completion) -> Value {
    let findings = truth.audit(recovery, completion);
    let (metrics, dual) = match completion {
        Completion::Transform => (report.metrics, report.metrics.dual),
        Completion::Network => {
            let pair = Pair::learned(&truth.lattice, recovery, completion);
            let metrics = metrics_of(truth, &pair, recovery.clone());
            (metrics, dual(truth, &pair, metrics.mass))
        }
    };
    json!({
        "kl_source": metrics.kl_source,
        "tv_source": metrics.tv_source,
        "mass": metrics.mass,
        "marginal_source": findings.marginal_source,
        "marginal_target": findings.marginal_target,
        "l1_rho": by_time(&findings.l1_rho),
        "velocity_error": by_time(&findings.velocity_error),
        "dual": dual,
        "optimum": findings.optimum,
        "gap": findings.optimum - dual,
        "continuity": findings.continuity,
        "maximality_phi": report.metrics.maximality_phi,
        "maximality_psi": findings.maximality_psi,
    })
}

/// Of the exact flow: how well it solves what defines it.
pub fn exact(truth: &mut Truth) -> Value {
    let pair = Pair::exact(&truth.lattice, &truth.exact);
    let single = |field: &[f64]| field.iter().map(|&value| value as f32).collect::<Vec<f32>>();
    let (u, w) = (single(&pair.u), single(&pair.w));
    let recovery = Recovery { epsilon: pair.epsilon, u, psi: w.clone(), w, log_rho_0: vec![] };
    let metrics = metrics_of(truth, &pair, recovery.clone());
    let Findings { marginal_source, marginal_target, optimum, continuity, maximality_psi, .. } =
        truth.audit(&recovery, Completion::Transform);
    let dual = dual(truth, &pair, metrics.mass);
    json!({
        "kl_source": metrics.kl_source,
        "tv_source": metrics.tv_source,
        "mass": metrics.mass,
        "marginal_source": marginal_source,
        "marginal_target": marginal_target,
        "dual": dual,
        "optimum": optimum,
        "continuity": continuity,
        "maximality_psi": maximality_psi,
        "sweeps": truth.exact.solution.sweeps,
    })
}

/// The measures of ρ_0 of `pair`, which `recovery` need not know.
fn metrics_of(truth: &Truth, pair: &Pair, mut recovery: Recovery) -> Metrics {
    let heat_w = HeatProducts::new(&pair.lattice, pair.epsilon).average(&pair.w);
    recovery.log_rho_0 = pair.u.iter().zip(&heat_w).map(|(u, heat)| (u + heat) as f32).collect();
    measure(&truth.lattice, &truth.source, &recovery)
}

/// D(φ, ψ) = E[φ] + E[ψ] − ε (∬γ − 1), units of cost; `mass` is log ∬γ.
fn dual(truth: &Truth, pair: &Pair, mass: f64) -> f64 {
    let mean = |density: &[f64], f: &[f64]| {
        let terms = density.iter().zip(f).map(|(p, f)| if *p > 0.0 { p * f } else { 0.0 });
        terms.sum::<f64>() * pair.lattice.cell_area()
    };
    pair.epsilon * (mean(&truth.source, &pair.u) + mean(&truth.target, &pair.w) - (mass.exp() - 1.0))
}

fn by_time(values: &[f64; 3]) -> Value {
    Value::Object(TIMES.iter().zip(values).map(|(t, value)| (t.to_string(), json!(value))).collect::<Map<_, _>>())
}

/// `l1_rho` and `velocity_error` of a flow against another at one time; ρ of the first is made to have mass 1.
pub fn distance(pair: &Pair, flow: &[[f32; 3]], exact: &[[f32; 3]]) -> [f64; 2] {
    let rho = |point: &[f32; 3]| f64::from(point[0]).exp();
    let mass = flow.iter().map(rho).sum::<f64>() * pair.lattice.cell_area();
    let (mut l1, mut miss, mut scale) = (0.0, 0.0, 0.0);
    for (a, b) in flow.iter().zip(exact) {
        let weight = rho(b);
        l1 += (rho(a) / mass - weight).abs();
        miss += weight * f64::from((a[1] - b[1]).powi(2) + (a[2] - b[2]).powi(2));
        scale += weight * f64::from(b[1].powi(2) + b[2].powi(2));
    }
    [l1 * pair.lattice.cell_area(), miss / scale]
}

/// Refuses a result with a number that is not one: JSON would call it null.
pub fn finite(value: &Value) -> Result<(), Failure> {
    let fine = match value {
        Value::Null => false,
        Value::Array(values) => values.iter().all(|value| finite(value).is_ok()),
        Value::Object(entries) => entries.values().all(|value| finite(value).is_ok()),
        _ => true,
    };
    if fine {
        Ok(())
    } else {
        Err(Failure::Run("The result has numbers that are not finite; nothing was written.".into()))
    }
}
