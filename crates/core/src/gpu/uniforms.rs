//! Rust mirrors of the uniform structs in `shaders/shared/`; a test compares names, offsets and sizes.

use crate::gaussian::Quadratic;
use crate::heat::flow::DIFFERENCE_BELOW;
use crate::heat::log_domain::{MIN_VARIANCE_IN_CELLS, log_normaliser};
use crate::lattice::Lattice;
use crate::numeric::LOG_TWO_PI;
use crate::particle_step::{self, ParticleStep};
use crate::step_sampler::{Points, StepInputs};
use bytemuck::{Pod, Zeroable};

/// `Step` in step.wgsl.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[expect(missing_docs, reason = "its fields are described there")]
pub struct StepUniform {
    pub base_phi: [f32; 4],
    pub base_psi: [f32; 4],
    pub base_slopes: [f32; 4],
    pub source_origin: [f32; 2],
    pub target_origin: [f32; 2],
    pub source_spacing: f32,
    pub target_spacing: f32,
    pub source_count: u32,
    pub target_count: u32,
    pub batch: u32,
    pub epsilon: f32,
    pub log_target_sum: f32,
    pub log_normaliser: f32,
    pub tempered_share: f32,
    pub log_tempered_sum: f32,
    pub learning_rate: f32,
    pub first_moment_decay: f32,
    pub second_moment_decay: f32,
    pub first_bias_correction: f32,
    pub second_bias_correction: f32,
    pub average_decay: f32,
    pub slot: u32,
    pub draws: u32,
    pub seed_low: u32,
    pub seed_high: u32,
    pub penalty: f32,
    pub padding: [f32; 3],
}

impl StepUniform {
    /// The inputs of a training step, its batch at `slot`.
    pub fn new(step: &StepInputs, slot: u32) -> Self {
        let StepInputs { epsilon, base, update, points } = step;
        let points = match points {
            Points::Quadrature(points) => {
                let log_cell = points.target.lattice.cell_area().ln();
                Self {
                    batch: points.source.batch.len() as u32,
                    // Without the factors of p_N, √p_N and h²: log Σ exp(−|y|²/2) and log Σ exp(−|y|²/4).
                    log_target_sum: (points.target.log_mass + LOG_TWO_PI - log_cell) as f32,
                    tempered_share: points.tempered_share as f32,
                    log_tempered_sum: (points.log_tempered_mass + 0.5 * LOG_TWO_PI - log_cell) as f32,
                    ..Self::lattices(base, &points.source.lattice, &points.target.lattice, *epsilon)
                }
            }
            Points::MonteCarlo(points) => Self {
                batch: points.batch() as u32,
                draws: points.draws as u32,
                seed_low: points.seed[0],
                seed_high: points.seed[1],
                penalty: points.penalty as f32,
                epsilon: *epsilon as f32,
                ..Self::bases(base)
            },
        };
        Self {
            learning_rate: update.learning_rate as f32,
            first_moment_decay: update.betas[0] as f32,
            second_moment_decay: update.betas[1] as f32,
            first_bias_correction: update.bias_corrections[0] as f32,
            second_bias_correction: update.bias_corrections[1] as f32,
            average_decay: update.average_decay as f32,
            slot,
            ..points
        }
    }

    /// The inputs of a tabulation: both lattices are the flow lattice, and there is no batch.
    pub fn tabulation(base: &[Quadratic; 2], lattice: &Lattice, epsilon: f64) -> Self {
        Self::lattices(base, lattice, lattice, epsilon)
    }

    fn bases([phi, psi]: &[Quadratic; 2]) -> Self {
        let curve = |q: &Quadratic| [q.curvature[0], q.curvature[1], q.curvature[2], q.constant].map(|c| c as f32);
        Self {
            base_phi: curve(phi),
            base_psi: curve(psi),
            base_slopes: [phi.slope[0], phi.slope[1], psi.slope[0], psi.slope[1]].map(|c| c as f32),
            ..Self::default()
        }
    }

    fn lattices(base: &[Quadratic; 2], source: &Lattice, target: &Lattice, epsilon: f64) -> Self {
        let single = |v: [f64; 2]| v.map(|c| c as f32);
        Self {
            source_origin: single(source.origin),
            target_origin: single(target.origin),
            source_spacing: source.step as f32,
            target_spacing: target.step as f32,
            source_count: source.count as u32,
            target_count: target.count as u32,
            epsilon: epsilon as f32,
            log_normaliser: log_normaliser(epsilon, source.step) as f32,
            ..Self::bases(base)
        }
    }
}

/// `Stage` in stage.wgsl.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[expect(missing_docs, reason = "its fields are described there")]
pub struct StageUniform {
    pub side: u32,
    pub activation: u32,
    pub inputs: u32,
    pub outputs: u32,
    pub offset: u32,
    pub features: u32,
    pub parameters: u32,
    pub tile_rows: u32,
}

/// `FlowTime` in flow_time.wgsl.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[expect(missing_docs, reason = "its fields are described there")]
pub struct FlowTimeUniform {
    pub variances: [f32; 2],
    pub log_normalisers: [f32; 2],
    pub spacing: f32,
    pub epsilon: f32,
    pub count: u32,
    pub differences: u32,
}

impl FlowTimeUniform {
    /// The flow at time t for a picture: where a variance is too small for the lattice, gradients are differences.
    pub fn new(lattice: &Lattice, epsilon: f64, t: f64) -> Self {
        let cell = lattice.cell_area();
        let variances = [t * epsilon, (1.0 - t) * epsilon];
        let by_difference = variances.map(|variance| u32::from(variance < DIFFERENCE_BELOW * cell));
        let floored = variances.map(|variance| variance.max(MIN_VARIANCE_IN_CELLS * cell));
        Self { differences: by_difference[0] | by_difference[1] << 1, ..Self::of_variances(lattice, epsilon, floored) }
    }

    /// The flow at time t for particles: variances are no less than what the lattice resolves, and no gradient is a
    /// difference.
    pub fn of_particles(lattice: &Lattice, epsilon: f64, t: f64) -> Self {
        Self::of_variances(lattice, epsilon, particle_step::variances(lattice, epsilon, t))
    }

    fn of_variances(lattice: &Lattice, epsilon: f64, variances: [f64; 2]) -> Self {
        Self {
            variances: variances.map(|variance| variance as f32),
            log_normalisers: variances.map(|variance| log_normaliser(variance, lattice.step) as f32),
            spacing: lattice.step as f32,
            epsilon: epsilon as f32,
            count: lattice.count as u32,
            differences: 0,
        }
    }
}

/// `ParticleStep` in particles.wgsl.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[expect(missing_docs, reason = "its fields are described there")]
pub struct ParticleStepUniform {
    pub origin: [f32; 2],
    pub roots: [f32; 2],
    pub spacing: f32,
    pub epsilon: f32,
    pub count: u32,
    pub particles: u32,
    pub frame: u32,
    pub backwards: u32,
    pub seed_low: u32,
    pub seed_high: u32,
}

impl ParticleStepUniform {
    /// For this number of particles in each cloud.
    pub fn new(particle_step: &ParticleStep, particles: u32) -> Self {
        let [from, _, to] = particle_step.roots();
        let [seed_low, seed_high] = particle_step.noise_seed();
        Self {
            origin: particle_step.lattice.origin.map(|c| c as f32),
            roots: [from, to].map(|root| root as f32),
            spacing: particle_step.lattice.step as f32,
            epsilon: particle_step.epsilon as f32,
            count: particle_step.lattice.count as u32,
            particles,
            frame: particle_step.frame,
            backwards: u32::from(particle_step.backwards),
            seed_low,
            seed_high,
        }
    }
}
