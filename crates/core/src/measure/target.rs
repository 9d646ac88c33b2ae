//! The target p_N, where mass is at t = 1: a density whose logarithm is known everywhere.

use super::{DENSITY_COUNT, Density, Moments, Sampler, density_lattice};
use crate::audit::{normalised, target_density};
use crate::cpu::LOG_ZERO;
use crate::cpu::transform::log_normal;
use crate::lattice::{Lattice, TARGET_MASK};
use crate::sampling::normal_points;
use rand::Rng;

/// Where mass is at t = 1.
#[derive(Clone, Debug, Default)]
pub enum Target {
    /// The standard Normal, which every backend knows.
    #[default]
    Normal,
    /// Another density, constant in each cell of its lattice; the backend on the CPU alone.
    Density(Box<OtherTarget>),
}

/// What is known of a target that is not the Normal.
#[derive(Clone, Debug)]
pub struct OtherTarget {
    density: Density,
    moments: Moments,
    sampler: Sampler,
}

impl Target {
    /// A target of that density. What lies outside the box of ψ is left out.
    pub fn new(density: &Density) -> Self {
        let (density, sampler) = (density.clone(), Sampler::new(density));
        Self::Density(Box::new(OtherTarget { moments: density.moments(), density, sampler }))
    }

    /// A target of that density, or the Normal where there is none.
    pub fn of(density: Option<&Density>) -> Self {
        density.map_or(Self::Normal, Self::new)
    }

    /// log p_N(y), nats; `LOG_ZERO` where there is none of it.
    pub fn log_density(&self, y: [f64; 2]) -> f64 {
        match self {
            Self::Normal => log_normal(y),
            Self::Density(other) => {
                let lattice = density_lattice();
                let index = y.map(|c| ((c - lattice.origin[0]) / lattice.step).round());
                let inside = y.iter().all(|c| c.abs() < TARGET_MASK);
                let p = if inside {
                    other.density.values()[index[0] as usize * DENSITY_COUNT + index[1] as usize]
                } else {
                    0.0
                };
                if p > 0.0 { f64::from(p).ln() } else { LOG_ZERO }
            }
        }
    }

    /// p_N of mass 1 at the points of a lattice of every `stride`-th point, 0 outside the box of ψ.
    pub fn on(&self, lattice: &Lattice) -> Vec<f64> {
        match self {
            Self::Normal => target_density(lattice),
            Self::Density(_) => normalised(lattice, lattice.points().map(|y| self.log_density(y).exp()).collect()),
        }
    }

    /// Mean and covariance, where it is not the Normal.
    pub fn moments(&self) -> Option<&Moments> {
        match self {
            Self::Normal => None,
            Self::Density(other) => Some(&other.moments),
        }
    }

    /// `count` independent points, world units.
    pub fn points(&self, count: usize, rng: &mut impl Rng) -> Vec<[f64; 2]> {
        match self {
            Self::Normal => normal_points(count, rng),
            Self::Density(other) => other.sampler.independent(count, rng),
        }
    }
}
