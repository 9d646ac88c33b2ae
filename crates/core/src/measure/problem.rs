//! A source and a target on the lattice of their flow.

use super::density::{Density, density_lattice};
use super::resolution::{FLOW_COUNTS, coarsest_lattice};
use super::target::Target;
use crate::config::MIN_EPSILON;
use crate::lattice::{Lattice, normalised};
use std::sync::Arc;

/// p_D and p_N on the flow lattice, for the exact flow and for the measures of learned ones. All densities have mass 1
/// on their lattice.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The flow lattice.
    pub lattice: Lattice,
    /// p_D at the points of `lattice`.
    pub source: Vec<f64>,
    /// p_N at the points of `lattice`.
    pub target: Vec<f64>,
    /// The points at which the target is summed: the flow lattice or, if that is finer than the target needs, the
    /// coarsest.
    pub nodes: Lattice,
    /// p_N at the points of `nodes`.
    pub target_on_nodes: Vec<f64>,
    /// The same problem on the coarsest lattice, if this one is finer: the exact solver starts there.
    pub coarse: Option<Coarse>,
}

/// Source and target on the coarsest lattice, drawn densities as their mean over each cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Coarse {
    /// p_D at the points of the coarsest lattice, of mass 1 there.
    pub source: Vec<f64>,
    /// p_N at the points of the coarsest lattice, of mass 1 there.
    pub target: Vec<f64>,
}

/// The flow must be accurate for 0.1 ≤ t ≤ ¾. The source is then smoothed with a variance of at least 0.1 ε, the
/// target with at least (1 − ¾) ε, which is larger by this factor. So the target needs the lattice that it would need
/// as a source at ε times this.
const LATE: f64 = 2.5;

/// The flow lattice of a source, a target and ε, as fine as they need: learned and exact flows are tabulated, drawn and
/// written on it.
///
/// For the Normal the coarsest lattice is enough. Another target is known only at the points of the density lattice,
/// so its flow lattice consists of every third point of that, or of all.
pub fn flow_lattice(source: &Density, target: &Target, epsilon: f64) -> Lattice {
    let (lattice, coarsest) = (source.flow_lattice(epsilon), coarsest_lattice());
    match target.density() {
        Some(target) if lattice != coarsest || target.flow_lattice(LATE * epsilon) != coarsest => density_lattice(),
        _ => lattice,
    }
}

impl Problem {
    /// The problem on the [`flow_lattice`] of source, target and ε.
    pub fn new(source: &Density, target: &Target, epsilon: f64) -> Self {
        Self::on(&flow_lattice(source, target, epsilon), source, target)
    }

    /// The problem on a centred lattice; the number of points an axis is one of [`FLOW_COUNTS`].
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

    /// The problem on the coarsest lattice, with the source averaged over its cells: no mass is lost between the
    /// points, but thin lines become wider by the variance of a cell.
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
    /// The problems computed so far.
    known: Vec<Arc<Problem>>,
    /// The flow lattices computed so far, sorted by ε.
    asked: Vec<(f64, Lattice)>,
    /// The flow lattice of the smallest ε, once it is known.
    finest: Option<Lattice>,
}

impl Problems {
    /// Each problem is computed when it is first needed.
    pub fn new(source: &Density, target: &Target) -> Self {
        Self { source: source.clone(), target: target.clone(), known: vec![], asked: vec![], finest: None }
    }

    /// For a source that will change again soon: the coarsest lattice at every ε, even if the source needs a finer one.
    pub fn draft(source: &Density, target: &Target) -> Self {
        let lattice = coarsest_lattice();
        let known = vec![Arc::new(Problem::draft(source, target))];
        Self { known, finest: Some(lattice), ..Self::new(source, target) }
    }

    /// The flow lattice at this ε. It only gets coarser as ε grows, so it need not be computed between two values of ε
    /// with the same lattice.
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

    /// The flow lattice of the smallest ε; [`lattice`](Self::lattice) returns none that is finer from now on.
    pub fn finest(&mut self) -> Lattice {
        let lattice = self.lattice(MIN_EPSILON);
        *self.finest.insert(lattice)
    }

    /// The problem on the flow lattice of this ε.
    pub fn at(&mut self, epsilon: f64) -> Arc<Problem> {
        let lattice = self.lattice(epsilon);
        self.on(&lattice)
    }

    /// The problem on a lattice; the number of points an axis is one of [`FLOW_COUNTS`].
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
