//! A source and a target on the lattice of their flow.

use super::density::{Density, density_lattice};
use super::resolution::{FLOW_COUNTS, coarsest_lattice};
use super::target::Target;
use crate::config::MIN_EPSILON;
use crate::lattice::{Lattice, normalised};
use std::sync::Arc;

/// p_D and p_N as an exact flow is solved for, and as learned ones are measured. All densities have mass 1 on their lattice.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The flow lattice.
    pub lattice: Lattice,
    pub source: Vec<f64>,
    pub target: Vec<f64>,
    /// The points at which the target is summed: the flow lattice or, where that is finer than the target needs, a coarser
    /// one.
    pub nodes: Lattice,
    pub target_on_nodes: Vec<f64>,
    /// The same on the coarsest lattice, where this one is finer: the exact flow begins with it.
    pub coarse: Option<Coarse>,
}

/// Masses of both ends in the cells of the coarsest lattice, as densities.
#[derive(Clone, Debug, PartialEq)]
pub struct Coarse {
    pub source: Vec<f64>,
    pub target: Vec<f64>,
}

/// Of the latest time whose flow must be right, ¾, less is left than the earliest has, 0.1, by this factor; the target needs a
/// lattice for as much more variance.
const LATE: f64 = 2.5;

/// The flow lattice of a source, a target and ε, from what they need: all that is learned, exact, drawn and written has it.
///
/// The Normal needs no more than the coarsest. Of another target log p_N is known in the cells of the density lattice alone;
/// to it the flow is on every third point of that, or on all.
pub fn flow_lattice(source: &Density, target: &Target, epsilon: f64) -> Lattice {
    let (lattice, coarsest) = (source.flow_lattice(epsilon), coarsest_lattice());
    match target.density() {
        Some(target) if lattice != coarsest || target.flow_lattice(LATE * epsilon) != coarsest => density_lattice(),
        _ => lattice,
    }
}

impl Problem {
    /// On their [`flow_lattice`].
    pub fn new(source: &Density, target: &Target, epsilon: f64) -> Self {
        Self::on(&flow_lattice(source, target, epsilon), source, target)
    }

    /// On a centred lattice of some of [`FLOW_COUNTS`] points an axis.
    pub fn on(lattice: &Lattice, source: &Density, target: &Target) -> Self {
        let coarsest = coarsest_lattice();
        let nodes = if target.density().is_some() { *lattice } else { coarsest };
        let masses = |density: &Density| normalised(&coarsest, density.averaged(coarsest.count));
        let coarse =
            || Coarse { source: masses(source), target: target.density().map_or_else(|| target.on(&coarsest), masses) };
        Self {
            lattice: *lattice,
            source: normalised(lattice, source.on(lattice.count)),
            target: target.on(lattice),
            nodes,
            target_on_nodes: target.on(&nodes),
            coarse: (*lattice != coarsest).then(coarse),
        }
    }

    /// On the coarsest lattice, with the masses of its cells for the source: nothing of it falls between the points, but lines
    /// are wider by the variance of a cell.
    fn draft(source: &Density, target: &Target) -> Self {
        let lattice = coarsest_lattice();
        let source = normalised(&lattice, source.averaged(lattice.count));
        let target = target.on(&lattice);
        Self { lattice, source, target_on_nodes: target.clone(), target, nodes: lattice, coarse: None }
    }
}

/// The problems of one source and one target, on the lattice of any ε.
#[derive(Clone, Debug)]
pub struct Problems {
    source: Density,
    target: Target,
    /// Those on lattices that were asked for.
    known: Vec<Arc<Problem>>,
    /// The lattices that were asked for, by ε.
    asked: Vec<(f64, Lattice)>,
    /// That of the smallest ε, once somebody asked for it.
    finest: Option<Lattice>,
}

impl Problems {
    pub fn new(source: &Density, target: &Target) -> Self {
        Self { source: source.clone(), target: target.clone(), known: vec![], asked: vec![], finest: None }
    }

    /// For a source that is another in a moment: on the coarsest lattice at every ε, whatever it needs.
    pub fn draft(source: &Density, target: &Target) -> Self {
        let lattice = coarsest_lattice();
        let known = vec![Arc::new(Problem::draft(source, target))];
        Self { known, finest: Some(lattice), ..Self::new(source, target) }
    }

    /// The flow lattice at this ε: it only gets coarser as ε grows, so between two values of ε with one lattice it is known.
    pub fn lattice(&mut self, epsilon: f64) -> Lattice {
        let coarsest = coarsest_lattice();
        if self.finest == Some(coarsest) {
            return coarsest;
        }
        let place = match self.asked.binary_search_by(|(of, _)| of.total_cmp(&epsilon)) {
            Ok(place) => return self.asked[place].1,
            Err(place) => place,
        };
        let [below, above] =
            [place.checked_sub(1), Some(place)].map(|k| self.asked.get(k?).map(|(_, lattice)| *lattice));
        let lattice = below.filter(|lattice| above == Some(*lattice)).unwrap_or_else(|| {
            let needed = flow_lattice(&self.source, &self.target, epsilon);
            self.finest.filter(|finest| finest.count < needed.count).unwrap_or(needed)
        });
        self.asked.insert(place, (epsilon, lattice));
        lattice
    }

    /// The finest of them, that of the smallest ε: none is finer from now on.
    pub fn finest(&mut self) -> Lattice {
        let lattice = self.lattice(MIN_EPSILON);
        *self.finest.insert(lattice)
    }

    /// The problem on the lattice of this ε.
    pub fn at(&mut self, epsilon: f64) -> Arc<Problem> {
        let lattice = self.lattice(epsilon);
        self.on(&lattice)
    }

    /// The problem on a lattice of some of [`FLOW_COUNTS`] points an axis.
    pub fn on(&mut self, lattice: &Lattice) -> Arc<Problem> {
        debug_assert!(FLOW_COUNTS.contains(&lattice.count));
        if let Some(known) = self.known.iter().find(|known| known.lattice == *lattice) {
            return known.clone();
        }
        let made = Arc::new(Problem::on(lattice, &self.source, &self.target));
        self.known.push(made.clone());
        made
    }
}
