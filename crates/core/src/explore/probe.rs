//! A flow at any time and point, in numbers.

use crate::heat::products::HeatProducts;
use crate::lattice::Lattice;
use crate::numeric::MASKED_BELOW;
use crate::potentials::Potentials;
use crate::sampling::{Local, PointwiseFlow};

/// A flow ready to be evaluated.
///
/// A flow determines φ and ψ up to one constant: φ + c and ψ − c give the same flow. Here c makes both halves of the
/// dual value equal, E\[φ\] over ρ_0 = E\[ψ\] over ρ_1, so that the potentials of two flows can be compared.
#[derive(Clone, Debug)]
pub struct FlowProbe {
    pub(super) lattice: Lattice,
    pub(super) flow: PointwiseFlow,
    /// u = φ/ε and w = ψ/ε in nats on the lattice.
    pub(super) u: Vec<f64>,
    pub(super) w: Vec<f64>,
}

impl FlowProbe {
    /// From potentials on the flow lattice; takes some milliseconds.
    pub fn new(potentials: &Potentials) -> Self {
        let mut pair = potentials.pair();
        let heat = HeatProducts::new(&pair.lattice, pair.epsilon);
        let shift = 0.5 * (mean_under(&pair.u, &heat.average(&pair.w)) - mean_under(&pair.w, &heat.average(&pair.u)));
        pair.u.iter_mut().for_each(|u| *u -= shift);
        pair.w.iter_mut().for_each(|w| *w += shift);
        let flow = PointwiseFlow::new(&pair);
        Self { lattice: pair.lattice, flow, u: pair.u, w: pair.w }
    }

    /// ε, units of cost.
    pub fn epsilon(&self) -> f64 {
        self.flow.epsilon()
    }

    /// The flow lattice.
    pub fn lattice(&self) -> &Lattice {
        &self.lattice
    }

    /// The flow at time `t` in [0, 1] and any finite point `x`, world units; finite whatever x.
    pub fn read(&self, t: f64, x: [f64; 2]) -> Local {
        self.flow.at(t).evaluate(x)
    }
}

/// The mean of `field` under the density e^(field + other), whose mass need not be 1; 0 if it has no mass.
fn mean_under(field: &[f64], other: &[f64]) -> f64 {
    let logs = || field.iter().zip(other).map(|(f, g)| (f, f + g)).filter(|(_, log)| *log > MASKED_BELOW);
    let top = logs().map(|(_, log)| log).fold(f64::NEG_INFINITY, f64::max);
    let (mut sum, mut mass) = (0.0, 0.0);
    for (f, log) in logs() {
        let weight = (log - top).exp();
        (sum, mass) = (sum + weight * f, mass + weight);
    }
    if mass > 0.0 { sum / mass } else { 0.0 }
}
