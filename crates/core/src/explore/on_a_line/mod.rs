//! Entropic transport on a line, where γ, the potentials and all paths can be seen at once.
//!
//! A source on `COUNT` cells of [−`HALF_WIDTH`, `HALF_WIDTH`] is paired with the Normal there by Sinkhorn's iteration,
//! one half-step at a time: γ(x, y) = e^{u(x)} G_ε(x − y) e^{w(y)}, with u = φ/ε and w = ψ/ε in nats.

mod cells;
mod flow;
mod printed;

pub use cells::{COUNT, HALF_WIDTH, SHARES, SOURCES, Shape, cell_at, place, quantile, source};
pub use flow::{LineFlow, MOST_HALVES};
pub use printed::{Form, TIMES};

#[cfg(test)]
mod tests {
    use super::cells::STEP;
    use super::*;

    fn solved(name: &str, epsilon: f64) -> LineFlow {
        let mut flow = LineFlow::new(&source(name).expect("it is a source"), epsilon).expect("it has mass");
        while flow.halves() < 1000 && flow.error() > 1e-9 {
            flow.half_step();
        }
        flow
    }

    fn mean_and_variance(density: &[f64]) -> [f64; 2] {
        let sum = |f: &dyn Fn(f64) -> f64| STEP * density.iter().enumerate().map(|(k, p)| p * f(place(k))).sum::<f64>();
        let mean = sum(&|x| x);
        [mean, sum(&|x| (x - mean).powi(2))]
    }

    /// A Gaussian N(m, s) to the Normal: covariance c with c² + εc = s, ρ_t Gaussian with a known variance.
    #[test]
    fn a_gaussian_agrees_with_its_closed_form() {
        for epsilon in [0.1, 0.5, 2.0] {
            let flow = solved("Gaussian", epsilon);
            let s: f64 = 0.36;
            let c = (s + epsilon * epsilon / 4.0).sqrt() - epsilon / 2.0;
            // The line ends at 4 deviations of the Normal.
            assert!((flow.explained_share() - c * c / s).abs() < 3e-3, "{epsilon}: {}", flow.explained_share());
            for t in [0.0, 0.25, 0.5, 0.75, 1.0] {
                let [mean, variance] = mean_and_variance(&flow.density(t));
                let expected = (1.0 - t) * (1.0 - t) * s + t * t + 2.0 * t * (1.0 - t) * c + t * (1.0 - t) * epsilon;
                assert!((mean - (1.0 - t)).abs() < 3e-3, "{epsilon}, {t}: {mean}");
                assert!((variance - expected).abs() < 5e-3, "{epsilon}, {t}: {variance}, not {expected}");
            }
            let [phi, psi] = flow.potentials();
            let slope = |values: &[Option<f64>], cell: usize| {
                (values[cell + 1].expect("mass") - values[cell - 1].expect("mass")) / (2.0 * STEP)
            };
            // log γ has the second derivatives φ″/ε − 1/ε = −1/(s − c²) in x, and ψ″/ε − 1/ε = −1/(1 − c²/s) in y: γ has the
            // covariance ((s, c), (c, 1)), and these are the diagonal entries of its inverse.
            let curvature = |values: &[Option<f64>]| (slope(values, 100) - slope(values, 80)) / (20.0 * STEP);
            assert!((curvature(&phi) - (1.0 - epsilon / (s - c * c))).abs() < 1e-2, "{epsilon}: {}", curvature(&phi));
            assert!((curvature(&psi) - (1.0 - epsilon / (1.0 - c * c / s))).abs() < 1e-2, "{epsilon}");
        }
    }

    #[test]
    fn a_half_step_makes_one_marginal_exact_and_the_other_better() {
        let mut flow = LineFlow::new(&source("humps").expect("known"), 0.3).expect("mass");
        let mut last = [f64::INFINITY; 2];
        for half in 0..12 {
            flow.half_step();
            let errors = flow.errors();
            let (exact, other) = (half % 2, 1 - half % 2);
            assert!(errors[exact] < 1e-9, "{half}: {errors:?}");
            assert!(errors[other] < last[other], "{half}: {errors:?}");
            last[other] = errors[other];
        }
    }

    /// Sources with cells without mass; the ends of the flow are source and target.
    #[test]
    fn the_flow_begins_at_the_source_and_ends_at_the_target() {
        for (name, _) in SOURCES {
            for epsilon in [0.05, 2.0] {
                let flow = solved(name, epsilon);
                for (t, density) in [0.0, 1.0].into_iter().zip(flow.densities()) {
                    let found = flow.density(t);
                    let error = STEP * found.iter().zip(density).map(|(a, b)| (a - b).abs()).sum::<f64>();
                    assert!(error < 1e-6, "{name}, {epsilon}, {t}: {error}");
                }
                let mass = STEP * flow.density(0.5).iter().sum::<f64>();
                assert!((mass - 1.0).abs() < 2e-3, "{name}, {epsilon}: {mass}");
                assert!(flow.random_paths(8, 33).iter().flatten().all(|x| x.is_finite() && x.abs() < 6.0));
            }
        }
    }

    /// Paths along v keep their share of the mass on their left; with the printed sign they do not.
    #[test]
    fn paths_along_the_velocity_are_lines_of_equal_share() {
        for name in ["Gaussian", "humps", "block"] {
            let flow = solved(name, 0.5);
            let [verified, printed] = [Form::Verified, Form::Printed].map(|form| flow.path_error(&flow.paths(form)));
            assert!(verified < 2e-3 && printed > 0.4, "{name}: {verified} {printed}");
        }
    }

    #[test]
    fn what_holds_and_what_is_printed() {
        let flow = solved("Gaussian", 1.0);
        assert!(flow.transformed(Form::Verified).errors()[1] < 1e-9);
        assert!(flow.transformed(Form::Printed).errors()[1] > 0.5);
        for t in [0.25, 0.5] {
            let [mean, variance] = mean_and_variance(&flow.density(t));
            let [[verified_mean, verified], [_, printed]] =
                [Form::Verified, Form::Printed].map(|form| flow.gaussian_bridge(t, form));
            assert!((mean - verified_mean).abs() < 2e-3 && (variance.sqrt() - verified).abs() < 2e-3);
            assert!((variance.sqrt() - printed).abs() > 0.01, "{t}: {}", variance.sqrt() - printed);
            assert!((flow.deviation(t) - variance.sqrt()).abs() < 1e-3);
        }
        let mut disagreeing = LineFlow::new(&source("Gaussian").expect("known"), 0.5).expect("mass");
        let first = disagreeing.disagreement();
        disagreeing.penalty_step(Form::Verified);
        assert!((disagreeing.disagreement() / first - 0.5).abs() < 1e-9);
        disagreeing.penalty_step(Form::Printed);
        assert!((disagreeing.disagreement() / first - 0.75).abs() < 1e-9);
    }

    #[test]
    fn another_epsilon_or_source_is_solved_from_the_last() {
        let mut flow = solved("ramp", 0.2);
        flow.set_epsilon(0.22);
        let warm = flow.errors()[0];
        let cold = LineFlow::new(&source("ramp").expect("known"), 0.22).expect("mass");
        assert!(warm < 0.2 * cold.errors()[0], "{warm}");
        assert!(flow.set_source(&source("block").expect("known")));
        assert!(flow.errors()[0] < 1e-9);
        assert!(!flow.set_source(&[0.0; COUNT]));
        assert!(LineFlow::new(&[0.0; COUNT], 0.2).is_none());
    }

    #[test]
    fn quantiles_of_a_block() {
        let block = source("block").expect("known");
        for (chance, expected) in [(0.0, -2.0), (0.25, -1.0), (0.5, 0.0), (1.0, 2.0)] {
            assert!((quantile(&block, chance) - expected).abs() < 1e-9, "{chance}");
        }
    }
}
