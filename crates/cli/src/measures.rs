//! The measures of error, by name.

use crate::failure::Failure;
use flowsketch_core::evaluation::{dual_value, log_rho_0};
use flowsketch_core::exact::audit::AuditMetrics;
use flowsketch_core::exact::flow::TIMES;
use flowsketch_core::headless::ExactReference;
use flowsketch_core::measure::normal_density;
use flowsketch_core::metrics::{Measurement, Metrics, measure};
use flowsketch_core::potentials::{Pair, SecondPotential, TabulatedPotentials};
use serde_json::{Map, Value, json};

/// The measures of a learned flow against the exact one.
pub fn learned(
    truth: &mut ExactReference,
    measurement: &Measurement,
    tabulation: &TabulatedPotentials,
    second_potential: SecondPotential,
) -> Value {
    let findings = truth.audit(tabulation, second_potential);
    let (metrics, dual) = match second_potential {
        SecondPotential::Transform => (measurement.metrics, measurement.metrics.dual),
        SecondPotential::Network => {
            let pair = tabulation.pair(second_potential);
            let metrics = metrics_of(truth, &pair, tabulation.clone());
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
        "maximality_phi": measurement.metrics.maximality_phi,
        "maximality_psi": findings.maximality_psi,
    })
}

/// The measures of the exact flow: how well it satisfies the equations that define it.
pub fn exact(truth: &mut ExactReference) -> Value {
    let pair = truth.exact.pair();
    let single = |field: &[f64]| field.iter().map(|&value| value as f32).collect::<Vec<f32>>();
    let (u, w) = (single(&pair.u), single(&pair.w));
    let tabulation = TabulatedPotentials { epsilon: pair.epsilon, u, psi: w.clone(), w, log_rho_0: vec![] };
    let metrics = metrics_of(truth, &pair, tabulation.clone());
    let AuditMetrics { marginal_source, marginal_target, optimum, continuity, maximality_psi, .. } =
        truth.audit(&tabulation, SecondPotential::Transform);
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

/// The measures of ρ_0 of `pair`, whatever ρ_0 `tabulation` has.
fn metrics_of(truth: &ExactReference, pair: &Pair, mut tabulation: TabulatedPotentials) -> Metrics {
    tabulation.log_rho_0 = log_rho_0(&pair.lattice, pair.epsilon, [&pair.u, &pair.w]);
    measure(&truth.lattice, &truth.source, &normal_density(&truth.lattice), &tabulation)
}

/// The dual value of `pair`; `mass` is log ∬γ.
fn dual(truth: &ExactReference, pair: &Pair, mass: f64) -> f64 {
    dual_value(&pair.lattice, pair.epsilon, [&truth.source, &truth.target], [&pair.u, &pair.w], mass)
}

fn by_time(values: &[f64; 3]) -> Value {
    Value::Object(TIMES.iter().zip(values).map(|(t, value)| (t.to_string(), json!(value))).collect::<Map<_, _>>())
}

/// Refuses a result with a number that is not finite, which is null in JSON.
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
