//! A pairing on the line, its potentials, and the flow that they define.

use super::cells::{COUNT, STEP, cell_at, flat, heat, hump, moments, normalised, place, quantile};
use crate::exact::sinkhorn::{half_sweep, log_density};
use crate::numeric::MASKED_BELOW;
use crate::random::{hash, normal_pair};

/// The L1 error of a marginal below which a pairing is called solved.
const TOLERANCE: f64 = 1e-4;
/// Most half-steps to a solution.
pub const MOST_HALVES: u32 = 4_000;

/// A pairing of two densities on a line, on its way to the solution.
#[derive(Clone, Debug, PartialEq)]
pub struct LineFlow {
    pub(super) epsilon: f64,
    pub(super) source: Vec<f64>,
    pub(super) target: Vec<f64>,
    /// φ/ε and ψ/ε, nats.
    pub(super) u: Vec<f64>,
    pub(super) w: Vec<f64>,
    /// log H_ε[e^u] and log H_ε[e^w].
    pub(super) heat_u: Vec<f64>,
    pub(super) heat_w: Vec<f64>,
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

    /// φ's transform in nats: log p_N − log H_ε\[e^u\].
    pub(super) fn transform(&self) -> Vec<f64> {
        half_sweep(&log_density(&self.target), &self.heat_u)
    }

    /// One half of a Sinkhorn iteration: φ is fitted so that the source marginal is exact, or after that ψ, for the target.
    pub fn half_step(&mut self) {
        if self.halves.is_multiple_of(2) {
            self.fit_source();
        } else {
            self.w = self.transform();
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

    /// The larger of these distances.
    pub fn error(&self) -> f64 {
        self.errors().into_iter().fold(0.0, f64::max)
    }

    /// Whether both marginals are right within 1e-4 in L1.
    pub fn is_solved(&self) -> bool {
        self.error() <= TOLERANCE
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

    /// Mean and deviation of the partners of x, the centre of the cell `given`; none if their mass is too small for a number.
    pub fn partners(&self, given: usize) -> Option<[f64; 2]> {
        let [mean, variance] = moments(&self.row(given));
        mean.is_finite().then(|| [mean, variance.sqrt()])
    }

    /// 1 − E(y − E\[y|x\])² / E(y − E y)²: 1 for a map, 0 for independence.
    pub fn explained_share(&self) -> f64 {
        let [first, second] = self.marginals();
        let rest = |(x, mass): (usize, &f64)| Some(mass * self.partners(x)?[1].powi(2));
        let rest: f64 = first.iter().enumerate().filter_map(rest).sum();
        1.0 - rest / first.iter().sum::<f64>() / moments(&second)[1]
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
            let chance = (f64::from(hash([k, 0, 1, 1])[0]) + 0.5) / (f64::from(u32::MAX) + 1.0);
            let y = quantile(&self.row(cell_at(x)), chance);
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
