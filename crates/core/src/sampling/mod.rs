//! Samples from the flow, along its velocity or by its stochastic equation, and likelihoods of points.
//!
//! In f64 on the host. Each point is integrated with its own steps and does not depend on any other point.
//!
//! ```
//! use flowsketch_core::exact::sinkhorn::{Stop, solve_problem};
//! use flowsketch_core::measure::{Preset, Problem, Target};
//! use flowsketch_core::potentials::Pair;
//! use flowsketch_core::sampling::{PointwiseFlow, transport};
//!
//! let problem = Problem::new(&Preset::Gaussian.density(), &Target::Normal, 1.0);
//! let solution = solve_problem(&problem, 1.0, &Stop::default());
//! let pair = Pair { lattice: problem.lattice, epsilon: 1.0, u: solution.u, w: solution.w };
//! // From a point of the Normal back to the source.
//! let moved = transport(&PointwiseFlow::new(&pair), &[[0.5, -0.5]], 1.0, 0.0, 1e-6);
//! assert!(moved.points[0].iter().all(|c| c.is_finite()));
//! ```

mod dormand_prince;
mod pair;
mod two_sample_test;

pub use dormand_prince::integrate;
pub use pair::{FlowAt, Local, LogHeat, PointwiseFlow};
pub use two_sample_test::{TwoSampleTest, energy_distance, two_sample_test};

use crate::numeric::{log_normal, standard_normal_pair};
use crate::parallel;
use rand::Rng;

/// Points after [`transport`].
#[derive(Clone, Debug, PartialEq)]
pub struct Transported {
    /// In the order of the given points, world units.
    pub points: Vec<[f64; 2]>,
    /// Evaluations of the velocity, all points together.
    pub evaluations: usize,
}

/// Carries `points` from time `from` to time `to`, either way, along dX/dt = v_t(X).
///
/// Dormand-Prince 5(4) with steps for each point, of local error `tolerance` · (1 + |X|); it always ends
/// ([`integrate`]). From t = 1 to t = 0 it makes points of the target into points of the source.
pub fn transport(pair: &PointwiseFlow, points: &[[f64; 2]], from: f64, to: f64, tolerance: f64) -> Transported {
    let velocity = |t: f64, x: &[f64; 2]| pair.at(t).evaluate(*x).velocity;
    let ends = parallel::map(points, |&x| integrate(velocity, x, from, to, tolerance));
    Transported { points: ends.iter().map(|end| end.0).collect(), evaluations: ends.iter().map(|end| end.1).sum() }
}

/// log p_D(x) at each of `points` by the change of variables: log p_N(X_1) + ∫₀¹ div v_t(X_t) dt with X_0 = x, nats.
///
/// The target is the standard Normal. `tolerance` is as in [`transport`], for the integral too.
pub fn log_likelihood(pair: &PointwiseFlow, points: &[[f64; 2]], tolerance: f64) -> Vec<f64> {
    let rate = |t: f64, &[x, y, _]: &[f64; 3]| {
        let at = pair.at(t).evaluate([x, y]);
        [at.velocity[0], at.velocity[1], at.divergence]
    };
    parallel::map(points, |&[x, y]| {
        let ([x, y, volume], _) = integrate(rate, [x, y, 0.0], 0.0, 1.0, tolerance);
        log_normal::<f64>([x, y]) + volume
    })
}

/// Carries `points` from time `from` to time `to` by the stochastic flow, which has the same ρ_t as [`transport`].
///
/// Forwards dX = ∇ψ_t dt + √ε dW, backwards dX = ∇φ_t ds + √ε dW with s = 1 − t; Euler-Maruyama in `steps` steps of
/// equal length in √t, for the flow changes fastest near t = 0.
pub fn diffuse(
    pair: &PointwiseFlow,
    points: &[[f64; 2]],
    from: f64,
    to: f64,
    steps: usize,
    rng: &mut impl Rng,
) -> Vec<[f64; 2]> {
    let time = |k: usize| (from.sqrt() + (to.sqrt() - from.sqrt()) * k as f64 / steps as f64).powi(2);
    let mut points = points.to_vec();
    for step in 0..steps {
        let (t, dt) = (time(step), (time(step + 1) - time(step)).abs());
        let at = pair.at(t);
        let spread = (pair.epsilon() * dt).sqrt();
        let drift = parallel::map(&points, |&x| {
            let local = at.evaluate(x);
            if to > from { local.grad_psi } else { local.grad_phi }
        });
        for (x, drift) in points.iter_mut().zip(&drift) {
            let noise = standard_normal_pair(rng);
            *x = [0, 1].map(|axis| x[axis] + drift[axis] * dt + spread * noise[axis]);
        }
    }
    points
}
