//! The exact solution in f64: against an independent one on a finer lattice (tests/fixtures/make.py), against the
//! closed form, and by the conditions that define it. No GPU.

use flowsketch_core::exact::sinkhorn::{Sinkhorn, Solution, Stop, log_density, marginal_error, solve, solve_problem};
use flowsketch_core::gaussian::{Moments, bridge, bridge_velocity, density};
use flowsketch_core::heat::flow::{flow_by_products, flow_on, picture_lattice};
use flowsketch_core::heat::log_domain::{log_heat, log_heat_gradient};
use flowsketch_core::heat::products::HeatProducts;
use flowsketch_core::lattice::Lattice;
use flowsketch_core::measure::{Brush, DENSITY_COUNT, Drawing, Preset, Problem, Target, Tool, coarsest_lattice};
use flowsketch_core::numeric::{LOG_ZERO, MASKED_BELOW, log_normal};
use flowsketch_core::potentials::Pair;
use flowsketch_core::reference::flow::flow;
use flowsketch_study::exactness::{distances, finer};
use flowsketch_study::sources;
use flowsketch_tests::compare::assert_close;

const EPSILONS: [f64; 3] = [1.0, 0.2, 0.05];
const TIMES: [f64; 3] = [0.25, 0.5, 0.75];
/// Points of a field of the fixture along one axis: every third of the flow lattice, from the second on.
const KEPT: usize = 36;

fn normal(lattice: &Lattice) -> Vec<f64> {
    lattice.points().map(|y| log_normal::<f64>(y).exp()).collect()
}

/// Density on the flow lattice, and its exact potentials with the page's stopping rule.
fn solution(preset: Preset, epsilon: f64) -> (Lattice, Vec<f64>, Solution) {
    let (lattice, source) = preset.density().subsample(3);
    let solution = solve(&lattice, &source, &normal(&lattice), epsilon, None, &Stop::default());
    (lattice, source, solution)
}

fn rho(solution: &Solution, lattice: &Lattice, epsilon: f64, t: f64) -> Vec<f64> {
    flow(&solution.u, &solution.w, lattice, epsilon, t).iter().map(|f| f[0].exp()).collect()
}

fn l1(lattice: &Lattice, a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>() * lattice.cell_area()
}

#[test]
fn flows_of_the_presets_are_those_of_a_finer_lattice() {
    let values: Vec<f64> = include_bytes!("../fixtures/exact.bin")
        .chunks_exact(4)
        .map(|b| f64::from(f32::from_le_bytes([b[0], b[1], b[2], b[3]])))
        .collect();
    let mut expected = values.chunks_exact(KEPT * KEPT);
    let mut failures = vec![];
    for preset in &Preset::ALL[..8] {
        for epsilon in EPSILONS {
            let (lattice, _, solution) = solution(*preset, epsilon);
            for t in TIMES {
                let expected = expected.next().expect("the fixture has a field for each");
                let rho = rho(&solution, &lattice, epsilon, t);
                let kept = (0..KEPT * KEPT).map(|k| rho[(1 + 3 * (k / KEPT)) * lattice.count + 1 + 3 * (k % KEPT)]);
                let error = kept.zip(expected).map(|(a, b)| (a - b).abs()).sum::<f64>() * 9.0 * lattice.cell_area();
                println!("{} epsilon = {epsilon} t = {t}: l1 {error:.1e}, {} sweeps", preset.name(), solution.sweeps);
                // For smooth densities sums over a lattice converge faster than any power of the spacing. Where a
                // density jumps they are only of second order: this is the discretisation error of the checkerboard.
                let jumps = *preset == Preset::Checkerboard && epsilon < 1.0;
                if error.is_nan() || error > if jumps { 5e-3 } else { 1e-3 } {
                    failures.push((preset.name(), epsilon, t, error));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{failures:?}");
    assert!(expected.next().is_none());
}

#[test]
fn flow_of_a_gaussian_is_the_closed_form_bridge() {
    let lattice = Lattice::centred(7.2, 120);
    let source = Moments { mean: [1.2, -0.7], covariance: [0.9, 0.55, 0.5] };
    let p: Vec<f64> = lattice.points().map(|x| density(&source, x)).collect();
    for epsilon in [0.2, 1.0, 2.0] {
        let stop = Stop { tolerance: 1e-7, ..Stop::default() };
        let solution = solve(&lattice, &p, &normal(&lattice), epsilon, None, &stop);
        for t in TIMES {
            let at = bridge(&source, epsilon, t);
            let found = flow(&solution.u, &solution.w, &lattice, epsilon, t);
            let expected: Vec<f64> = lattice.points().map(|x| density(&at, x)).collect();
            let found_rho: Vec<f64> = found.iter().map(|f| f[0].exp()).collect();
            let error = l1(&lattice, &found_rho, &expected);
            let (mut miss, mut scale) = (0.0, 0.0);
            for ((x, f), rho) in lattice.points().zip(&found).zip(&expected) {
                let v = bridge_velocity(&source, epsilon, t, x);
                miss += rho * ((f[1] - v[0]).powi(2) + (f[2] - v[1]).powi(2));
                scale += rho * (v[0] * v[0] + v[1] * v[1]);
            }
            println!("epsilon = {epsilon}, t = {t}: l1 {error:.1e}, velocity {:.1e}", miss / scale);
            assert!(error < 1e-4 && miss / scale < 1e-5, "epsilon = {epsilon}, t = {t}: {error}, {}", miss / scale);
        }
    }
}

#[test]
fn heat_by_products_is_heat_by_sums() {
    let (lattice, _, solution) = solution(Preset::Checkerboard, 0.1);
    for variance in [0.02, 0.1, 1.0] {
        let products = HeatProducts::new(&lattice, variance);
        for field in [&solution.u, &solution.w] {
            let expected = log_heat(field, &lattice, &lattice, variance);
            assert_close("average", &products.average(field), &expected, 1e-12);
            let found = products.average_gradient(field);
            let expected = log_heat_gradient(field, &lattice, variance);
            for component in 0..3 {
                let of = |fields: &[[f64; 3]]| fields.iter().map(|f| f[component]).collect::<Vec<f64>>();
                assert_close("average, gradient", &of(&found), &of(&expected), 1e-9);
            }
        }
    }
}

#[test]
fn a_solution_is_optimal() {
    for (preset, epsilon) in [(Preset::Checkerboard, 0.2), (Preset::Moons, 1.0), (Preset::Pinwheel, 0.05)] {
        let (lattice, source, solution) = solution(preset, epsilon);
        let q = normal(&lattice);
        // The marginals, by the log-sum-exp of the heat twin and not by the solver's matrix products.
        let heat = |f: &[f64]| log_heat(f, &lattice, &lattice, epsilon);
        let source_error = marginal_error(&lattice, &source, &solution.u, &heat(&solution.w));
        let target_error = marginal_error(&lattice, &q, &solution.w, &heat(&solution.u));
        println!("{}: marginals off by {source_error:.1e} and {target_error:.1e}", preset.name());
        assert!(source_error <= 1e-4 && target_error < 1e-9);
        assert!((source_error - solution.error).abs() < 1e-9);
        assert!(solution.u.iter().zip(&source).all(|(&u, &p)| (u <= LOG_ZERO) == (p == 0.0)));
        assert!(solution.u.iter().chain(&solution.w).all(|v| v.is_finite()));
    }
}

#[test]
fn every_sweep_raises_the_dual_value() {
    let (lattice, source, _) = solution(Preset::TwoSpirals, 1.0);
    let q = normal(&lattice);
    let mut sinkhorn = Sinkhorn::new(&lattice, &source, &q, 0.2, None);
    let mean = |density: &[f64], f: &[f64]| {
        density.iter().zip(f).map(|(p, f)| if *p > 0.0 { p * f } else { 0.0 }).sum::<f64>() * lattice.cell_area()
    };
    let mut last = f64::NEG_INFINITY;
    for _ in 0..12 {
        sinkhorn.sweep(&Stop::default());
        let Solution { u, w, heat_w, .. } = sinkhorn.solution();
        let mass = u.iter().zip(heat_w).map(|(u, heat)| (u + heat).exp()).sum::<f64>() * lattice.cell_area();
        let dual = mean(&source, u) + mean(&q, w) - (mass - 1.0);
        assert!(dual > last, "{dual} after {last}");
        last = dual;
    }
}

#[test]
fn a_start_near_the_solution_saves_sweeps() {
    let (lattice, source, solution) = solution(Preset::Swissroll, 0.2);
    let q = normal(&lattice);
    let again = |w: &[f64], epsilon| solve(&lattice, &source, &q, epsilon, Some(w), &Stop::default()).sweeps;
    assert!(again(&solution.w, 0.2) <= 2);
    // The potentials in units of cost change little with ε.
    let scaled: Vec<f64> = solution.w.iter().map(|w| if *w > MASKED_BELOW { w * 0.2 / 0.19 } else { *w }).collect();
    let cold = solve(&lattice, &source, &q, 0.19, None, &Stop::default()).sweeps;
    let warm = again(&scaled, 0.19);
    println!("{warm} sweeps instead of {cold}");
    assert!(warm < cold);
}

#[test]
fn drawings_are_solved_at_both_ends_of_the_scale() {
    let mut drawing = Drawing::default();
    let brush = Brush { radius: 0.25, softness: 0.8 };
    for (from, to) in [([-3.5, -3.5], [3.5, 3.0]), ([-3.8, 3.8], [-3.7, 3.8])] {
        drawing.begin(Tool::Draw, brush, from);
        drawing.extend(to);
        drawing.end();
    }
    let (lattice, source) = drawing.density().unwrap().subsample(3);
    for epsilon in [0.05, 2.0] {
        let solution = solve(&lattice, &source, &normal(&lattice), epsilon, None, &Stop::default());
        println!("epsilon = {epsilon}: {} sweeps, error {:.1e}", solution.sweeps, solution.error);
        assert!(solution.error <= 1e-4 && solution.u.iter().chain(&solution.w).all(|v| v.is_finite()));
        let [start, end] = [0.0, 1.0].map(|t| rho(&solution, &lattice, epsilon, t));
        assert!(l1(&lattice, &start, &source) < 2e-4 && l1(&lattice, &end, &normal(&lattice)) < 1e-4);
    }
}

#[test]
fn a_source_without_mass_ends() {
    let (lattice, _) = Preset::Gaussian.density().subsample(3);
    let nothing = vec![0.0; lattice.len()];
    assert!(log_density(&nothing).iter().all(|&v| v == LOG_ZERO));
    let solution = solve(&lattice, &nothing, &normal(&lattice), 0.2, None, &Stop { max_sweeps: 3, ..Stop::default() });
    assert!(solution.sweeps <= 3);
}

/// The required accuracy is 2e-3 in L1 from t = 0.1 on. The last column says whether the source needs a finer lattice
/// than the coarsest.
#[test]
fn flows_of_thin_sources_are_those_of_a_lattice_three_times_finer() {
    let mut failures = vec![];
    for (source, epsilon, needs_more) in [
        (sources::cross(0.03), 0.2, true),
        (sources::cross(0.05), 0.05, true),
        (sources::cross(0.05), 0.2, true),
        (sources::cross(0.08), 0.2, false),
        (sources::diagonals(0.05), 1.0, false),
        (sources::wave(0.05), 0.2, true),
        (sources::word(0.05), 0.2, true),
        (sources::circles(0.05), 0.2, true),
        (sources::dot(0.03), 1.0, true),
        (sources::dot(0.05), 0.05, true),
        (sources::hard_line(), 0.2, true),
        (sources::image(), 1.0, true),
        (sources::photograph(), 0.2, true),
        (sources::preset(Preset::Rings), 0.05, true),
        (sources::preset(Preset::Checkerboard), 0.2, true),
    ] {
        let problem = Problem::new(&source.density, &Target::Normal, epsilon);
        let against = finer(&source, &problem.lattice);
        let l1 = distances(&source, &problem, epsilon, against);
        println!("{} {:?} epsilon = {epsilon}: {} points, {l1:?}", source.name, source.sigma, problem.lattice.count);
        if l1.iter().any(|l1| l1.is_nan() || *l1 > 2e-3) || needs_more != (problem.lattice != coarsest_lattice()) {
            failures.push((source.name, source.sigma, epsilon, problem.lattice.count, l1));
        }
    }
    assert!(failures.is_empty(), "{failures:?}");
    let (cross, coarsest) = (sources::cross(0.05), coarsest_lattice());
    let coarse = Problem::on(&coarsest, &cross.density, &Target::Normal);
    let l1 = distances(&cross, &coarse, 0.2, DENSITY_COUNT);
    assert!(l1[0] > 1e-2 && l1[1] > 5e-3, "this test cannot fail: {l1:?}");
}

#[test]
fn a_fine_source_over_coarse_nodes_is_solved_as_on_one_lattice() {
    let (source, epsilon) = (sources::cross(0.05), 0.2);
    let Problem { lattice, source, target, .. } = Problem::new(&source.density, &Target::Normal, epsilon);
    let stop = Stop { tolerance: 1e-6, ..Stop::default() };
    let expected = solve(&lattice, &source, &target, epsilon, None, &stop);
    let problem = Problem::new(&sources::cross(0.05).density, &Target::Normal, epsilon);
    let found = solve_problem(&problem, epsilon, &stop);
    let heat = HeatProducts::new(&lattice, epsilon);
    let [of_source, of_target] = [
        marginal_error(&lattice, &source, &found.u, &heat.average(&found.w)),
        marginal_error(&lattice, &target, &found.w, &heat.average(&found.u)),
    ];
    assert!(of_source < 2e-6 && of_target < 1e-9, "{of_source}, {of_target}");
    for t in [0.0, 0.1, 0.5, 1.0] {
        let off = l1(&lattice, &rho(&found, &lattice, epsilon, t), &rho(&expected, &lattice, epsilon, t));
        assert!(off < 2e-5, "t = {t}: {off}");
    }
    // A start from its own w needs one sweep, and no coarse stage.
    let mut again = Sinkhorn::of(&problem, epsilon, Some(&found.w_on_nodes));
    assert!(again.sweep(&Stop::default()), "{}", again.solution().error);
}

#[test]
fn other_targets_are_solved_on_fine_lattices_too() {
    let (source, epsilon) = (Preset::Moons.density(), 0.5);
    let target = Target::new(&sources::hard_line().density);
    let problem = Problem::new(&source, &target, epsilon);
    assert!(problem.lattice.count == DENSITY_COUNT && problem.nodes == problem.lattice);
    let found = solve_problem(&problem, epsilon, &Stop::default());
    let heat = HeatProducts::new(&problem.lattice, epsilon);
    let source = marginal_error(&problem.lattice, &problem.source, &found.u, &heat.average(&found.w));
    let target = marginal_error(&problem.lattice, &problem.target, &found.w, &heat.average(&found.u));
    println!("{} sweeps, {source:.1e}, {target:.1e}", found.sweeps);
    assert!(source <= 1e-4 && target < 1e-9);
}

#[test]
fn a_flow_drawn_on_a_coarser_lattice_is_the_flow() {
    let (source, epsilon) = (sources::hard_line(), 0.2);
    let problem = Problem::new(&source.density, &Target::Normal, epsilon);
    let Solution { u, w, .. } = solve_problem(&problem, epsilon, &Stop::default());
    let fine = problem.lattice;
    let pair = Pair { lattice: fine, epsilon, u, w };
    assert_eq!([0.0, 0.02, 1.0].map(|t| picture_lattice(&fine, epsilon, t)), [fine; 3]);
    let coarse = picture_lattice(&fine, epsilon, 0.1);
    assert_eq!((coarse, fine.count), (coarsest_lattice(), 324));
    for t in [0.1, 0.6] {
        let all = flow_by_products(&pair, t);
        let kept = |k: usize| all[(1 + 3 * (k / coarse.count)) * fine.count + 1 + 3 * (k % coarse.count)];
        let found = flow_on(&pair, &coarse, t);
        for (k, found) in found.iter().enumerate() {
            let expected = kept(k);
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6 * b.abs().max(1.0)), "{k}: {found:?}");
        }
    }
}
