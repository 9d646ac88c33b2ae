//! The flow off the lattice, and samples from it: against closed forms, the lattice itself and fresh data. No GPU.
//!
//! Samples are compared by tests at level 1 %; seeds are fixed, so that a pass stays a pass. Each test has a negative
//! control: a wrong flow or a wrong source that it must reject.

use flowsketch_core::exact::sinkhorn::Stop;
use flowsketch_core::gaussian::{Moments, Quadratic, bridge, bridge_velocity, density, potentials};
use flowsketch_core::headless::ExactReference;
use flowsketch_core::lattice::Lattice;
use flowsketch_core::measure::{Density, Preset, Sampler, Target};
use flowsketch_core::numeric::{LOG_ZERO, normal_points};
use flowsketch_core::potentials::Pair;
use flowsketch_core::reference::flow::flow;
use flowsketch_core::sampling::{PointwiseFlow, diffuse, energy_distance, integrate, log_likelihood, transport};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

type Points = Vec<[f64; 2]>;

const SOURCE: Moments = Moments { mean: [0.4, -0.3], covariance: [0.6, 0.25, 0.3] };

/// The closed-form pair of [`SOURCE`] on a lattice so wide that its cut-off does not matter.
fn gaussian_pair(epsilon: f64) -> PointwiseFlow {
    let lattice = Lattice::centred(7.2, 144);
    let (u, w) = potentials(&SOURCE, epsilon);
    let on_lattice = |q: Quadratic| lattice.points().map(|x| q.at(x)).collect::<Vec<f64>>();
    PointwiseFlow::new(&Pair { lattice, epsilon, u: on_lattice(u), w: on_lattice(w) })
}

/// The exact pair of a preset on the flow lattice.
fn exact_pair(preset: Preset, epsilon: f64) -> (ExactReference, PointwiseFlow) {
    let truth =
        ExactReference::new(&preset.density(), &Target::Normal, epsilon, &Stop { tolerance: 1e-6, ..Stop::default() });
    let pair = PointwiseFlow::new(&truth.exact.pair());
    (truth, pair)
}

fn fresh(density: &Density, count: usize, rng: &mut ChaCha8Rng) -> Points {
    Sampler::new(density).independent(count, rng)
}

/// Independent points of a Gaussian, by Cholesky's root of its covariance.
fn gaussian_points(moments: &Moments, count: usize, rng: &mut ChaCha8Rng) -> Points {
    let [xx, xy, yy] = moments.covariance;
    let a = xx.sqrt();
    let (b, c) = (xy / a, (yy - xy * xy / xx).sqrt());
    let at = |[z, y]: [f64; 2]| [moments.mean[0] + a * z, moments.mean[1] + b * z + c * y];
    normal_points(count, rng).into_iter().map(at).collect()
}

fn largest(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(0.0, |a, b| if b.is_nan() { b } else { f64::max(a, b) })
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

#[test]
fn the_flow_of_a_gaussian_off_the_lattice_is_the_closed_form() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for epsilon in [0.2, 1.0] {
        let pair = gaussian_pair(epsilon);
        for t in [0.1, 0.25, 0.5, 0.75, 0.9] {
            let at = bridge(&SOURCE, epsilon, t);
            let (mut density_error, mut velocity_error, mut drift_error) = (0.0f64, 0.0f64, 0.0f64);
            for x in gaussian_points(&at, 200, &mut rng) {
                let local = pair.at(t).evaluate(x);
                let v = bridge_velocity(&SOURCE, epsilon, t, x);
                density_error = density_error.max((local.log_rho - density(&at, x).ln()).abs());
                velocity_error = velocity_error.max(distance(local.velocity, v));
                // ∇ψ_t = v_t + ε/2 ∇ log ρ_t, and ∇φ_t = −v_t + ε/2 ∇ log ρ_t.
                let step = 1e-4;
                let along =
                    |axis: usize, by: f64| density(&at, [0, 1].map(|a| x[a] + if a == axis { by } else { 0.0 })).ln();
                let pull = [0, 1].map(|axis| 0.5 * epsilon * (along(axis, step) - along(axis, -step)) / (2.0 * step));
                let forward = distance(local.grad_psi, [v[0] + pull[0], v[1] + pull[1]]);
                let backward = distance(local.grad_phi, [pull[0] - v[0], pull[1] - v[1]]);
                drift_error = drift_error.max(forward).max(backward);
                assert!((local.phi + local.psi - epsilon * local.log_rho).abs() < 1e-12);
            }
            println!("epsilon = {epsilon}, t = {t}: {density_error:.1e}, {velocity_error:.1e}, {drift_error:.1e}");
            // Sums over a lattice of spacing h = 0.1 have a relative error of e^(−2π² s / h²), with s at least 0.02.
            assert!(density_error < 1e-6 && velocity_error < 1e-6 && drift_error < 1e-6);
        }
        // At the ends the flow is extrapolated from a variance of 0.0036 to 0 to first order. This leaves a ripple of
        // 1.3e-2 for each axis, and second-order terms.
        for t in [0.0, 1.0] {
            let at = bridge(&SOURCE, epsilon, t);
            let error = largest(
                gaussian_points(&at, 200, &mut rng)
                    .into_iter()
                    .map(|x| (pair.at(t).evaluate(x).log_rho - density(&at, x).ln()).abs()),
            );
            println!("epsilon = {epsilon}, t = {t}: {error:.1e}");
            assert!(error < 0.06);
        }
    }
}

#[test]
fn the_flow_at_points_of_the_lattice_is_that_of_the_kernels_twin() {
    for (preset, epsilon) in [(Preset::Checkerboard, 1.0), (Preset::TwoSpirals, 0.2), (Preset::Pinwheel, 0.05)] {
        let (truth, pair) = exact_pair(preset, epsilon);
        let solution = &truth.exact.solution;
        for t in [0.25, 0.5, 0.75] {
            let expected = flow(&solution.u, &solution.w, &truth.lattice, epsilon, t);
            let (mut log_error, mut velocity_error) = (0.0f64, 0.0f64);
            for (x, [log_rho, v_x, v_y]) in truth.lattice.points().zip(expected) {
                let found = pair.at(t).evaluate(x);
                log_error = log_error.max((found.log_rho - log_rho).abs() / (1.0 + log_rho.abs()));
                velocity_error = velocity_error.max(distance(found.velocity, [v_x, v_y]));
            }
            println!("{} epsilon = {epsilon} t = {t}: {log_error:.1e}, {velocity_error:.1e}", preset.name());
            // The twin normalises by a sum over the lattice, this code by the limit of that sum.
            assert!(log_error < 1e-6 && velocity_error < 1e-9);
        }
    }
}

#[test]
fn off_the_lattice_the_flow_is_its_sum_and_the_divergence_that_of_its_velocity() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    for (preset, epsilon) in [(Preset::Circles, 1.0), (Preset::Pinwheel, 0.2), (Preset::TwoSpirals, 0.05)] {
        let (truth, pair) = exact_pair(preset, epsilon);
        let lattice = &truth.lattice;
        let (mut log_error, mut divergence_error) = (0.0f64, 0.0f64);
        for k in 0..300 {
            // Points inside and outside the lattice, also in holes of the source.
            let x = [0; 2].map(|_| 14.0 * (rng.random::<f64>() - 0.5));
            let t = [0.0, 0.1, 0.5, 0.9, 1.0][k % 5];
            let local = pair.at(t).evaluate(x);
            let shifted = |axis: usize, by: f64| {
                let x = [0, 1].map(|a| x[a] + if a == axis { by } else { 0.0 });
                pair.at(t).evaluate(x).velocity[axis]
            };
            let step = 1e-5;
            let slope = (0..2).map(|axis| (shifted(axis, step) - shifted(axis, -step)) / (2.0 * step)).sum::<f64>();
            divergence_error = divergence_error.max((local.divergence - slope).abs() / (1.0 + slope.abs()));
            if t * epsilon > 0.0036 {
                let exponent = |(y, u): ([f64; 2], &f64)| u - 0.5 * distance(x, y).powi(2) / (t * epsilon);
                let terms = || lattice.points().zip(&truth.exact.solution.u).map(exponent);
                let top = terms().fold(f64::NEG_INFINITY, f64::max);
                let sum = terms().map(|e| (e - top).exp()).sum::<f64>();
                let log = top + (sum * lattice.cell_area() / (std::f64::consts::TAU * t * epsilon)).ln();
                log_error = log_error.max((local.phi / epsilon - log).abs() / (1.0 + log.abs()));
            }
        }
        println!("{} epsilon = {epsilon}: {log_error:.1e}, {divergence_error:.1e}", preset.name());
        assert!(log_error < 1e-12 && divergence_error < 1e-3);
    }
}

#[test]
fn the_flow_is_finite_everywhere() {
    let (truth, pair) = exact_pair(Preset::Moons, 0.05);
    let nothing = vec![LOG_ZERO; truth.lattice.len()];
    let empty =
        PointwiseFlow::new(&Pair { lattice: truth.lattice, epsilon: 0.05, u: nothing.clone(), w: nothing.clone() });
    for pair in [&pair, &empty] {
        for t in [0.0, 1e-9, 0.5, 1.0] {
            for x in [[0.0, 0.0], [5.4, -5.4], [40.0, 0.1], [-1e3, 1e3], [1e9, -2.0], [0.0, 1e15]] {
                let at = pair.at(t).evaluate(x);
                let numbers = [at.log_rho, at.divergence, at.phi, at.psi, at.velocity[0], at.velocity[1]];
                assert!(numbers.iter().all(|v| v.is_finite()), "t = {t}, x = {x:?}: {at:?}");
            }
        }
    }
    // Far away the gradient points to the mass and grows with the distance, but at most linearly.
    let [near, far] = [20.0, 1e6].map(|x| pair.at(0.5).evaluate([x, 0.0]).grad_phi[0]);
    assert!(far < 10.0 * near && near < 0.0, "{far}, {near}");
    let lost = transport(&pair, &[[f64::NAN, 0.0]], 1.0, 0.0, 1e-3);
    assert_eq!(lost.evaluations, 0);
}

#[test]
fn dormand_prince_is_of_order_five_and_always_ends() {
    // A circle run through one and a half times, either way.
    let rate = |_: f64, x: &[f64; 2]| [-x[1], x[0]];
    let end = 3.0 * std::f64::consts::PI;
    for (from, to) in [(0.0, end), (end, 0.0)] {
        let run = |tolerance: f64| {
            let (x, evaluations) = integrate(rate, [1.0, 0.0], from, to, tolerance);
            (distance(x, [-1.0, 0.0]), evaluations as f64)
        };
        let ((rough, few), (fine, many)) = (run(1e-4), run(1e-9));
        println!("error {rough:.1e} after {few}, {fine:.1e} after {many}");
        // A step's error estimate is of order h⁵: an accuracy higher by 10⁵ needs 10 times as many steps.
        assert!(rough < 1e-2 && fine < 1e-7 && (6.0..14.0).contains(&(many / few)), "{}", many / few);
        assert!((1e4..1e7).contains(&(rough / fine)), "{}", rough / fine);
    }
    // Polynomials of degree 4 in t are integrated exactly whatever the steps, those of degree 5 are not.
    let power = |k: i32| integrate(move |t, _| [f64::from(k + 1) * t.powi(k)], [0.0], 0.0, 1.0, 1.0).0[0] - 1.0;
    println!("t^4: {:.1e}, t^5: {:.1e}", power(4), power(5));
    assert!(power(4).abs() < 1e-13 && power(5).abs() > 1e-7);
    assert_eq!(integrate(rate, [2.0, 1.0], 0.3, 0.3, 1e-6), ([2.0, 1.0], 0));
    // No step is small enough for these.
    let (x, evaluations) = integrate(|t, _| [1e6 * (1e9 * t).sin()], [0.0], 0.0, 1.0, 1e-9);
    println!("noise: {evaluations} evaluations");
    assert!(x[0].is_finite() && evaluations < 100_000);
    assert!(integrate(|_, _| [f64::NAN], [0.0], 0.0, 1.0, 1e-9).1 < 100_000);
}

/// The positive root of a symmetric matrix (xx, xy, yy), or with `sign` −1 its inverse.
fn apply_root([xx, xy, yy]: [f64; 3], sign: i32, x: [f64; 2]) -> [f64; 2] {
    let det = (xx * yy - xy * xy).sqrt();
    let scale = (xx + yy + 2.0 * det).sqrt();
    let [a, b, c] = [(xx + det) / scale, xy / scale, (yy + det) / scale];
    let [a, b, c] = if sign > 0 { [a, b, c] } else { [c / det, -b / det, a / det] };
    [a * x[0] + b * x[1], b * x[0] + c * x[1]]
}

#[test]
fn a_gaussian_is_carried_by_the_affine_map() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for epsilon in [0.2, 1.0] {
        let pair = gaussian_pair(epsilon);
        // While a variance is below 0.0036, for a time of 0.0036/ε, velocities have a ripple of 0.1 ε/2 and are those
        // of a smoothed flow; the map amplifies this error up to 2.5 times.
        for (from, to, bound) in [(0.1, 0.9, 1e-5), (0.9, 0.1, 1e-5), (0.0, 1.0, 4e-3), (1.0, 0.0, 4e-3)] {
            let [a, b] = [from, to].map(|t| bridge(&SOURCE, epsilon, t));
            let points = gaussian_points(&a, 200, &mut rng);
            let moved = transport(&pair, &points, from, to, 1e-6);
            // Covariances of a bridge at different times commute.
            let expected = points.iter().map(|x| {
                let white = apply_root(a.covariance, -1, [x[0] - a.mean[0], x[1] - a.mean[1]]);
                let there = apply_root(b.covariance, 1, white);
                [b.mean[0] + there[0], b.mean[1] + there[1]]
            });
            let error = largest(expected.zip(&moved.points).map(|(e, x)| distance(e, *x)));
            println!("epsilon = {epsilon}, {from} to {to}: {error:.1e}, {} each", moved.evaluations / points.len());
            assert!(error < bound);
        }
    }
}

#[test]
fn likelihood_by_change_of_variables_is_that_of_the_source() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    for epsilon in [0.2, 1.0] {
        let points = gaussian_points(&SOURCE, 200, &mut rng);
        let found = log_likelihood(&gaussian_pair(epsilon), &points, 1e-5);
        let error = largest(points.iter().zip(&found).map(|(x, l)| (l - density(&SOURCE, *x).ln()).abs()));
        println!("Gaussian, epsilon = {epsilon}: {error:.1e}");
        // Mostly the ripple of log ρ_0, as above.
        assert!(error < 0.06);
    }
    let points = fresh(&Preset::TwoSpirals.density(), 400, &mut rng);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (truth, pair) = exact_pair(Preset::TwoSpirals, 0.2);
    let found = log_likelihood(&pair, &points, 1e-5);
    let log_rho: Vec<f64> = points.iter().map(|x| pair.at(0.0).evaluate(*x).log_rho).collect();
    let mut misses: Vec<f64> = found.iter().zip(&log_rho).map(|(l, r)| (l - r).abs()).collect();
    misses.sort_by(f64::total_cmp);
    // Negative entropy of the source, by a sum over its lattice and by the mean over its points.
    let entropy =
        truth.source.iter().filter(|p| **p > 0.0).map(|p| p * p.ln()).sum::<f64>() * truth.lattice.cell_area();
    let spread = mean(&found.iter().map(|l| (l - mean(&found)).powi(2)).collect::<Vec<f64>>()).sqrt();
    println!("against log rho_0: median {:.1e}, ninth decile {:.1e}", misses[200], misses[360]);
    println!("mean {:.4} against {entropy:.4}, standard error {:.4}", mean(&found), spread / 20.0);
    // The arms are 0.2 wide, two cells of the lattice.
    assert!(misses[200] < 0.03 && misses[360] < 0.1);
    assert!((mean(&found) - entropy).abs() < 3.0 * spread / 20.0 + 0.03);
    // Points of one source are unlikely in another.
    let (_, other) = exact_pair(Preset::Circles, 0.2);
    assert!(mean(&log_likelihood(&other, &points, 1e-3)) < mean(&found) - 1.0);
}

/// p-value of a permutation test of equal laws: how often relabelled points have at least the energy distance of the
/// two samples.
fn same_law(a: &[[f64; 2]], b: &[[f64; 2]], rng: &mut ChaCha8Rng) -> f64 {
    const SHUFFLES: usize = 199;
    assert_eq!(a.len(), b.len());
    let points: Points = a.iter().chain(b).copied().collect();
    let n = points.len();
    let distances: Vec<f32> = points.iter().flat_map(|x| points.iter().map(|y| distance(*x, *y) as f32)).collect();
    let mut signs: Vec<f32> = (0..n).map(|k| if k < a.len() { 1.0 } else { -1.0 }).collect();
    let statistic = |signs: &[f32]| {
        let row = |k: usize| distances[k * n..][..n].iter().zip(signs).map(|(d, s)| f64::from(d * s)).sum::<f64>();
        -(0..n).map(|k| f64::from(signs[k]) * row(k)).sum::<f64>() / (a.len() * a.len()) as f64
    };
    let observed = statistic(&signs);
    assert!((observed - energy_distance(a, b)).abs() < 1e-5);
    let as_far = (0..SHUFFLES).filter(|_| {
        for k in (1..n).rev() {
            signs.swap(k, rng.random_range(0..=k));
        }
        statistic(&signs) >= observed
    });
    (1 + as_far.count()) as f64 / (1 + SHUFFLES) as f64
}

#[test]
fn energy_distance_is_that_of_its_definition() {
    assert_eq!(energy_distance(&[[0.0, 0.0]], &[[3.0, 4.0]]), 10.0);
    assert_eq!(energy_distance(&[[0.0, 0.0], [1.0, 0.0]], &[[1.0, 0.0], [0.0, 0.0]]), 0.0);
    // 2 E|X − Y| = 2, E|X − X'| = ½, E|Y − Y'| = 0.
    assert_eq!(energy_distance(&[[0.0, 0.0], [1.0, 0.0]], &[[0.0, 0.0], [0.0, 0.0]]), 0.5);
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let [a, b] = [(); 2].map(|()| normal_points(1000, &mut rng));
    // E|X − X'| is √π for the standard Normal; two samples of equal laws have about 2/1000 of it as energy distance.
    let found = energy_distance(&a, &b);
    println!("{found:.2e}");
    assert!(found > 0.0 && found < 3.0 * 2e-3 * std::f64::consts::PI.sqrt());
}

#[test]
fn samples_from_the_normal_are_like_fresh_data() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    for (preset, epsilon) in [(Preset::TwoSpirals, 0.2), (Preset::Checkerboard, 1.0), (Preset::Pinwheel, 0.05)] {
        let (_, pair) = exact_pair(preset, epsilon);
        let (start, data) = (normal_points(800, &mut rng), fresh(&preset.density(), 800, &mut rng));
        let flowed = transport(&pair, &start, 1.0, 0.0, 1e-3);
        let diffused = diffuse(&pair, &normal_points(800, &mut rng), 1.0, 0.0, 32, &mut rng);
        let there = transport(&pair, &data, 0.0, 1.0, 1e-3).points;
        let [ode, sde, wrong] = [&flowed.points, &diffused, &start].map(|x| same_law(x, &data, &mut rng));
        let forwards = same_law(&there, &normal_points(800, &mut rng), &mut rng);
        // Energy distance is more sensitive to position than to detail, so the wrong source must lie elsewhere.
        let other = same_law(&flowed.points, &fresh(&Preset::Moons.density(), 800, &mut rng), &mut rng);
        println!(
            "{}: energy distance {:.4}, {} evaluations each; p = {ode} (ODE), {sde} (SDE), {forwards} (forwards), \
             {wrong} (at rest), {other} (another source)",
            preset.name(),
            energy_distance(&flowed.points, &data),
            flowed.evaluations / 800,
        );
        assert!(ode > 0.01 && sde > 0.01 && forwards > 0.01);
        assert!(wrong < 0.01 && other < 0.01);
    }
}

/// (χ² − K) / √2K of the points in squares of 6 × 6 cells against a density; squares with less than 8 expected points
/// are merged into one.
fn chi_square(lattice: &Lattice, rho: &[f64], points: &[[f64; 2]]) -> f64 {
    const BLOCK: usize = 6;
    let blocks = lattice.count / BLOCK;
    let mut expected = vec![0.0; blocks * blocks];
    for (cell, p) in rho.iter().enumerate() {
        let block = (cell / lattice.count / BLOCK) * blocks + cell % lattice.count / BLOCK;
        expected[block] += p * lattice.cell_area() * points.len() as f64;
    }
    let mut counts = vec![0.0; blocks * blocks];
    let mut outside = 0.0;
    for x in points {
        let [i, j] = [0, 1].map(|axis| ((x[axis] - lattice.origin[axis]) / lattice.step + 0.5) / BLOCK as f64);
        let inside = [i, j].iter().all(|c| (0.0..blocks as f64).contains(c));
        *if inside { &mut counts[i as usize * blocks + j as usize] } else { &mut outside } += 1.0;
    }
    let (mut chi, mut bins) = (0.0, 0);
    let (mut rest, mut rest_expected) = (outside, 0.0);
    for (count, expected) in counts.iter().zip(&expected) {
        if *expected < 8.0 {
            (rest, rest_expected) = (rest + count, rest_expected + expected);
        } else {
            chi += (count - expected) * (count - expected) / expected;
            bins += 1;
        }
    }
    chi += (rest - rest_expected).powi(2) / rest_expected;
    (chi - f64::from(bins)) / f64::from(2 * bins).sqrt()
}

#[test]
fn both_flows_have_the_exact_marginal_in_the_middle() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let (epsilon, count) = (0.2, 3000);
    let (truth, pair) = exact_pair(Preset::TwoSpirals, epsilon);
    let solution = &truth.exact.solution;
    let rho = |t: f64| -> Vec<f64> {
        flow(&solution.u, &solution.w, &truth.lattice, epsilon, t).iter().map(|f| f[0].exp()).collect()
    };
    let (middle, earlier) = (rho(0.5), rho(0.25));
    let data = |rng: &mut ChaCha8Rng| fresh(&Preset::TwoSpirals.density(), count, rng);
    for from in [0.0, 1.0] {
        let start = |rng: &mut ChaCha8Rng| if from == 0.0 { data(rng) } else { normal_points(count, rng) };
        let ode = transport(&pair, &start(&mut rng), from, 0.5, 1e-3).points;
        let sde = diffuse(&pair, &start(&mut rng), from, 0.5, 32, &mut rng);
        let [z_ode, z_sde] = [&ode, &sde].map(|x| chi_square(&truth.lattice, &middle, x));
        let wrong = chi_square(&truth.lattice, &earlier, &ode);
        let p = same_law(&ode[..800], &sde[..800], &mut rng);
        println!("from {from}: chi-square {z_ode:.1} (ODE), {z_sde:.1} (SDE), {wrong:.1} (t = 0.25); p = {p}");
        // 2.6 is about 1 % for tens of squares.
        assert!(z_ode < 2.6 && z_sde < 2.6 && p > 0.01);
        assert!(wrong > 6.0);
    }
    // The exact ρ_½ has mass 1 on the lattice, as the χ² test assumes.
    let mass = middle.iter().sum::<f64>() * truth.lattice.cell_area();
    assert!((mass - 1.0).abs() < 1e-4);
}

#[test]
fn the_mesh_free_estimate_of_the_paper_agrees_within_its_standard_error() {
    const DRAWS: usize = 200;
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let epsilon = 1.0;
    // For the Gaussian draws of e^u itself; for two spirals e^u is averaged up to t = 0.1, and draws give the rest.
    let (quadratic, _) = potentials(&SOURCE, epsilon);
    let gaussian = gaussian_pair(epsilon);
    let (_, spirals) = exact_pair(Preset::TwoSpirals, epsilon);
    let early = spirals.at(0.1);
    let closed = |x: [f64; 2]| quadratic.at(x);
    let heated = |x: [f64; 2]| early.evaluate(x).phi / epsilon;
    let starts: [&dyn Fn([f64; 2]) -> f64; 2] = [&closed, &heated];
    let cases = [("Gaussian", &gaussian, 0.0, starts[0]), ("2spirals", &spirals, 0.1, starts[1])];
    for (name, pair, from, log_start) in cases {
        let t = 0.3;
        let spread = ((t - from) * epsilon).sqrt();
        let mut z = vec![];
        for x in normal_points(300, &mut rng) {
            let draw = |noise: [f64; 2]| log_start([x[0] + spread * noise[0], x[1] + spread * noise[1]]).exp();
            let values: Vec<f64> = normal_points(DRAWS, &mut rng).into_iter().map(draw).collect();
            let mean = values.iter().sum::<f64>() / DRAWS as f64;
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (DRAWS - 1) as f64;
            let error = (variance / DRAWS as f64).sqrt() / mean;
            // The logarithm of a mean is too small by half its squared error, on average.
            let log = mean.ln() + 0.5 * error * error;
            z.push((log - pair.at(t).evaluate(x).phi / epsilon) / error);
        }
        let mean = z.iter().sum::<f64>() / z.len() as f64;
        let square = (z.iter().map(|z| z * z).sum::<f64>() / z.len() as f64).sqrt();
        println!("{name}: misses in standard errors: mean {mean:.2}, root mean square {square:.2}");
        // Of 300: four standard errors of a mean, and of a root mean square with some room for skew.
        assert!(mean.abs() < 0.23 && (0.8..1.3).contains(&square));
    }
}
