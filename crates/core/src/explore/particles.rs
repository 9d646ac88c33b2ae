//! Particles that move with a flow: by its velocity, and by its stochastic equation, from the same starts.
//!
//! dX = v_t dt, and dX = ∇ψ_t dt + √ε dW forwards or dX = ∇φ_t ds + √ε dW backwards with s = 1 − t. Both have the law ρ_t
//! at every t. In τ = √t, in which the flow changes evenly, dX/dτ = 2τ v is integrated by the classical Runge-Kutta method,
//! and the noise by Euler-Maruyama with half its steps. Gradients are known on the flow lattice and interpolated between by
//! cubic convolution (Keys 1981, a = −½), which is continuous with its derivative.

use super::Potentials;
use crate::cpu::flow::DIFFERENCE_BELOW;
use crate::cpu::products::HeatProducts;
use crate::lattice::Lattice;
use crate::measure::Sampler;
use crate::network::standard_normal_pair;
use crate::parallel;
use crate::sampling::{Likeness, likeness};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Times at which positions are known.
pub const FRAMES: usize = 33;
/// More particles than this are not launched.
pub const MOST_PARTICLES: u32 = 20_000;
/// Particles of either cloud that are compared, at most.
pub const COMPARED: usize = 2000;

/// t of frame `k`, (k / 32)²: frames are closest near t = 0.
pub fn frame_time(k: usize) -> f64 {
    root_of_frame(k).powi(2)
}

fn root_of_frame(k: usize) -> f64 {
    k as f64 / (FRAMES - 1) as f64
}

/// What sets out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launch {
    /// From ρ_1 to t = 0, instead of from ρ_0 to t = 1.
    pub backwards: bool,
    /// Particles of each cloud: at least 2 and at most [`MOST_PARTICLES`] are launched.
    pub count: u32,
    /// One seed has the same starts and the same noise.
    pub seed: u64,
}

/// Both clouds at one time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Which of [`FRAMES`], in the order of t.
    pub index: u32,
    /// Positions of the particles that follow the velocity, world units.
    pub ode: Vec<[f32; 2]>,
    /// Those of the particles with noise, in the order of the others.
    pub sde: Vec<[f32; 2]>,
    /// How far apart the clouds are, by up to [`COMPARED`] of each.
    pub likeness: Likeness,
}

/// Two clouds on their way through a flow.
#[derive(Debug)]
pub struct Particles {
    launch: Launch,
    lattice: Lattice,
    epsilon: f64,
    u: Vec<f64>,
    w: Vec<f64>,
    /// Frames done.
    done: usize,
    ode: Vec<[f64; 2]>,
    sde: Vec<[f64; 2]>,
    rng: ChaCha8Rng,
    /// At the time of the frame.
    rates: Rates,
}

impl Particles {
    /// Sets out from points of ρ_0, or of ρ_1, uniform in the cells of the flow lattice and spread evenly over its mass
    /// ([`Sampler::batch`]).
    pub fn new(potentials: &Potentials, launch: Launch) -> Self {
        let (lattice, epsilon) = (potentials.lattice(), potentials.epsilon);
        let [u, w] = potentials.pair();
        let launch = Launch { count: launch.count.clamp(2, MOST_PARTICLES), ..launch };
        let (own, other) = if launch.backwards { (&w, &u) } else { (&u, &w) };
        let heated = HeatProducts::new(&lattice, epsilon).average(other);
        let logs: Vec<f64> = own.iter().zip(&heated).map(|(f, g)| f + g).collect();
        let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let density: Vec<f32> = logs.iter().map(|log| (log - top).exp() as f32).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(launch.seed);
        let starts = Sampler::on(&lattice, &density).batch(launch.count as usize, &mut rng);
        let starts: Vec<[f64; 2]> = starts.into_iter().map(|x| x.map(f64::from)).collect();
        let mut particles = Self {
            launch,
            lattice,
            epsilon,
            u,
            w,
            done: 0,
            ode: starts.clone(),
            sde: starts,
            rng,
            rates: Rates::default(),
        };
        particles.rates = particles.rates_at(root_of_frame(particles.index()));
        particles
    }

    /// What set out.
    pub fn launch(&self) -> &Launch {
        &self.launch
    }

    /// Which of [`FRAMES`] has been reached, in the order of t.
    fn index(&self) -> usize {
        if self.launch.backwards { FRAMES - 1 - self.done } else { self.done }
    }

    /// Whether the last frame has been reached.
    pub fn is_done(&self) -> bool {
        self.done == FRAMES - 1
    }

    /// Where both clouds are.
    pub fn frame(&self) -> Frame {
        let positions = |cloud: &[[f64; 2]]| cloud.iter().map(|x| x.map(|c| c as f32)).collect();
        let stride = self.ode.len().div_ceil(COMPARED);
        let compared = |cloud: &[[f64; 2]]| cloud.iter().step_by(stride).copied().collect::<Vec<_>>();
        Frame {
            index: self.index() as u32,
            ode: positions(&self.ode),
            sde: positions(&self.sde),
            likeness: likeness(&compared(&self.ode), &compared(&self.sde)),
        }
    }

    /// On to the next frame, some tens of milliseconds; nothing once [done](Self::is_done).
    pub fn advance(&mut self) {
        if self.is_done() {
            return;
        }
        let from = root_of_frame(self.index());
        self.done += 1;
        let to = root_of_frame(self.index());
        let between = 0.5 * (from + to);
        let (middle, last) = (self.rates_at(between), self.rates_at(to));
        let (first, lattice) = (&self.rates, &self.lattice);

        let step = to - from;
        let velocity =
            |rates: &Rates, root: f64, x: [f64; 2]| interpolate(lattice, &rates.velocity, x).map(|v| 2.0 * root * v);
        let moved = |x: &[f64; 2], k: [f64; 2], by: f64| [x[0] + by * k[0], x[1] + by * k[1]];
        self.ode = parallel::map(&self.ode, |x| {
            let a = velocity(first, from, *x);
            let b = velocity(&middle, between, moved(x, a, 0.5 * step));
            let c = velocity(&middle, between, moved(x, b, 0.5 * step));
            let d = velocity(&last, to, moved(x, c, step));
            [0, 1].map(|k| x[k] + step / 6.0 * (a[k] + 2.0 * b[k] + 2.0 * c[k] + d[k]))
        });
        for (rates, from, to) in [(first, from, between), (&middle, between, to)] {
            let duration = (to * to - from * from).abs();
            let spread = (self.epsilon * duration).sqrt();
            let drift = parallel::map(&self.sde, |x| interpolate(lattice, &rates.drift, *x));
            for (x, drift) in self.sde.iter_mut().zip(drift) {
                let noise = standard_normal_pair(&mut self.rng);
                *x = [0, 1].map(|k| x[k] + duration * drift[k] + spread * noise[k]);
            }
        }
        self.rates = last;
    }

    /// Near t = 0 and t = 1 those at a variance of (0.6 h)², the least that the lattice resolves.
    fn rates_at(&self, root: f64) -> Rates {
        let t = root * root;
        let gradient = |field: &[f64], time: f64| {
            let variance = (time * self.epsilon).max(DIFFERENCE_BELOW * self.lattice.cell_area());
            HeatProducts::new(&self.lattice, variance).average_gradient(field)
        };
        let (u, w) = parallel::both(|| gradient(&self.u, t), || gradient(&self.w, 1.0 - t));
        let half = 0.5 * self.epsilon;
        let velocity = u.iter().zip(&w).map(|(u, w)| [1, 2].map(|k| half * (w[k] - u[k]))).collect();
        let drift = if self.launch.backwards { &u } else { &w };
        Rates { velocity, drift: drift.iter().map(|f| [1, 2].map(|k| self.epsilon * f[k])).collect() }
    }
}

/// What moves particles at one time, at the points of the flow lattice.
#[derive(Clone, Debug, Default)]
struct Rates {
    /// v_t.
    velocity: Vec<[f64; 2]>,
    /// ∇ψ_t, or ∇φ_t backwards.
    drift: Vec<[f64; 2]>,
}

/// A field between the points of its lattice; outside, that at the nearest point of its edge.
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

/// Weights of the four points around the place `f` in [0, 1] between the middle two.
fn cubic(f: f64) -> [f64; 4] {
    [
        ((-0.5 * f + 1.0) * f - 0.5) * f,
        (1.5 * f - 2.5) * f * f + 1.0,
        ((-1.5 * f + 2.0) * f + 0.5) * f,
        (0.5 * f - 0.5) * f * f,
    ]
}
