//! Entropic transport on a line, where γ, the potentials and all paths can be seen at once.
//!
//! A source on `COUNT` cells of [−`HALF_WIDTH`, `HALF_WIDTH`] is paired with the Normal there by Sinkhorn's iteration,
//! one half-step at a time: γ(x, y) = e^{u(x)} G_ε(x − y) e^{w(y)}, with u = φ/ε and w = ψ/ε in nats.

mod printed;

pub use printed::Form;

use crate::exact::sinkhorn::{half_sweep, log_density};
use crate::heat::log_domain::{MIN_VARIANCE_IN_CELLS, log_heat_axis, log_normaliser};
use crate::numeric::{LOG_ZERO, MASKED_BELOW};
use crate::random::{hash, normal_pair};

/// The line is [−`HALF_WIDTH`, `HALF_WIDTH`], world units.
pub const HALF_WIDTH: f64 = 4.0;
/// Cells of the line.
pub const COUNT: usize = 160;
const STEP: f64 = 2.0 * HALF_WIDTH / COUNT as f64;

/// A density at a place of the line, up to a factor.
pub type Shape = fn(f64) -> f64;

/// Sources of lessons, with their names.
pub const SOURCES: [(&str, Shape); 4] = [
    ("humps", |x| hump(x, -1.8, 0.45) + hump(x, 1.8, 0.45)),
    ("block", |x| if x.abs() < 2.0 { 1.0 } else { 0.0 }),
    ("ramp", |x| if x.abs() < 3.0 { 3.0 + x } else { 0.0 }),
    ("Gaussian", |x| hump(x, 1.0, 0.6)),
];

fn hump(x: f64, centre: f64, deviation: f64) -> f64 {
    (-0.5 * ((x - centre) / deviation).powi(2)).exp() / deviation
}

/// The centre of a cell, world units.
pub fn place(cell: usize) -> f64 {
    STEP * (cell as f64 + 0.5) - HALF_WIDTH
}

/// The source of that name, or none.
pub fn source(name: &str) -> Option<Vec<f64>> {
    let (_, density) = SOURCES.iter().find(|(known, _)| *known == name)?;
    Some((0..COUNT).map(|cell| density(place(cell))).collect())
}

/// A density of mass 1; none if there is no mass.
fn normalised(density: &[f64]) -> Option<Vec<f64>> {
    let mass = STEP * density.iter().sum::<f64>();
    (mass > 0.0 && mass.is_finite()).then(|| density.iter().map(|p| p / mass).collect())
}

/// A pairing of two densities on a line, on its way to the solution.
#[derive(Clone, Debug, PartialEq)]
pub struct LineFlow {
    epsilon: f64,
    source: Vec<f64>,
    target: Vec<f64>,
    /// φ/ε and ψ/ε, nats.
    u: Vec<f64>,
    w: Vec<f64>,
    /// log H_ε[e^u] and log H_ε[e^w].
    heat_u: Vec<f64>,
    heat_w: Vec<f64>,
    halves: u32,
}

impl LineFlow {
    /// Before the first half-step: φ and ψ are 0 where there is mass.
    ///
    /// `source` has `COUNT` values ≥ 0, of any mass; none if that is 0.
    pub fn new(source: &[f64], epsilon: f64) -> Option<Self> {
        assert_eq!(source.len(), COUNT, "a value for each cell");
        let source = normalised(source)?;
        let normal: Vec<f64> = (0..COUNT).map(|cell| hump(place(cell), 0.0, 1.0)).collect();
        let target = normalised(&normal).expect("the Normal has mass");
        let (u, w) = (flat(&source), flat(&target));
        let mut flow = Self { epsilon, source, target, u, w, heat_u: vec![], heat_w: vec![], halves: 0 };
        flow.average();
        Some(flow)
    }

    fn average(&mut self) {
        self.heat_u = heat(&self.u, self.epsilon);
        self.heat_w = heat(&self.w, self.epsilon);
    }

    /// Another ε; the potentials, in units of cost, stay.
    pub fn set_epsilon(&mut self, epsilon: f64) {
        let factor = self.epsilon / epsilon;
        for value in self.u.iter_mut().chain(&mut self.w).filter(|value| **value > MASKED_BELOW) {
            *value *= factor;
        }
        self.epsilon = epsilon;
        self.average();
    }

    /// Another source, of any mass; ψ stays. False, and nothing changes, if it has no mass.
    pub fn set_source(&mut self, source: &[f64]) -> bool {
        assert_eq!(source.len(), COUNT, "a value for each cell");
        let Some(source) = normalised(source) else { return false };
        self.source = source;
        self.fit_source();
        true
    }

    fn fit_source(&mut self) {
        self.u = half_sweep(&log_density(&self.source), &self.heat_w);
        self.heat_u = heat(&self.u, self.epsilon);
    }

    /// One half of a Sinkhorn iteration: φ is fitted so that the source marginal is exact, or after that ψ, for the target.
    pub fn half_step(&mut self) {
        if self.halves.is_multiple_of(2) {
            self.fit_source();
        } else {
            self.w = half_sweep(&log_density(&self.target), &self.heat_u);
            self.heat_w = heat(&self.w, self.epsilon);
        }
        self.halves += 1;
    }

    /// Half-steps made.
    pub fn halves(&self) -> u32 {
        self.halves
    }

    /// ε.
    pub fn epsilon(&self) -> f64 {
        self.epsilon
    }

    /// Source and target, each of mass 1.
    pub fn densities(&self) -> [&[f64]; 2] {
        [&self.source, &self.target]
    }

    /// The marginals of γ: e^u H_ε[e^w] and e^w H_ε[e^u].
    pub fn marginals(&self) -> [Vec<f64>; 2] {
        let product = |(own, other): (&f64, &f64)| (own + other).exp();
        let of = |own: &[f64], other: &[f64]| own.iter().zip(other).map(product).collect();
        [of(&self.u, &self.heat_w), of(&self.w, &self.heat_u)]
    }

    /// L1 distances of the marginals from source and target.
    pub fn errors(&self) -> [f64; 2] {
        let [first, second] = self.marginals();
        let distance = |a: &[f64], b: &[f64]| STEP * a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>();
        [distance(&first, &self.source), distance(&second, &self.target)]
    }

    /// φ and ψ in units of cost, with equal means over source and target; none where there is no mass.
    pub fn potentials(&self) -> [Vec<Option<f64>>; 2] {
        let pairs = [(&self.u, &self.source), (&self.w, &self.target)];
        let means = pairs.map(|(nats, density)| {
            let terms = nats.iter().zip(density).filter(|(_, p)| **p > 0.0);
            STEP * terms.map(|(value, p)| value * p).sum::<f64>()
        });
        let shift = 0.5 * (means[1] - means[0]);
        [(0, shift), (1, -shift)].map(|(k, shift)| {
            let value = |value: &f64| (*value > MASKED_BELOW).then_some(self.epsilon * (value + shift));
            pairs[k].0.iter().map(value).collect()
        })
    }

    /// γ(x, y) for every y, where x is the centre of the cell `given`.
    pub fn row(&self, given: usize) -> Vec<f64> {
        let (x, u) = (place(given), self.u[given]);
        let log_factor = u - 0.5 * (std::f64::consts::TAU * self.epsilon).ln();
        let value =
            |(cell, w): (usize, &f64)| (log_factor + w - (x - place(cell)).powi(2) / (2.0 * self.epsilon)).exp();
        self.w.iter().enumerate().map(value).collect()
    }

    /// 1 − E(y − E\[y|x\])² / E(y − E y)²: 1 for a map, 0 for independence.
    pub fn correlation(&self) -> f64 {
        let (mut mass, mut first, mut second, mut explained) = (0.0, 0.0, 0.0, 0.0);
        for x in (0..COUNT).filter(|&x| self.source[x] > 0.0) {
            let mut sums = [0.0; 3];
            for (y, share) in self.row(x).into_iter().enumerate() {
                let y = place(y);
                sums = [sums[0] + share, sums[1] + share * y, sums[2] + share * y * y];
            }
            (mass, first, second) = (mass + sums[0], first + sums[1], second + sums[2]);
            // A row may be too small for a number.
            if sums[0] > 0.0 {
                explained += sums[1] * sums[1] / sums[0];
            }
        }
        let square = first * first / mass;
        (explained - square) / (second - square)
    }

    /// ρ_t at the cells, for t in [0, 1]: e^{φ_t/ε + ψ_t/ε}.
    pub fn density(&self, t: f64) -> Vec<f64> {
        let [u, w] = [heat(&self.u, t * self.epsilon), heat(&self.w, (1.0 - t) * self.epsilon)];
        u.iter().zip(w).map(|(u, w)| (u + w).exp()).collect()
    }

    /// Random paths with the law of the stochastic flow at `times` equal times from 0 to 1: a pair of γ, and between its
    /// ends a Brownian bridge of variance ε. The random numbers are always the same, so that paths move smoothly with ε.
    pub fn random_paths(&self, count: u32, times: usize) -> Vec<Vec<f64>> {
        let path = |k: u32| {
            // Spread over the source, so that few paths show it all.
            let x = quantile(&self.source, (f64::from(k) + 0.5) / f64::from(count));
            let cell = (((x + HALF_WIDTH) / STEP) as usize).min(COUNT - 1);
            let chance = (f64::from(hash([k, 0, 1, 1])[0]) + 0.5) / (f64::from(u32::MAX) + 1.0);
            let y = quantile(&self.row(cell), chance);
            let scale = (self.epsilon / (times - 1) as f64).sqrt();
            let mut walk = vec![0.0];
            for index in 1..times {
                let [step, _]: [f64; 2] = normal_pair([2, 2], k, index as u32);
                walk.push(walk[index - 1] + scale * step);
            }
            let end = walk[times - 1];
            let at = |(index, walked): (usize, &f64)| {
                let t = index as f64 / (times - 1) as f64;
                (1.0 - t) * x + t * y + walked - t * end
            };
            walk.iter().enumerate().map(at).collect()
        };
        (0..count).map(path).collect()
    }
}

/// The shares of the mass on the left of the paths that are followed.
pub const SHARES: [f64; 9] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/// The place that has the share `chance` of the mass of a density at equal distances on its left.
///
/// The paths of the flow are lines of equal share: on a line no path overtakes another.
pub fn quantile(density: &[f64], chance: f64) -> f64 {
    let step = 2.0 * HALF_WIDTH / density.len() as f64;
    let wanted = chance * density.iter().sum::<f64>();
    let mut below = 0.0;
    for (cell, &mass) in density.iter().enumerate() {
        if below + mass >= wanted && mass > 0.0 {
            return step * (cell as f64 + (wanted - below) / mass) - HALF_WIDTH;
        }
        below += mass;
    }
    HALF_WIDTH
}

/// 0 where there is mass.
fn flat(density: &[f64]) -> Vec<f64> {
    density.iter().map(|&p| if p > 0.0 { 0.0 } else { LOG_ZERO }).collect()
}

/// log H_s\[e^f\] at the cells.
fn heat(field: &[f64], variance: f64) -> Vec<f64> {
    let places: Vec<f64> = (0..COUNT).map(place).collect();
    let variance = variance.max(MIN_VARIANCE_IN_CELLS * STEP * STEP);
    log_heat_axis(field, &places, &places, variance, log_normaliser(variance, STEP))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn solved(name: &str, epsilon: f64) -> LineFlow {
        let mut flow = LineFlow::new(&source(name).expect("it is a source"), epsilon).expect("it has mass");
        while flow.halves() < 1000 && flow.errors().into_iter().fold(0.0, f64::max) > 1e-9 {
            flow.half_step();
        }
        flow
    }

    fn mean_and_variance(density: &[f64]) -> [f64; 2] {
        let step = 2.0 * HALF_WIDTH / density.len() as f64;
        let place = |cell: usize| step * (cell as f64 + 0.5) - HALF_WIDTH;
        let sum = |f: &dyn Fn(f64) -> f64| step * density.iter().enumerate().map(|(k, p)| p * f(place(k))).sum::<f64>();
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
            assert!((flow.correlation() - c * c / s).abs() < 3e-3, "{epsilon}: {}", flow.correlation());
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
            let [verified, printed] =
                [Form::Verified, Form::Printed].map(|form| flow.path_error(&flow.paths(25, form)));
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
