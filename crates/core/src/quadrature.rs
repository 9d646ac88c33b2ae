//! The points of one training step by quadrature: a batch of a density and a shifted lattice as nodes of one sum.
//!
//! A lattice of spacing h puts 1/h² nodes on a unit of area, a batch of B points of p puts B p(x) there. A node of
//! either stands for the area 1 / (1/h² + B p(x_i)) (the balance heuristic of multiple importance sampling, Veach and
//! Guibas 1995), so that Σ_i f(x_i) area_i is ∫ f without bias. The batch resolves what is narrower than the spacing;
//! the lattice detects mass of ρ_0 where p has none.

use crate::lattice::Lattice;
use crate::numeric::{LOG_ZERO, MASKED_BELOW};

/// Nodes of an integral against a density p: its batch, then the lattice.
#[derive(Clone, Debug, PartialEq)]
pub struct Nodes {
    /// Points drawn from p, each on the lattice on which p is given, world units; there may be none.
    pub batch: Vec<[f32; 2]>,
    /// Its points are the nodes after those of the batch.
    pub lattice: Lattice,
    /// log p at every node, nats; `LOG_ZERO` where p is 0.
    pub log_densities: Vec<f64>,
    /// log of the area that each node stands for.
    pub log_areas: Vec<f64>,
    /// log Σ_i p(x_i) area_i, which is 0 up to the error of the quadrature.
    pub log_mass: f64,
}

impl Nodes {
    /// From points drawn from p, each with the value of p there, and log p as a function.
    pub fn new(batch: Vec<([f32; 2], f32)>, lattice: Lattice, log_density: impl Fn([f64; 2]) -> f64) -> Self {
        let of_batch = batch.iter().map(|&(_, density)| f64::from(density).ln());
        let log_densities: Vec<f64> = of_batch.chain(lattice.points().map(log_density)).collect();
        let (size, per_area) = (batch.len() as f64, 1.0 / lattice.cell_area());
        let log_areas: Vec<f64> = log_densities.iter().map(|log_p| -(per_area + size * log_p.exp()).ln()).collect();
        let mass: f64 = log_densities.iter().zip(&log_areas).map(|(log_p, log_area)| (log_p + log_area).exp()).sum();
        let batch = batch.into_iter().map(|(point, _)| point).collect();
        Self { batch, lattice, log_densities, log_areas, log_mass: mass.max(f64::MIN_POSITIVE).ln() }
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.log_areas.len()
    }

    /// Whether there is no node at all.
    pub fn is_empty(&self) -> bool {
        self.log_areas.is_empty()
    }

    /// Their positions, world units.
    pub fn points(&self) -> impl Iterator<Item = [f64; 2]> + '_ {
        self.batch.iter().map(|x| x.map(f64::from)).chain(self.lattice.points())
    }

    /// log of the share of p that the i-th node stands for, p(x_i) area_i / Σ; `LOG_ZERO` where p is 0.
    pub fn log_weight(&self, i: usize) -> f64 {
        let log_density = self.log_densities[i];
        if log_density > MASKED_BELOW { log_density + self.log_areas[i] - self.log_mass } else { LOG_ZERO }
    }

    /// The same shares; they add up to 1.
    pub fn weights(&self) -> impl Iterator<Item = f64> + '_ {
        (0..self.len()).map(|i| self.log_weight(i).exp())
    }
}

/// The nodes of both densities.
#[derive(Clone, Debug, PartialEq)]
pub struct Quadrature {
    /// Where u is evaluated: the batch of p_D, and a lattice over the masked box of φ.
    pub source: Nodes,
    /// Where w is regressed and p_N integrated: a lattice over the masked box of ψ, and a batch of p_N unless that is
    /// the Normal, which any lattice resolves.
    pub target: Nodes,
    /// Share of √p_N in the weights of the regression.
    pub tempered_share: f64,
    /// log Σ_k √p_N area_k, over the nodes where w is regressed.
    pub log_tempered_mass: f64,
    /// w is regressed where log p_N is at least this.
    pub log_floor: f64,
}

impl Quadrature {
    /// With w regressed where log p_N is at least `log_floor`.
    pub fn new(source: Nodes, target: Nodes, tempered_share: f64, log_floor: f64) -> Self {
        let nodes = target.log_densities.iter().zip(&target.log_areas);
        let regressed = nodes.filter(|(log_p, _)| **log_p >= log_floor);
        let mass: f64 = regressed.map(|(log_p, log_area)| (0.5 * log_p + log_area).exp()).sum();
        let log_tempered_mass = mass.max(f64::MIN_POSITIVE).ln();
        Self { source, target, tempered_share, log_tempered_mass, log_floor }
    }

    /// ω′_k, the weight of a target's node in the regression of ψ: its share of p_N mixed with its share of √p_N, which
    /// reaches farther into the tails; 0 where p_N is below the floor.
    pub fn regression_weight(&self, k: usize) -> f64 {
        let (log_p, log_area) = (self.target.log_densities[k], self.target.log_areas[k]);
        if log_p < self.log_floor {
            return 0.0;
        }
        let tempered = (0.5 * log_p + log_area - self.log_tempered_mass).exp();
        (1.0 - self.tempered_share) * self.target.log_weight(k).exp() + self.tempered_share * tempered
    }
}
