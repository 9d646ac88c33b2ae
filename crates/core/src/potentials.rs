//! Pairs of potentials on the flow lattice, and the choice between learned and exact.

use crate::lattice::{Lattice, SOURCE_MASK};
use serde::{Deserialize, Serialize};

/// The second of a pair of potentials, beside φ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecondPotential {
    /// φ^{c,ε}: the flow of φ alone.
    Transform = 0,
    /// ψ of the second network.
    Network = 1,
}

/// Which flow a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shown {
    /// The learned one, from φ and the second potential.
    Learned(SecondPotential),
    /// The exact one; the learned one while there is no exact one.
    Exact,
    /// The learned one minus the exact one; the learned one while there is no exact one.
    Difference(SecondPotential),
}

impl Shown {
    /// What a picture shows when it is asked to show this: the learned flow while there is no exact one.
    pub fn with_exact(self, exact_is_there: bool) -> Self {
        match self {
            Self::Difference(second_potential) if !exact_is_there => Self::Learned(second_potential),
            Self::Exact if !exact_is_there => Self::Learned(SecondPotential::Transform),
            _ => self,
        }
    }
}

/// u = φ/ε and w = ψ/ε in nats on a lattice, `LOG_ZERO` where masked, learned or exact; they define a flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The points at which u and w are given.
    pub lattice: Lattice,
    /// ε, the variance of the kernel G_ε of the coupling.
    pub epsilon: f64,
    /// φ/ε, nats.
    pub u: Vec<f64>,
    /// ψ/ε or φ^{c,ε}/ε, nats.
    pub w: Vec<f64>,
}

/// The potentials of the averaged weights on the flow lattice, in nats.
#[derive(Clone, Debug, PartialEq)]
pub struct TabulatedPotentials {
    /// ε they belong to.
    pub epsilon: f64,
    /// φ/ε.
    pub u: Vec<f32>,
    /// φ^{c,ε}/ε, with `LOG_ZERO` outside the box of ψ: the flow is built from u and this.
    pub w: Vec<f32>,
    /// ψ/ε of the second network, with `LOG_ZERO` where p_N is below its [floor](crate::measure::Target::log_floor).
    pub psi: Vec<f32>,
    /// log ρ_0 = u + log H_ε[e^w].
    pub log_rho_0: Vec<f32>,
}

impl TabulatedPotentials {
    /// The flow lattice, from the number of values.
    pub fn lattice(&self) -> Lattice {
        Lattice::centred(SOURCE_MASK, self.u.len().isqrt())
    }

    /// φ with this second potential.
    pub fn pair(&self, second_potential: SecondPotential) -> Pair {
        let u = self.u.iter().map(|&u| f64::from(u)).collect();
        Pair { lattice: self.lattice(), epsilon: self.epsilon, u, w: self.second(second_potential) }
    }

    /// This second potential, in nats.
    pub fn second(&self, second_potential: SecondPotential) -> Vec<f64> {
        let field = match second_potential {
            SecondPotential::Transform => &self.w,
            SecondPotential::Network => &self.psi,
        };
        field.iter().map(|&w| f64::from(w)).collect()
    }
}

/// A [`Pair`] on the flow lattice in f32, as page and workers send it to each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Potentials {
    /// ε, the variance of the kernel G_ε of the coupling.
    pub epsilon: f64,
    /// φ/ε, nats.
    pub u: Vec<f32>,
    /// ψ/ε or φ^{c,ε}/ε, nats.
    pub w: Vec<f32>,
}

impl Potentials {
    /// From u and w on the flow lattice, in nats.
    pub fn new(epsilon: f64, u: &[f64], w: &[f64]) -> Self {
        let [u, w] = [u, w].map(|field| field.iter().map(|&f| f as f32).collect());
        Self { epsilon, u, w }
    }

    /// The flow lattice, from the number of values.
    pub fn lattice(&self) -> Lattice {
        Lattice::centred(SOURCE_MASK, self.u.len().isqrt())
    }

    /// The same in f64.
    pub fn pair(&self) -> Pair {
        let [u, w] = [&self.u, &self.w].map(|field| field.iter().map(|&f| f64::from(f)).collect());
        Pair { lattice: self.lattice(), epsilon: self.epsilon, u, w }
    }
}
