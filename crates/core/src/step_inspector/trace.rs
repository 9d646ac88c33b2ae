//! Types for the results of the stages of an inspected step.

use crate::lattice::Lattice;
use crate::network::Side;
use serde::{Deserialize, Serialize};

/// Which potentials a step moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UpdatedPotentials {
    /// First φ, then ψ.
    Both,
    /// φ alone.
    Phi,
    /// ψ alone.
    Psi,
}

impl UpdatedPotentials {
    /// Whether it moves φ, or ψ.
    pub(super) fn moves(self, side: Side) -> bool {
        self == [Self::Phi, Self::Psi][side] || self == Self::Both
    }
}

/// A function on a centred or shifted lattice, in the lattice's order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// The point (0, 0) of the lattice, world units.
    pub origin: [f64; 2],
    /// Distance between neighbouring points along an axis, world units.
    pub spacing: f64,
    /// Points along one axis.
    pub count: usize,
    /// One value for each of the `count` × `count` points.
    pub values: Vec<f32>,
}

impl Field {
    pub(super) fn new(lattice: &Lattice, values: impl Iterator<Item = f64>) -> Self {
        let values = values.map(|value| value as f32).collect();
        Self { origin: lattice.origin, spacing: lattice.step, count: lattice.count, values }
    }

    /// Where the values are.
    pub fn lattice(&self) -> Lattice {
        Lattice { origin: self.origin, step: self.spacing, count: self.count }
    }
}

/// The nearest of some points, with its index among them.
pub(super) fn nearest(points: impl Iterator<Item = [f64; 2]>, near: [f64; 2]) -> Option<(usize, [f64; 2])> {
    let far = |y: [f64; 2]| (y[0] - near[0]).hypot(y[1] - near[1]);
    points.enumerate().min_by(|(_, a), (_, b)| far(*a).total_cmp(&far(*b)))
}
