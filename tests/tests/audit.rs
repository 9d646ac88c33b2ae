//! The measures against the exact flow: zero for the exact flow, and of known size for known errors. No GPU.

use flowsketch_core::exact::audit::{Audit, AuditMetrics};
use flowsketch_core::exact::flow::ExactFlow;
use flowsketch_core::exact::sinkhorn::{Stop, solve};
use flowsketch_core::gaussian::{Moments, bridge, bridge_velocity, density, potentials};
use flowsketch_core::heat::log_domain::log_heat;
use flowsketch_core::lattice::{Lattice, SOURCE_MASK, normalised};
use flowsketch_core::measure::{Target, target_density};
use flowsketch_core::potentials::{SecondPotential, TabulatedPotentials};
use flowsketch_core::transform::masked_transform;

const SOURCE: Moments = Moments { mean: [0.3, -0.2], covariance: [0.5, 0.2, 0.4] };

fn lattice() -> Lattice {
    Lattice::centred(SOURCE_MASK, 108)
}

fn source() -> Vec<f64> {
    let lattice = lattice();
    normalised(&lattice, lattice.points().map(|x| density(&SOURCE, x)).collect())
}

/// What a perfectly trained run would tabulate: the closed-form potentials of `moments`.
fn tabulation(moments: &Moments, epsilon: f64, psi_error: impl Fn([f64; 2]) -> f64) -> TabulatedPotentials {
    let lattice = lattice();
    let single = |values: &[f64]| values.iter().map(|&v| v as f32).collect::<Vec<f32>>();
    let (u, w) = potentials(moments, epsilon);
    let u: Vec<f64> = lattice.points().map(|x| u.at(x)).collect();
    let psi: Vec<f64> = lattice.points().map(|y| w.at(y) + psi_error(y)).collect();
    let w = masked_transform(&Target::Normal, &lattice, &log_heat(&u, &lattice, &lattice, epsilon));
    let heat = log_heat(&w, &lattice, &lattice, epsilon);
    let log_rho_0: Vec<f64> = u.iter().zip(&heat).map(|(u, heat)| u + heat).collect();
    TabulatedPotentials { epsilon, u: single(&u), w: single(&w), psi: single(&psi), log_rho_0: single(&log_rho_0) }
}

fn audit(tabulation: &TabulatedPotentials, second_potential: SecondPotential) -> AuditMetrics {
    let (lattice, source, target) = (lattice(), source(), target_density(&lattice()));
    let stop = Stop { tolerance: 1e-7, ..Stop::default() };
    let solution = solve(&lattice, &source, &target, tabulation.epsilon, None, &stop);
    let mut exact = ExactFlow::new(&lattice, &source, &target, tabulation.epsilon, solution);
    let mut audit = Audit::new(&lattice, &source, &target_density(&lattice), tabulation, second_potential);
    loop {
        if let Some(findings) = audit.advance(&mut exact) {
            return findings;
        }
    }
}

#[test]
fn the_exact_potentials_pass() {
    for epsilon in [0.2, 1.0] {
        let tabulation = tabulation(&SOURCE, epsilon, |_| 0.0);
        for second_potential in [SecondPotential::Transform, SecondPotential::Network] {
            let found = audit(&tabulation, second_potential);
            println!("{epsilon} {second_potential:?}: {found:?}");
            let AuditMetrics { marginal_source, marginal_target, maximality_psi, l1_rho, velocity_error, .. } = found;
            assert!(marginal_source < 1e-4 && marginal_target < 1e-4 && maximality_psi < 1e-4, "{found:?}");
            assert!(l1_rho.iter().all(|&e| e < 1e-4) && velocity_error.iter().all(|&e| e < 1e-6), "{found:?}");
            assert!(found.continuity < 1e-4, "{found:?}");
            // J(φ) at its maximum: E_p[φ] + E_q[φ^{c,ε}].
            let (u, w) = potentials(&SOURCE, epsilon);
            let (lattice, source, target) = (lattice(), source(), target_density(&lattice()));
            let terms = lattice.points().zip(source.iter().zip(&target)).map(|(x, (p, q))| p * u.at(x) + q * w.at(x));
            let optimum = epsilon * terms.sum::<f64>() * lattice.cell_area();
            assert!((found.optimum - optimum).abs() < 1e-4, "{} against {optimum}", found.optimum);
        }
    }
}

#[test]
fn the_flow_of_another_source_is_off_by_what_closed_forms_say() {
    let epsilon = 0.5;
    let other = Moments { mean: [0.5, -0.2], ..SOURCE };
    let found = audit(&tabulation(&other, epsilon, |_| 0.0), SecondPotential::Transform);
    let lattice = lattice();
    for (k, t) in [0.25, 0.5, 0.75].into_iter().enumerate() {
        let [a, b] = [&other, &SOURCE].map(|moments| bridge(moments, epsilon, t));
        let (mut distance, mut miss, mut scale) = (0.0, 0.0, 0.0);
        for x in lattice.points() {
            let rho = density(&b, x);
            distance += (density(&a, x) - rho).abs() * lattice.cell_area();
            let [v, exact] = [&other, &SOURCE].map(|moments| bridge_velocity(moments, epsilon, t, x));
            miss += rho * ((v[0] - exact[0]).powi(2) + (v[1] - exact[1]).powi(2));
            scale += rho * (exact[0].powi(2) + exact[1].powi(2));
        }
        println!(
            "t = {t}: {} against {distance}, {} against {}",
            found.l1_rho[k],
            found.velocity_error[k],
            miss / scale
        );
        assert!((found.l1_rho[k] - distance).abs() < 1e-4 && (found.velocity_error[k] - miss / scale).abs() < 1e-5);
    }
    // The wrong flow still satisfies its own continuity equation.
    assert!(found.continuity < 1e-4 && found.marginal_source > 0.1 && found.marginal_target < 1e-4);
}

#[test]
fn an_error_of_the_second_network_shows_in_its_pair_alone() {
    let tabulation = tabulation(&SOURCE, 0.5, |y| 0.1 * y[0]);
    let [transform, network] = [SecondPotential::Transform, SecondPotential::Network].map(|c| audit(&tabulation, c));
    assert!(transform.marginal_target < 1e-4 && network.marginal_target > 0.05, "{network:?}");
    assert!(transform.l1_rho[1] < 1e-4 && network.l1_rho[1] > 0.01, "{network:?}");
    // Both pairs have the same φ and ψ: the distance of φ from ψ's transform does not depend on the pair shown.
    assert!(transform.maximality_psi == network.maximality_psi && network.maximality_psi > 1e-3);
    // A constant added to ψ changes neither the normalised density nor the velocity.
    let shifted = audit(&self::tabulation(&SOURCE, 0.5, |_| 0.3), SecondPotential::Network);
    assert!(shifted.l1_rho[1] < 1e-4 && shifted.maximality_psi < 1e-4 && shifted.marginal_target > 0.2);
}
