//! The target p_N, where mass is at t = 1: a density whose logarithm is known everywhere.

use super::density::Density;
use super::sampler::Sampler;
use crate::gaussian::Moments;
use crate::lattice::{Lattice, TARGET_MASK, normalised};
use crate::numeric::{LOG_TWO_PI, LOG_ZERO, log_normal, normal_points};
use rand::Rng;

/// The Normal at the points of `lattice`, neither cut off nor of mass 1.
pub fn normal_density(lattice: &Lattice) -> Vec<f64> {
    lattice.points().map(|y| log_normal::<f64>(y).exp()).collect()
}

/// p_N on the box of ψ, of mass 1 on `lattice`.
pub fn target_density(lattice: &Lattice) -> Vec<f64> {
    let inside = |y: [f64; 2]| y.iter().all(|c| c.abs() < TARGET_MASK);
    normalised(lattice, lattice.points().map(|y| if inside(y) { log_normal::<f64>(y).exp() } else { 0.0 }).collect())
}

/// log 1e5: the same number as in regression.wgsl.
pub const NATS_TO_FLOOR: f64 = 11.512_925_464_970_229;

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
    log_floor: f64,
}

impl Target {
    /// A target of that density. What lies outside the box of ψ is left out.
    pub fn new(density: &Density) -> Self {
        let (density, sampler) = (density.clone(), Sampler::new(density));
        let log_floor = f64::from(sampler.largest_density()).ln() - NATS_TO_FLOOR;
        Self::Density(Box::new(OtherTarget { moments: density.moments(), density, sampler, log_floor }))
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
                let inside = y.iter().all(|c| c.abs() < TARGET_MASK);
                let p = if inside { other.sampler.density_at(y) } else { 0.0 };
                if p > 0.0 { f64::from(p).ln() } else { LOG_ZERO }
            }
        }
    }

    /// log p_N from which on ψ's network is trained and used: 1e-5 of its maximum. For the Normal that is a disc of radius
    /// 4.8, which leaves out a mass of 1e-5.
    ///
    /// Farther out nothing holds the network: p_N gives it no weight, and φ, on which the regression target depends there, is free where
    /// neither density has mass.
    pub fn log_floor(&self) -> f64 {
        match self {
            Self::Normal => -LOG_TWO_PI - NATS_TO_FLOOR,
            Self::Density(other) => other.log_floor,
        }
    }

    /// p_N of mass 1 at the points of a lattice of every `stride`-th point, 0 outside the box of ψ.
    pub fn on(&self, lattice: &Lattice) -> Vec<f64> {
        match self {
            Self::Normal => target_density(lattice),
            Self::Density(_) => normalised(lattice, lattice.points().map(|y| self.log_density(y).exp()).collect()),
        }
    }

    /// The density, where it is not the Normal.
    pub fn density(&self) -> Option<&Density> {
        match self {
            Self::Normal => None,
            Self::Density(other) => Some(&other.density),
        }
    }

    /// Draws its batches, where it is not the Normal.
    pub fn sampler(&self) -> Option<&Sampler> {
        match self {
            Self::Normal => None,
            Self::Density(other) => Some(&other.sampler),
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
