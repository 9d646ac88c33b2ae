//! Where the mass of one point is at time t: the coupling given one of its ends.
//!
//! Under the stochastic flow (X_0, X_1) has the law γ, and between its ends X is a Brownian bridge of variance ε. Given
//! X_0 = x, X_t has the density e^(ψ_t(z)/ε) G_{tε}(z − x) / e^(ψ_0(x)/ε); given X_1 = y,
//! e^(φ_t(z)/ε) G_{(1−t)ε}(z − y) / e^(φ_1(y)/ε).

use super::probe::FlowProbe;
use crate::heat::flow::DIFFERENCE_BELOW;
use crate::heat::products::HeatProducts;
use crate::lattice::{SOURCE_MASK, TARGET_MASK};
use crate::numeric::MASKED_BELOW;
use serde::{Deserialize, Serialize};

/// The end of a path that is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Given {
    /// X_0.
    Source,
    /// X_1.
    Target,
}

/// The law of X_t given one of its ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coupling {
    /// Its density at the points of the flow lattice, of mass 1; near the given end, where it is narrower than the lattice
    /// resolves, the Gaussian of variance (0.6 h)² per axis around the barycentre.
    pub density: Vec<f32>,
    /// E[X_t | X_0 = x] = x + t ∇ψ_0(x), or E[X_t | X_1 = y] = y + (1 − t) ∇φ_1(y), world units.
    pub barycentre: [f64; 2],
    /// Root mean square distance from the barycentre, world units: √(εt (2 + t Δψ_0(x))), or with 1 − t and Δφ_1(y).
    pub spread: f64,
}

impl FlowProbe {
    /// The law of X_t at time `t` in [0, 1] given that X is at `point` at its source or its target.
    ///
    /// The potentials define it also where the density at that end is 0; none outside the mask of that end.
    pub fn coupling(&self, given: Given, t: f64, point: [f64; 2]) -> Option<Coupling> {
        let (mask, end, field, away) = match given {
            Given::Source => (SOURCE_MASK, 0.0, &self.w, t),
            Given::Target => (TARGET_MASK, 1.0, &self.u, 1.0 - t),
        };
        if !point.iter().all(|c| c.abs() < mask) {
            return None;
        }
        let epsilon = self.epsilon();
        let local = self.read(end, point);
        let (gradient, laplacian) = match given {
            Given::Source => (local.grad_psi, local.laplacian_psi),
            Given::Target => (local.grad_phi, local.laplacian_phi),
        };
        let barycentre = [0, 1].map(|axis| point[axis] + away * gradient[axis]);
        let narrowest = DIFFERENCE_BELOW * self.lattice.cell_area();
        let (centre, variance, heated) = if away * epsilon > narrowest {
            let heated = HeatProducts::new(&self.lattice, (1.0 - away) * epsilon).average(field);
            (point, away * epsilon, heated)
        } else {
            (barycentre, narrowest, vec![0.0; self.lattice.len()])
        };
        let square = |z: [f64; 2]| (z[0] - centre[0]).powi(2) + (z[1] - centre[1]).powi(2);
        let logs: Vec<f64> =
            self.lattice.points().zip(&heated).map(|(z, log)| log - 0.5 * square(z) / variance).collect();
        let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if top < MASKED_BELOW {
            return None;
        }
        let mass = logs.iter().map(|log| (log - top).exp()).sum::<f64>() * self.lattice.cell_area();
        Some(Coupling {
            density: logs.iter().map(|log| ((log - top).exp() / mass) as f32).collect(),
            barycentre,
            spread: (epsilon * away * (2.0 + away * laplacian)).max(0.0).sqrt(),
        })
    }
}
