//! Particles that move with a flow: by its velocity, and by its stochastic equation, from the same starting points.
//! Both have the law ρ_t at every t. Here they move on the host, a frame at a time
//! ([`reference::particles`](crate::reference::particles)); a GPU computes all frames of a launch
//! ([`gpu::particles`](crate::gpu::particles)).

use crate::heat::products::HeatProducts;
use crate::measure::Sampler;
use crate::parallel;
use crate::particle_step::{FRAMES, ParticleStep, variances};
use crate::potentials::{Pair, Potentials};
use crate::reference::particles::{Rates, particles};
use crate::sampling::{TwoSampleTest, two_sample_test};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// More particles than this are not launched.
pub const MOST_PARTICLES: u32 = 20_000;
/// At most this many particles of each cloud are compared.
pub const COMPARED: usize = 2000;

/// How particles are launched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParticleConfig {
    /// From ρ_1 to t = 0, instead of from ρ_0 to t = 1.
    pub backwards: bool,
    /// Particles of each cloud: at least 2 and at most [`MOST_PARTICLES`] are launched.
    pub count: u32,
    /// One seed gives the same starting points and the same noise on every backend.
    pub seed: u64,
}

impl ParticleConfig {
    /// With `count` clamped to the number that is launched.
    pub(crate) fn clamped(self) -> Self {
        Self { count: self.count.clamp(2, MOST_PARTICLES), ..self }
    }

    /// Which of [`FRAMES`], in the order of t, is reached after `done` steps.
    fn index(&self, done: usize) -> usize {
        if self.backwards { FRAMES - 1 - done } else { done }
    }

    /// The step from that frame to the next.
    pub(crate) fn particle_step(&self, potentials: &Potentials, done: usize) -> ParticleStep {
        ParticleStep {
            lattice: potentials.lattice(),
            epsilon: potentials.epsilon,
            backwards: self.backwards,
            seed: self.seed,
            frame: done as u32,
        }
    }

    /// Points of ρ_0, or of ρ_1, uniform in the cells of the flow lattice and spread evenly over its mass
    /// ([`Sampler::batch`]).
    pub(crate) fn starts(&self, potentials: &Potentials) -> Vec<[f32; 2]> {
        let lattice = potentials.lattice();
        let Pair { u, w, .. } = potentials.pair();
        let (own, other) = if self.backwards { (w, u) } else { (u, w) };
        let heated = HeatProducts::new(&lattice, potentials.epsilon).average(&other);
        let logs: Vec<f64> = own.iter().zip(&heated).map(|(f, g)| f + g).collect();
        let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let density: Vec<f32> = logs.iter().map(|log| (log - top).exp() as f32).collect();
        Sampler::on(&lattice, &density).batch(self.count as usize, &mut ChaCha8Rng::seed_from_u64(self.seed))
    }
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
    pub two_sample_test: TwoSampleTest,
}

impl Frame {
    fn new(index: usize, ode: Vec<[f32; 2]>, sde: Vec<[f32; 2]>) -> Self {
        let stride = ode.len().div_ceil(COMPARED);
        let compared = |cloud: &[[f32; 2]]| cloud.iter().step_by(stride).map(|x| x.map(f64::from)).collect::<Vec<_>>();
        let two_sample_test = two_sample_test(&compared(&ode), &compared(&sde));
        Self { index: index as u32, ode, sde, two_sample_test }
    }
}

/// Both clouds at all times, as a GPU gives them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trajectories {
    /// The number of particles, their seed and their direction.
    pub config: ParticleConfig,
    /// (FRAMES, 2, count, 2), in the order in which frames are reached: the cloud without noise, then the one with it.
    pub positions: Vec<f32>,
}

impl Trajectories {
    /// Both clouds after `done` steps.
    ///
    /// # Panics
    /// When `done` is not less than [`FRAMES`].
    pub fn frame(&self, done: usize) -> Frame {
        let size = self.positions.len() / FRAMES / 2;
        let cloud = |k: usize| {
            let positions = &self.positions[(2 * done + k) * size..][..size];
            positions.chunks_exact(2).map(|x| [x[0], x[1]]).collect()
        };
        Frame::new(self.config.index(done), cloud(0), cloud(1))
    }
}

/// Two clouds on their way through a flow.
#[derive(Debug)]
pub struct Particles {
    config: ParticleConfig,
    potentials: Potentials,
    u: Vec<f64>,
    w: Vec<f64>,
    /// Steps done.
    done: usize,
    /// The one without noise and the one with it.
    clouds: [Vec<[f64; 2]>; 2],
    /// The rates at the time of the present frame.
    rates: Rates,
}

impl Particles {
    /// Starts at points of ρ_0, or of ρ_1.
    pub fn new(potentials: &Potentials, config: ParticleConfig) -> Self {
        let config = config.clamped();
        let starts: Vec<[f64; 2]> = config.starts(potentials).into_iter().map(|x| x.map(f64::from)).collect();
        let Pair { u, w, .. } = potentials.pair();
        let clouds = [starts.clone(), starts];
        let mut particles =
            Self { config, potentials: potentials.clone(), u, w, done: 0, clouds, rates: Rates::default() };
        particles.rates = particles.rates_at(particles.particle_step().roots()[0]);
        particles
    }

    /// How they were launched.
    pub fn config(&self) -> &ParticleConfig {
        &self.config
    }

    fn particle_step(&self) -> ParticleStep {
        self.config.particle_step(&self.potentials, self.done)
    }

    /// Whether the last frame has been reached.
    pub fn is_done(&self) -> bool {
        self.done == FRAMES - 1
    }

    /// Where both clouds are.
    pub fn frame(&self) -> Frame {
        let [ode, sde] =
            self.clouds.each_ref().map(|cloud| cloud.iter().map(|x| x.map(|c| c as f32)).collect::<Vec<_>>());
        Frame::new(self.config.index(self.done), ode, sde)
    }

    /// Moves both clouds to the next frame, in some tens of milliseconds; does nothing once [done](Self::is_done).
    pub fn advance(&mut self) {
        if self.is_done() {
            return;
        }
        let particle_step = self.particle_step();
        let [_, middle, last] = particle_step.roots();
        let (middle, last) = (self.rates_at(middle), self.rates_at(last));
        let [ode, sde] = &self.clouds;
        self.clouds = particles(&particle_step, [&self.rates, &middle, &last], [ode, sde]);
        self.rates = last;
        self.done += 1;
    }

    fn rates_at(&self, root: f64) -> Rates {
        let Potentials { epsilon, .. } = self.potentials;
        let lattice = self.potentials.lattice();
        let [of_u, of_w] = variances(&lattice, epsilon, root * root);
        let gradient = |field: &[f64], variance| HeatProducts::new(&lattice, variance).average_gradient(field);
        let (u, w) = parallel::both(|| gradient(&self.u, of_u), || gradient(&self.w, of_w));
        Rates::new(&u, &w, epsilon, self.config.backwards)
    }
}
