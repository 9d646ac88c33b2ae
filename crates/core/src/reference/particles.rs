//! Particles that move with a flow for one frame, by its velocity and by its stochastic equation.
//!
//! dX = v_t dt, and dX = ∇ψ_t dt + √ε dW forwards or dX = ∇φ_t ds + √ε dW backwards with s = 1 − t. In τ = √t the flow
//! changes at an even rate. dX/dτ = 2τ v is integrated by the classical Runge-Kutta method, and the stochastic
//! equation by Euler-Maruyama with steps of half the length. Gradients are known on the flow lattice; between its
//! points they are interpolated by cubic convolution (Keys 1981, a = −½), which is continuously differentiable.

use crate::lattice::Lattice;
use crate::parallel;
use crate::particle_step::ParticleStep;
use crate::random::normal_pair;

/// Velocity and drift of particles at one time, at the points of the flow lattice.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    /// v_t.
    velocity: Vec<[f64; 2]>,
    /// ∇ψ_t, or ∇φ_t backwards.
    drift: Vec<[f64; 2]>,
}

impl Rates {
    /// From u_t and w_t with their gradients, (value, ∂x, ∂y): v = ε/2 ∇(w − u), ∇ψ = ε ∇w, ∇φ = ε ∇u.
    pub fn new(u: &[[f64; 3]], w: &[[f64; 3]], epsilon: f64, backwards: bool) -> Self {
        let velocity = u.iter().zip(w).map(|(u, w)| [1, 2].map(|k| 0.5 * epsilon * (w[k] - u[k]))).collect();
        let own = if backwards { u } else { w };
        Self { velocity, drift: own.iter().map(|f| [1, 2].map(|k| epsilon * f[k])).collect() }
    }
}

/// Both clouds, without noise and with it, at the end of `particle_step`, from their positions `clouds` at its
/// beginning; `rates` are those at its three times.
pub fn particles(particle_step: &ParticleStep, rates: [&Rates; 3], clouds: [&[[f64; 2]]; 2]) -> [Vec<[f64; 2]>; 2] {
    let [first, middle, last] = rates;
    let [from, between, to] = particle_step.roots();
    let lattice = &particle_step.lattice;

    let step = to - from;
    let slope =
        |rates: &Rates, root: f64, x: [f64; 2]| interpolate(lattice, &rates.velocity, x).map(|v| 2.0 * root * v);
    let moved = |x: &[f64; 2], k: [f64; 2], by: f64| [x[0] + by * k[0], x[1] + by * k[1]];
    let ode = parallel::map(clouds[0], |x| {
        let a = slope(first, from, *x);
        let b = slope(middle, between, moved(x, a, 0.5 * step));
        let c = slope(middle, between, moved(x, b, 0.5 * step));
        let d = slope(last, to, moved(x, c, step));
        [0, 1].map(|k| x[k] + step / 6.0 * (a[k] + 2.0 * b[k] + 2.0 * c[k] + d[k]))
    });

    let halves = [(first, from, between), (middle, between, to)];
    let noisy: Vec<(u32, [f64; 2])> = (0..).zip(clouds[1].iter().copied()).collect();
    let sde = parallel::map(&noisy, |&(particle, mut x)| {
        for (half, (rates, from, to)) in (0..).zip(halves) {
            let duration = (to * to - from * from).abs();
            let spread = (particle_step.epsilon * duration).sqrt();
            let drift = interpolate(lattice, &rates.drift, x);
            let noise = normal_pair::<f64>(particle_step.noise_seed(), 2 * particle_step.frame + half, particle);
            x = [0, 1].map(|k| x[k] + duration * drift[k] + spread * noise[k]);
        }
        x
    });
    [ode, sde]
}

/// Interpolates a field between the points of its lattice; outside the lattice, the value at the nearest point of its
/// edge.
fn interpolate(lattice: &Lattice, field: &[[f64; 2]], x: [f64; 2]) -> [f64; 2] {
    let last = lattice.count - 1;
    let along = |axis: usize| {
        let position = ((x[axis] - lattice.origin[axis]) / lattice.step).clamp(0.0, last as f64);
        let base = (position as usize).min(last - 1);
        let nodes = [base.saturating_sub(1), base, base + 1, (base + 2).min(last)];
        (nodes, cubic(position - base as f64))
    };
    let ((rows, by_x), (columns, by_y)) = (along(0), along(1));
    let mut value = [0.0; 2];
    for (i, a) in rows.into_iter().zip(by_x) {
        let row = &field[i * lattice.count..][..lattice.count];
        let mut sum = [0.0; 2];
        for (j, b) in columns.into_iter().zip(by_y) {
            sum = [sum[0] + b * row[j][0], sum[1] + b * row[j][1]];
        }
        value = [value[0] + a * sum[0], value[1] + a * sum[1]];
    }
    value
}

/// Weights of four consecutive points for a position at the fraction `f` in [0, 1] between the middle two.
fn cubic(f: f64) -> [f64; 4] {
    [
        ((-0.5 * f + 1.0) * f - 0.5) * f,
        (1.5 * f - 2.5) * f * f + 1.0,
        ((-1.5 * f + 2.0) * f + 0.5) * f,
        (0.5 * f - 0.5) * f * f,
    ]
}
