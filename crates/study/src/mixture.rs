//! Entropic transport in closed form beyond Gaussians: where e^{φ/ε} and e^{ψ/ε} are mixtures of Gaussians, so are the
//! coupling, ρ_t at every t, and the law of X_t given an end. An oracle for solvers, learners and samplers.
//!
//! With e^u = Σ a_i N(m_i, S_i) and e^w = Σ b_j N(n_j, T_j), heat adds its variance to the covariances:
//! H_s[e^u] = Σ a_i N(m_i, S_i + s I). Then ρ_t = H_{tε}[e^u] H_{(1−t)ε}[e^w], whose products of Gaussians have masses that
//! do not depend on t.

use flowsketch_core::explore::Given;
use flowsketch_core::gaussian::{Moments, apply, density, determinant, inverse};
use flowsketch_core::lattice::Lattice;
use flowsketch_core::sampling::{Local, LogHeat};
use rand::{Rng, RngExt};
use std::f64::consts::{PI, TAU};

/// A Gaussian of mass `weight`.
#[derive(Clone, Copy, Debug)]
pub struct Component {
    pub weight: f64,
    pub moments: Moments,
}

/// The coupling γ(x, y) = e^{u(x)} G_ε(x − y) e^{w(y)} of mass 1.
#[derive(Clone, Debug)]
pub struct MixtureBridge {
    pub epsilon: f64,
    /// e^u, then e^w.
    pub ends: [Vec<Component>; 2],
}

impl MixtureBridge {
    /// From e^u and e^w, each up to a factor: that of e^u is chosen so that the mass of γ is 1.
    pub fn new(epsilon: f64, [mut of_u, of_w]: [Vec<Component>; 2]) -> Self {
        let mass: f64 = pairs(&of_u, &heated(&of_w, epsilon)).map(|product| product.weight).sum();
        of_u.iter_mut().for_each(|component| component.weight /= mass);
        Self { epsilon, ends: [of_u, of_w] }
    }

    /// Random mixtures of `count` components each, within about 3 of the middle; every third one is thin, with a
    /// deviation of 0.12 across.
    pub fn random(epsilon: f64, count: usize, rng: &mut impl Rng) -> Self {
        let mut component = |k: usize| {
            let mean = [0; 2].map(|_| rng.random_range(-1.3..1.3));
            let across = if k % 3 == 2 { 0.12 } else { rng.random_range(0.35..0.6) };
            let deviations = [rng.random_range(0.4..0.8), across];
            let moments = Moments::of_axes(mean, deviations, rng.random_range(0.0..PI));
            Component { weight: rng.random_range(0.3..1.0), moments }
        };
        let of_u = (0..count).map(&mut component).collect();
        Self::new(epsilon, [of_u, (0..count).map(component).collect()])
    }

    /// The flow at time `t` in [0, 1] and any point.
    pub fn at(&self, t: f64, x: [f64; 2]) -> Local {
        Local::new(self.epsilon, self.heated(t).map(|mixture| logarithm(&mixture, x)))
    }

    /// ρ_t as a mixture.
    pub fn rho(&self, t: f64) -> Vec<Component> {
        let [u, w] = self.heated(t);
        pairs(&u, &w).collect()
    }

    /// The law of X_t given that X_0 or X_1 is `point`, as a mixture of mass 1; `t` is not the time of that end.
    pub fn conditional(&self, given: Given, t: f64, point: [f64; 2]) -> Vec<Component> {
        let [u, w] = self.heated(t);
        let (away, field) = match given {
            Given::Source => (t, w),
            Given::Target => (1.0 - t, u),
        };
        let variance = away * self.epsilon;
        let kernel =
            [Component { weight: 1.0, moments: Moments { mean: point, covariance: [variance, 0.0, variance] } }];
        let law: Vec<_> = pairs(&kernel, &field).collect();
        let mass: f64 = law.iter().map(|component| component.weight).sum();
        law.iter().map(|component| Component { weight: component.weight / mass, ..*component }).collect()
    }

    /// H_{tε}[e^u] and H_{(1−t)ε}[e^w].
    fn heated(&self, t: f64) -> [Vec<Component>; 2] {
        [heated(&self.ends[0], t * self.epsilon), heated(&self.ends[1], (1.0 - t) * self.epsilon)]
    }
}

/// The density of a mixture at the points of a lattice.
pub fn on(mixture: &[Component], lattice: &Lattice) -> Vec<f64> {
    lattice.points().map(|x| mixture.iter().map(|c| c.weight * density(&c.moments, x)).sum()).collect()
}

/// Mean and covariance of a mixture of mass 1.
pub fn moments(mixture: &[Component]) -> Moments {
    let mean = [0, 1].map(|axis| mixture.iter().map(|c| c.weight * c.moments.mean[axis]).sum::<f64>());
    let covariance = [(0, 0), (0, 1), (1, 1)].map(|(a, b)| {
        let second = |c: &Component| c.moments.covariance[a + b] + c.moments.mean[a] * c.moments.mean[b];
        mixture.iter().map(|c| c.weight * second(c)).sum::<f64>() - mean[a] * mean[b]
    });
    Moments { mean, covariance }
}

fn heated(mixture: &[Component], variance: f64) -> Vec<Component> {
    let add = |[xx, xy, yy]: [f64; 3]| [xx + variance, xy, yy + variance];
    let heat =
        |c: &Component| Component { moments: Moments { covariance: add(c.moments.covariance), ..c.moments }, ..*c };
    mixture.iter().map(heat).collect()
}

/// The products of each component of `a` with each of `b`.
fn pairs<'a>(a: &'a [Component], b: &'a [Component]) -> impl Iterator<Item = Component> + 'a {
    a.iter().flat_map(|a| b.iter().map(move |b| product(a, b)))
}

/// N(m, S) N(n, T) = N(m − n; 0, S + T) N(S (S + T)⁻¹ n + T (S + T)⁻¹ m, S (S + T)⁻¹ T).
fn product(a: &Component, b: &Component) -> Component {
    let (s, t) = (a.moments.covariance, b.moments.covariance);
    let sum = [0, 1, 2].map(|k| s[k] + t[k]);
    let offset = [0, 1].map(|k| a.moments.mean[k] - b.moments.mean[k]);
    let overlap = density(&Moments { mean: [0.0; 2], covariance: sum }, offset);
    let precision = inverse(sum);
    let pulled = apply(precision, offset);
    let mean = [0, 1].map(|k| a.moments.mean[k] - apply(s, pulled)[k]);
    // Columns of (S + T)⁻¹ T, then S times them.
    let columns = [[t[0], t[1]], [t[1], t[2]]].map(|column| apply(s, apply(precision, column)));
    let covariance = [columns[0][0], 0.5 * (columns[0][1] + columns[1][0]), columns[1][1]];
    Component { weight: a.weight * b.weight * overlap, moments: Moments { mean, covariance } }
}

/// The logarithm of a mixture at a point, with its derivatives.
fn logarithm(mixture: &[Component], x: [f64; 2]) -> LogHeat {
    let terms: Vec<_> = mixture
        .iter()
        .map(|Component { weight, moments }| {
            let precision = inverse(moments.covariance);
            let pull = apply(precision, [0, 1].map(|k| moments.mean[k] - x[k]));
            let square = pull[0] * (moments.mean[0] - x[0]) + pull[1] * (moments.mean[1] - x[1]);
            let log = weight.ln() - 0.5 * square - (TAU / determinant(precision).sqrt()).ln();
            (log, pull, pull[0] * pull[0] + pull[1] * pull[1] - precision[0] - precision[2])
        })
        .collect();
    let top = terms.iter().map(|term| term.0).fold(f64::NEG_INFINITY, f64::max);
    let shares: Vec<f64> = terms.iter().map(|term| (term.0 - top).exp()).collect();
    let total: f64 = shares.iter().sum();
    let mean = |of: &dyn Fn(usize) -> f64| (0..terms.len()).map(|k| shares[k] * of(k)).sum::<f64>() / total;
    let gradient = [0, 1].map(|axis| mean(&|k| terms[k].1[axis]));
    let curvature = mean(&|k| terms[k].2);
    LogHeat {
        log: top + total.ln(),
        gradient,
        laplacian: curvature - gradient[0] * gradient[0] - gradient[1] * gradient[1],
    }
}
