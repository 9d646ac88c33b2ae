//! The f64 twins against closed forms and against an independent grid solution (tests/fixtures/make.py). No GPU.

use flowsketch_core::gaussian::{Moments, bridge, bridge_velocity, density, potentials};
use flowsketch_core::heat::log_domain::{log_heat, log_heat_gradient, log_normaliser};
use flowsketch_core::lattice::{Lattice, SOURCE_MASK};
use flowsketch_core::measure::{Preset, Target, normal_density};
use flowsketch_core::metrics::measure;
use flowsketch_core::numeric::log_normal;
use flowsketch_core::potentials::TabulatedPotentials;
use flowsketch_core::reference::flow::flow;
use flowsketch_core::transform::masked_transform;
use flowsketch_tests::compare::assert_close;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// The lattice of the fixtures.
fn oracle_lattice() -> Lattice {
    Lattice::centred(6.4, 64)
}

/// The fields of a fixture, each on `oracle_lattice`.
fn fixture(bytes: &[u8]) -> Vec<Vec<f64>> {
    let values: Vec<f64> =
        bytes.chunks_exact(4).map(|b| f64::from(f32::from_le_bytes([b[0], b[1], b[2], b[3]]))).collect();
    values.chunks_exact(oracle_lattice().len()).map(<[f64]>::to_vec).collect()
}

const BRIDGES: [(&str, f64, &[u8]); 2] = [
    ("checkerboard", 1.0, include_bytes!("../fixtures/bridge_checkerboard.bin")),
    ("2spirals", 0.2, include_bytes!("../fixtures/bridge_2spirals.bin")),
];
const TIMES: [f64; 3] = [0.25, 0.5, 0.75];

/// ∫ |a − b|.
fn l1(lattice: &Lattice, a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>() * lattice.cell_area()
}

#[test]
fn densities_of_the_presets() {
    let expected = fixture(include_bytes!("../fixtures/density.bin"));
    for (preset, expected) in Preset::ALL.into_iter().zip(expected) {
        // The curves are sums over fewer points than in the fixture; the difference at the end of a curve is 5e-5.
        assert_close(preset.name(), &preset.on_lattice(&oracle_lattice()), &expected, 1e-4);
    }
}

#[test]
fn flow_of_the_exact_potentials() {
    let lattice = oracle_lattice();
    for (name, epsilon, bytes) in BRIDGES {
        let fields = fixture(bytes);
        for (k, t) in TIMES.into_iter().enumerate() {
            let [rho, v_x, v_y] = [0, 1, 2].map(|c| &fields[2 + 3 * k + c]);
            let found = flow(&fields[0], &fields[1], &lattice, epsilon, t);
            let found_rho: Vec<f64> = found.iter().map(|f| f[0].exp()).collect();
            assert_close(&format!("{name}, rho at t = {t}"), &found_rho, rho, 1e-5);
            // Velocities are weighted by mass: where there is none, they have no meaning.
            let weighted = |v: &dyn Fn(usize) -> f64| (0..lattice.len()).map(|i| rho[i] * v(i)).collect::<Vec<f64>>();
            assert_close("v_x", &weighted(&|i| found[i][1]), &weighted(&|i| v_x[i]), 2e-5);
            assert_close("v_y", &weighted(&|i| found[i][2]), &weighted(&|i| v_y[i]), 2e-5);
        }
    }
}

/// ∫ |∂_t ρ + sign · div(ρ v)| / ∫ |∂_t ρ| at time t.
fn continuity(fields: &[Vec<f64>], epsilon: f64, t: f64, sign: f64) -> f64 {
    let lattice = oracle_lattice();
    let (n, h, dt) = (lattice.count, lattice.step, 1e-4);
    let at = |t| flow(&fields[0], &fields[1], &lattice, epsilon, t);
    let (before, now, after) = (at(t - dt), at(t), at(t + dt));
    let flux = |cell: usize, axis: usize| now[cell][0].exp() * now[cell][1 + axis];
    let (mut residual, mut scale) = (0.0, 0.0);
    for i in 4..n - 4 {
        for j in 4..n - 4 {
            let cell = i * n + j;
            // Differences of eighth order: the lattice is coarse.
            let slope = |axis: usize, stride: usize| {
                let f = |k: isize| flux((cell as isize + k * stride as isize) as usize, axis);
                let odd = |k: isize| f(k) - f(-k);
                (672.0 * odd(1) - 168.0 * odd(2) + 32.0 * odd(3) - 3.0 * odd(4)) / (840.0 * h)
            };
            let rate = (after[cell][0].exp() - before[cell][0].exp()) / (2.0 * dt);
            residual += (rate + sign * (slope(0, n) + slope(1, 1))).abs();
            scale += rate.abs();
        }
    }
    residual / scale
}

#[test]
fn the_flow_carries_its_density() {
    for (name, epsilon, bytes) in BRIDGES {
        let fields = fixture(bytes);
        // t is large enough for the coarse lattice to resolve the spirals.
        let right = continuity(&fields, epsilon, 0.75, 1.0);
        println!("{name}: continuity {right:.1e}");
        assert!(right < 0.01, "{name}: {right}");
        // With the sign of the velocity as printed in the paper, the residual is twice the rate.
        let wrong = continuity(&fields, epsilon, 0.75, -1.0);
        assert!((wrong - 2.0).abs() < 0.01, "{name}: {wrong}");
    }
}

const SOURCES: [Moments; 3] = [
    Moments { mean: [0.0, 0.0], covariance: [0.6, 0.0, 0.6] },
    Moments { mean: [1.2, -0.7], covariance: [0.9, 0.55, 0.5] },
    Moments { mean: [-0.5, 0.8], covariance: [1.4, -0.4, 0.3] },
];

/// The closed-form potentials on a lattice so wide that no mass is outside.
fn gaussian_pair(source: &Moments, epsilon: f64) -> (Lattice, Vec<f64>, Vec<f64>) {
    let lattice = Lattice::centred(8.0, 160);
    let (u, w) = potentials(source, epsilon);
    (lattice, lattice.points().map(|x| u.at(x)).collect(), lattice.points().map(|y| w.at(y)).collect())
}

#[test]
fn gaussian_potentials_have_their_marginals() {
    for source in &SOURCES {
        for epsilon in [0.1, 0.5, 2.0] {
            let (lattice, u, w) = gaussian_pair(source, epsilon);
            let marginal = |a: &[f64], b: &[f64]| -> Vec<f64> {
                a.iter().zip(log_heat(b, &lattice, &lattice, epsilon)).map(|(a, heat)| (a + heat).exp()).collect()
            };
            let p: Vec<f64> = lattice.points().map(|x| density(source, x)).collect();
            let normal: Vec<f64> = lattice.points().map(|y| log_normal(y).exp()).collect();
            let errors = [l1(&lattice, &marginal(&u, &w), &p), l1(&lattice, &marginal(&w, &u), &normal)];
            println!("epsilon = {epsilon}: marginals off by {errors:?}");
            assert!(errors.iter().all(|&e| e < 1e-6), "{source:?}, epsilon = {epsilon}: {errors:?}");
        }
    }
}

#[test]
fn gaussian_flow_is_the_closed_form_bridge() {
    for source in &SOURCES {
        for epsilon in [0.1, 0.5, 2.0] {
            let (lattice, u, w) = gaussian_pair(source, epsilon);
            for t in [0.1, 0.5, 0.9] {
                let found = flow(&u, &w, &lattice, epsilon, t);
                let at = bridge(source, epsilon, t);
                let rho: Vec<f64> = lattice.points().map(|x| density(&at, x)).collect();
                let found_rho: Vec<f64> = found.iter().map(|f| f[0].exp()).collect();
                assert!(l1(&lattice, &found_rho, &rho) < 1e-5, "{source:?}, epsilon = {epsilon}, t = {t}");
                for (axis, name) in ["v_x", "v_y"].into_iter().enumerate() {
                    let expected: Vec<f64> = lattice
                        .points()
                        .zip(&rho)
                        .map(|(x, rho)| rho * bridge_velocity(source, epsilon, t, x)[axis])
                        .collect();
                    let values: Vec<f64> = found.iter().zip(&rho).map(|(f, rho)| rho * f[1 + axis]).collect();
                    assert_close(name, &values, &expected, 1e-4);
                }
                // ε²/16, as printed in the paper, gives a clearly different density.
                let printed = bridge(source, epsilon / 2.0, t);
                let wrong: Vec<f64> = lattice.points().map(|x| density(&printed, x)).collect();
                assert!(epsilon < 0.4 || l1(&lattice, &found_rho, &wrong) > 3e-3);
            }
        }
    }
}

#[test]
fn the_heat_average_is_one() {
    let lattice = Lattice::centred(SOURCE_MASK, 37);
    let constant = vec![1.25_f64; lattice.len()];
    // In the middle of the lattice the cut-off at its edge has no effect.
    let middle = lattice.len() / 2;
    for variance in [0.0, 1e-5, 1e-3, 0.03, 0.1, 0.5] {
        let heat = log_heat_gradient(&constant, &lattice, variance)[middle];
        assert!((heat[0] - 1.25).abs() < 1e-9, "variance {variance}: {}", heat[0]);
        assert!(heat[1].abs() < 1e-9 && heat[2].abs() < 1e-9);
    }
    // Two averages are one average of the sum of the variances.
    let bump: Vec<f64> = lattice.points().map(|x| -2.0 * (x[0] - 0.3).powi(2) - (x[1] + 0.2).powi(2)).collect();
    let twice = log_heat(&log_heat(&bump, &lattice, &lattice, 0.3), &lattice, &lattice, 0.2);
    let once = log_heat(&bump, &lattice, &lattice, 0.5);
    assert!((twice[middle] - once[middle]).abs() < 1e-6);
    // The two formulas for the normaliser agree where one replaces the other.
    let [low, high] = [4.999, 5.001].map(|variance| log_normaliser(variance, 1.0));
    assert!((high - low).abs() < 3e-4 && high > low);
}

#[test]
fn ends_of_the_flow() {
    let (epsilon, lattice) = (0.5, Lattice::centred(SOURCE_MASK, 54));
    let u: Vec<f64> = lattice.points().map(|[x, y]| (1.3 * x).sin() * y.cos() * 2.0 - 0.1 * x * x).collect();
    let w = masked_transform(&Target::Normal, &lattice, &log_heat(&u, &lattice, &lattice, epsilon));
    let end = flow(&u, &w, &lattice, epsilon, 1.0);
    let start = flow(&u, &w, &lattice, epsilon, 0.0);
    let heat = log_heat(&w, &lattice, &lattice, epsilon);
    for (cell, y) in lattice.points().enumerate() {
        if w[cell] > -1e29 {
            assert!((end[cell][0] - log_normal(y)).abs() < 1e-9, "rho_1 is not the Normal");
        }
        assert!((start[cell][0] - u[cell] - heat[cell]).abs() < 1e-9, "rho_0 is not e^u H[e^w]");
        assert!(end[cell].iter().chain(&start[cell]).all(|v| v.is_finite()));
    }
}

/// A tabulation on the flow lattice from closed-form potentials.
fn exact_tabulation(source: &Moments, epsilon: f64) -> (Lattice, Vec<f64>, TabulatedPotentials) {
    let lattice = Lattice::centred(SOURCE_MASK, 108);
    let (quadratic, _) = potentials(source, epsilon);
    let u: Vec<f64> = lattice.points().map(|x| quadratic.at(x)).collect();
    let w = masked_transform(&Target::Normal, &lattice, &log_heat(&u, &lattice, &lattice, epsilon));
    let heat = log_heat(&w, &lattice, &lattice, epsilon);
    let single = |values: &[f64]| values.iter().map(|&v| v as f32).collect::<Vec<f32>>();
    let log_rho_0: Vec<f64> = u.iter().zip(&heat).map(|(u, heat)| u + heat).collect();
    let p = lattice.points().map(|x| density(source, x)).collect();
    (
        lattice,
        p,
        TabulatedPotentials { epsilon, u: single(&u), w: single(&w), psi: single(&w), log_rho_0: single(&log_rho_0) },
    )
}

#[test]
fn measures_of_the_exact_flow_are_zero_and_of_a_known_error_known() {
    let (source, epsilon) = (Moments { mean: [0.3, -0.2], covariance: [0.5, 0.2, 0.4] }, 0.5);
    let (lattice, p, tabulation) = exact_tabulation(&source, epsilon);
    let exact = measure(&lattice, &p, &normal_density(&lattice), &tabulation);
    println!("{exact:?}");
    assert!(exact.kl_source.abs() < 1e-5 && exact.tv_source < 1e-4 && exact.mass.abs() < 1e-4);
    assert!(exact.maximality_phi < 1e-6);
    // The optimum is ε KL(γ ‖ G_ε(x − y) dx dy): ε (E[u] + E[w]), here by the closed forms.
    let (u, w) = potentials(&source, epsilon);
    let mean = |q: &dyn Fn([f64; 2]) -> f64, density: &dyn Fn([f64; 2]) -> f64| {
        let wide = Lattice::centred(8.0, 200);
        wide.points().map(|x| density(x) * q(x)).sum::<f64>() * wide.cell_area()
    };
    let optimum =
        epsilon * (mean(&|x| u.at(x), &|x| density(&source, x)) + mean(&|y| w.at(y), &|y| log_normal(y).exp()));
    assert!((exact.dual - optimum).abs() < 1e-3, "dual {} against {optimum}", exact.dual);

    // Against the density shifted by d = (0.1, 0): KL of two Gaussians with one covariance is ½ dᵀ S⁻¹ d.
    let moved = Moments { mean: [0.4, -0.2], ..source };
    let p: Vec<f64> = lattice.points().map(|x| density(&moved, x)).collect();
    let expected = 0.5 * 0.01 * 0.4 / (0.5 * 0.4 - 0.04);
    assert!((measure(&lattice, &p, &normal_density(&lattice), &tabulation).kl_source - expected).abs() < 1e-4);

    // An error of ψ that is constant counts as none; the error y_x has a standard deviation of 1 nat.
    let off = |f: &dyn Fn([f64; 2]) -> f64| {
        let psi = lattice.points().zip(&tabulation.w).map(|(y, w)| w + f(y) as f32).collect();
        measure(&lattice, &p, &normal_density(&lattice), &TabulatedPotentials { psi, ..tabulation.clone() })
            .maximality_phi
    };
    assert!(off(&|_| 3.0) < 1e-5);
    assert!((off(&|y| y[0]) - epsilon).abs() < 1e-4);
}

#[test]
fn the_mesh_free_estimate_agrees_within_its_standard_error() {
    // log H_s[e^u] by the paper's estimate: the mean of e^u over draws around the point.
    let (lattice, epsilon, t, draws) = (Lattice::centred(8.0, 161), 0.5, 0.5, 20_000);
    let (quadratic, _) = potentials(&SOURCES[1], epsilon);
    let u: Vec<f64> = lattice.points().map(|x| quadratic.at(x)).collect();
    let heat = log_heat_gradient(&u, &lattice, t * epsilon);
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    for cell in [80 * 161 + 80, 90 * 161 + 75, 95 * 161 + 70] {
        let x = [lattice.coordinate(0, cell / 161), lattice.coordinate(1, cell % 161)];
        let values: Vec<f64> = (0..draws)
            .map(|_| {
                let radius = (-2.0 * t * epsilon * (1.0 - rng.random::<f64>()).ln()).sqrt();
                let angle = std::f64::consts::TAU * rng.random::<f64>();
                (quadratic.at([x[0] + radius * angle.cos(), x[1] + radius * angle.sin()])).exp()
            })
            .collect();
        let mean = values.iter().sum::<f64>() / f64::from(draws);
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / f64::from(draws - 1);
        let error = (variance / f64::from(draws)).sqrt() / mean;
        let miss = (mean.ln() - heat[cell][0]).abs();
        println!("miss {miss:.1e}, standard error {error:.1e}");
        assert!(error < 0.1 && miss < 4.0 * error, "miss {miss}, standard error {error}");
    }
}
