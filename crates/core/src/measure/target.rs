//! The target p_N, the density at t = 1, whose logarithm is known everywhere.

use super::density::Density;
use super::sampler::Sampler;
use crate::gaussian::Moments;
use crate::lattice::{Lattice, TARGET_MASK, normalised};
use crate::numeric::{LOG_TWO_PI, LOG_ZERO, log_normal, normal_points};
use rand::Rng;

/// The density of the Normal at the points of `lattice`, neither cut off nor normalised.
pub fn normal_density(lattice: &Lattice) -> Vec<f64> {
    lattice.points().map(|y| log_normal::<f64>(y).exp()).collect()
}

/// The density of the Normal, 0 outside the box of ψ, normalised to mass 1 on `lattice`.
pub fn target_density(lattice: &Lattice) -> Vec<f64> {
    let inside = |y: [f64; 2]| y.iter().all(|c| c.abs() < TARGET_MASK);
    normalised(lattice, lattice.points().map(|y| if inside(y) { log_normal::<f64>(y).exp() } else { 0.0 }).collect())
}

/// log 1e5, from the maximum of log p_N down to [`Target::log_floor`]; the same number as in regression.wgsl.
pub const NATS_TO_FLOOR: f64 = 11.512_925_464_970_229;

/// The density at t = 1.
#[derive(Clone, Debug, Default)]
pub enum Target {
    /// The standard Normal, which every backend supports.
    #[default]
    Normal,
    /// Another density, constant in each cell of its lattice; only the CPU backend supports it.
    Density(Box<OtherTarget>),
}

/// A target other than the Normal.
#[derive(Clone, Debug)]
pub struct OtherTarget {
    density: Density,
    moments: Moments,
    sampler: Sampler,
    log_floor: f64,
}

impl Target {
    /// A target with that density. Its mass outside the box of ψ is left out.
    pub fn new(density: &Density) -> Self {
        let (density, sampler) = (density.clone(), Sampler::new(density));
        let log_floor = f64::from(sampler.largest_density()).ln() - NATS_TO_FLOOR;
        Self::Density(Box::new(OtherTarget { moments: density.moments(), density, sampler, log_floor }))
    }

    /// A target with that density, or the Normal if there is none.
    pub fn of(density: Option<&Density>) -> Self {
        density.map_or(Self::Normal, Self::new)
    }

    /// log p_N(y), nats; `LOG_ZERO` where p_N is 0.
    pub fn log_density(&self, y: [f64; 2]) -> f64 {
        match self {
            Self::Normal => log_normal(y),
            Self::Density(other) => {
                let inside = y.iter().all(|c| c.abs() < TARGET_MASK);
                let p = if inside { other.sampler.density_at(y) } else { 0.0 };
                if p > 0.0 { f64::from(p).ln() } else { LOG_ZERO }
            }
        }
    }

    /// ψ's network is trained and used where log p_N is at least this: 1e-5 of its maximum. For the Normal that is a
    /// disc of radius 4.8, which leaves out a mass of 1e-5.
    ///
    /// Farther out nothing determines the network: p_N gives it no weight, and its regression target depends on φ at
    /// points where neither density has mass, so that φ is arbitrary there.
    pub fn log_floor(&self) -> f64 {
        match self {
            Self::Normal => -LOG_TWO_PI - NATS_TO_FLOOR,
            Self::Density(other) => other.log_floor,
        }
    }

    /// p_N at the points of `lattice`, normalised to mass 1 there, 0 outside the box of ψ.
    pub fn on(&self, lattice: &Lattice) -> Vec<f64> {
        match self {
            Self::Normal => target_density(lattice),
            Self::Density(_) => normalised(lattice, lattice.points().map(|y| self.log_density(y).exp()).collect()),
        }
    }

    /// The density, if it is not the Normal.
    pub fn density(&self) -> Option<&Density> {
        match self {
            Self::Normal => None,
            Self::Density(other) => Some(&other.density),
        }
    }

    /// The sampler of its batches, if it is not the Normal.
    pub fn sampler(&self) -> Option<&Sampler> {
        match self {
            Self::Normal => None,
            Self::Density(other) => Some(&other.sampler),
        }
    }

    /// Mean and covariance, if it is not the Normal.
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
