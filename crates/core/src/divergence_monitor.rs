//! Detects when a run diverges, and explains why.
//!
//! By Monte Carlo, with N draws around each point y of the Normal, let u = c on a set A and 0 elsewhere. As c grows the
//! estimate of J/ε grows like c (p_D(A) − P), where P is the probability that at least one of the N draws around a
//! random y falls into A. If p_D(A) > P for some A, the objective has no maximiser, and training makes c grow without
//! bound. The same holds for ψ with the roles exchanged. By quadrature there is no such set.

use crate::config::{Config, Recipe};
use crate::heat::products::HeatProducts;
use crate::lattice::{Lattice, SOURCE_MASK, VIEW, normalised};
use crate::measure::{DENSITY_COUNT, Density, Target, density_lattice, target_density};
use crate::metrics::Measurement;
use crate::numeric::{LOG_ZERO, log_normal};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Error of a measure, in nats, above which it is suspicious: far above its sampling error and the bias of the
/// estimate.
const SUSPICIOUS: f64 = 1.0;
/// Consecutive measurements that must be suspicious before a run counts as diverged.
const MEASUREMENTS: u32 = 2;

/// The sign by which a divergence was detected.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Symptom {
    /// Some measure is not a number.
    NotFinite,
    /// The estimate of J(φ) in training exceeds its measured value `dual`; both in units of cost.
    Overestimate {
        /// The estimate of J(φ) on the points of training steps.
        estimate: f64,
        /// J(φ), measured on the whole lattice.
        dual: f64,
    },
    /// `kl_source` rose from its lowest value `best` to `now`, nats.
    SourceLost {
        /// The lowest value so far.
        best: f64,
        /// The value measured last.
        now: f64,
    },
}

/// Checks the measurements of a run, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct DivergenceMonitor {
    best: f64,
    suspected: u32,
}

impl Default for DivergenceMonitor {
    fn default() -> Self {
        Self { best: f64::INFINITY, suspected: 0 }
    }
}

impl DivergenceMonitor {
    /// Takes the next measurement; returns the symptom if the run has diverged.
    pub fn observe(&mut self, measurement: &Measurement) -> Option<Symptom> {
        let metrics = &measurement.metrics;
        let measures = [metrics.dual, metrics.kl_source, metrics.mass, measurement.estimate.unwrap_or(0.0)];
        if measures.iter().any(|value| !value.is_finite()) {
            return Some(Symptom::NotFinite);
        }
        self.best = self.best.min(metrics.kl_source);
        let (dual, best, now) = (metrics.dual, self.best, metrics.kl_source);
        let estimate = measurement.estimate.filter(|estimate| estimate - dual > SUSPICIOUS * measurement.epsilon);
        let symptom = match estimate {
            Some(estimate) => Some(Symptom::Overestimate { estimate, dual }),
            None if now - best > SUSPICIOUS => Some(Symptom::SourceLost { best, now }),
            None => None,
        };
        self.suspected = if symptom.is_some() { self.suspected + 1 } else { 0 };
        symptom.filter(|_| self.suspected >= MEASUREMENTS)
    }
}

/// A divergence of a run; its text is a sentence or two for the page.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Divergence {
    /// Training steps and network evaluations at the measurement that showed it.
    pub step: u64,
    /// Network evaluations at that measurement.
    pub evaluations: u64,
    /// What that measurement showed.
    pub symptom: Symptom,
    /// The recipe of the run.
    pub recipe: Recipe,
    /// The set that explains it, if one was found.
    pub gap: Option<UndersampledSet>,
}

impl Divergence {
    pub(crate) fn new(
        measurement: &Measurement,
        symptom: Symptom,
        config: &Config,
        source: &Density,
        target: &Target,
    ) -> Self {
        let gap = match (config.recipe, target) {
            (Recipe::MonteCarlo, Target::Normal) => explain(source, measurement.epsilon, config.draws),
            _ => None,
        };
        Self { step: measurement.step, evaluations: measurement.evaluations, symptom, recipe: config.recipe, gap }
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.symptom {
            Symptom::NotFinite => write!(f, "Training has diverged: its numbers are no longer finite. ")?,
            Symptom::Overestimate { estimate, dual } => write!(
                f,
                "Training has diverged: it estimates the dual value at {estimate:.2}, but that of this φ is {dual:.2}. "
            )?,
            Symptom::SourceLost { best, now } => {
                write!(f, "Training has diverged: KL to the source rose from {best:.2} to {now:.2} nats. ")?;
            }
        }
        match (&self.gap, self.recipe) {
            (Some(gap), _) => gap.fmt(f),
            (None, Recipe::MonteCarlo) => f.write_str("A smaller learning rate, or more draws a point, may keep it."),
            (None, Recipe::Quadrature) => f.write_str("A smaller learning rate, or a larger batch, may keep it."),
        }
    }
}

/// A set A of points.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Set {
    /// [x₀, x₁] × [y₀, y₁], world units.
    Rectangle([[f64; 2]; 2]),
    /// The set of points where p_D is above some level.
    Densest,
}

/// A set that the draws hit too rarely.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct UndersampledSet {
    /// 0: it holds too much of the source, and φ diverges; 1: it holds too much of the Normal, and ψ diverges.
    pub side: usize,
    /// The set A of the module's text.
    pub set: Set,
    /// N.
    pub draws: usize,
    /// Its mass under p_D, or under p_N.
    pub mass: f64,
    /// Probability that at least one of N draws around a random point of the other density falls into it.
    pub hit: f64,
}

impl UndersampledSet {
    /// mass − hit: the rate at which the objective grows with c.
    pub fn excess(&self) -> f64 {
        self.mass - self.hit
    }
}

impl fmt::Display for UndersampledSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { side, set, draws, .. } = self;
        let [mass, hit] = [self.mass, self.hit].map(|share| 100.0 * share);
        write!(f, "No maximiser exists with {draws} draws: ")?;
        let (held, points) =
            if *side == 0 { ("source", "points y of the Normal") } else { ("Normal", "points x of the source") };
        match set {
            Set::Rectangle([[a, b], [c, d]]) if (a, b) == (c, d) => {
                write!(f, "the square [{a}, {b}]² holds {mass:.1} % of the {held}")?;
            }
            Set::Rectangle([[a, b], [c, d]]) => {
                write!(f, "the box [{a}, {b}] × [{c}, {d}] holds {mass:.1} % of the {held}")?;
            }
            Set::Densest => write!(f, "the densest part of the source holds {mass:.1} % of it")?,
        }
        write!(f, ", but one of {draws} draws falls into it for only {hit:.1} % of the {points}.")
    }
}

/// Smallest excess that is reported. Every bounded set that holds all of a source has some, because draws can leave it;
/// with less than this it has no effect on a run of reasonable length.
const MIN_EXCESS: f64 = 0.005;
/// Shares of the source's mass; for each, the set of the densest cells that hold it is tried.
const SHARES: [f64; 5] = [1.0, 0.95, 0.9, 0.75, 0.5];
/// Points along one axis at which the probability of a hit is evaluated.
const CENTRES: usize = 36;
/// Possible corners of the rectangles along one axis: multiples of ½ over the view.
const CORNERS: usize = 17;

/// Gives `mass` and `hit` of rectangles, for one source, ε and N.
struct Rectangles {
    draws: usize,
    /// By side: mass under p_D or p_N of all cells below and left of each corner of the density lattice's cells.
    cumulative: [Vec<f64>; 2],
    /// By side: mass of the other density in the coarse cell around each centre.
    centres: [Vec<f64>; 2],
    /// Probability that one coordinate of a draw around each centre is below each corner.
    below: Vec<[f64; CORNERS]>,
}

impl Rectangles {
    fn new(source: &Density, epsilon: f64, draws: usize) -> Self {
        let lattice = density_lattice();
        let cell = lattice.cell_area();
        let densities = [
            source.values().iter().map(|&p| f64::from(p) * cell).collect::<Vec<f64>>(),
            lattice.points().map(|y| log_normal::<f64>(y).exp() * cell).collect(),
        ];
        let coarse = Lattice::centred(SOURCE_MASK, CENTRES);
        let deviation = epsilon.sqrt() * std::f64::consts::SQRT_2;
        let below = coarse
            .coordinates(0)
            .map(|y| std::array::from_fn(|k| 0.5 * libm::erfc((y - corner(k)) / deviation)))
            .collect();
        let [on_source, on_normal] = densities.each_ref().map(|masses| blocks(masses));
        let cumulative = densities.map(|masses| sums(&masses));
        Self { draws, cumulative, centres: [on_normal, on_source], below }
    }

    /// The rectangle between these corners along each axis.
    fn gap(&self, side: usize, [[a, b], [c, d]]: [[usize; 2]; 2]) -> UndersampledSet {
        let index = |k: usize| ((corner(k) + SOURCE_MASK) / density_lattice().step).round() as usize;
        let sum = |i: usize, j: usize| self.cumulative[side][index(i) * (DENSITY_COUNT + 1) + index(j)];
        let mass = sum(b, d) - sum(a, d) - sum(b, c) + sum(a, c);
        let mut hit = 0.0;
        for (row, x) in self.centres[side].chunks_exact(CENTRES).zip(&self.below) {
            let along_x = x[b] - x[a];
            for (weight, y) in row.iter().zip(&self.below) {
                hit += weight * (1.0 - (1.0 - along_x * (y[d] - y[c])).powi(self.draws as i32));
            }
        }
        let set = Set::Rectangle([[corner(a), corner(b)], [corner(c), corner(d)]]);
        UndersampledSet { side, set, draws: self.draws, mass, hit }
    }
}

/// The k-th corner along an axis, world units.
fn corner(k: usize) -> f64 {
    0.5 * k as f64 - VIEW
}

/// Sums of `masses` over CENTRES × CENTRES blocks of cells.
fn blocks(masses: &[f64]) -> Vec<f64> {
    let side = DENSITY_COUNT / CENTRES;
    let mut sums = vec![0.0; CENTRES * CENTRES];
    for (k, mass) in masses.iter().enumerate() {
        sums[k / DENSITY_COUNT / side * CENTRES + k % DENSITY_COUNT / side] += mass;
    }
    sums
}

/// Cumulative sums of `masses`: over all cells below and left of each corner of a cell (DENSITY_COUNT + 1 along an
/// axis).
fn sums(masses: &[f64]) -> Vec<f64> {
    let stride = DENSITY_COUNT + 1;
    let mut sums = vec![0.0; stride * stride];
    for i in 0..DENSITY_COUNT {
        let mut row = 0.0;
        for j in 0..DENSITY_COUNT {
            row += masses[i * DENSITY_COUNT + j];
            sums[(i + 1) * stride + j + 1] = sums[i * stride + j + 1] + row;
        }
    }
    sums
}

/// Mass and probability of a hit of one rectangle, for tests.
///
/// # Panics
/// When a side is not on a multiple of ½ within the view.
pub fn gap_of(source: &Density, epsilon: f64, draws: usize, side: usize, rectangle: [[f64; 2]; 2]) -> UndersampledSet {
    let corners = rectangle.map(|ends| {
        ends.map(|end| {
            let place = (2.0 * (end + VIEW)).round() as usize;
            assert!(place < CORNERS && corner(place) == end, "{end} is no corner");
            place
        })
    });
    Rectangles::new(source, epsilon, draws).gap(side, corners)
}

/// The set with the largest excess, if that is large enough: because of it the objective of φ has no maximiser, or
/// that of ψ if no such set was found for φ. The sets tried are rectangles with corners on whole units, refined to
/// halves, and the densest cells of the source. If none is found there may still be no maximiser: not all sets are
/// tried.
pub fn explain(source: &Density, epsilon: f64, draws: usize) -> Option<UndersampledSet> {
    let rectangles = Rectangles::new(source, epsilon, draws);
    let of_phi = densest(source, epsilon, draws).into_iter().chain([worst_rectangle(&rectangles, 0)]);
    let worst = of_phi.max_by(|a, b| a.excess().total_cmp(&b.excess())).filter(|gap| gap.excess() > MIN_EXCESS);
    worst.or_else(|| Some(worst_rectangle(&rectangles, 1)).filter(|gap| gap.excess() > MIN_EXCESS))
}

fn worst_rectangle(rectangles: &Rectangles, side: usize) -> UndersampledSet {
    let whole = (0..CORNERS).step_by(2);
    let intervals: Vec<[usize; 2]> =
        whole.clone().flat_map(|a| whole.clone().filter(move |&b| b > a).map(move |b| [a, b])).collect();
    let pairs = intervals.iter().flat_map(|&x| intervals.iter().map(move |&y| [x, y]));
    let worse = |a: &(_, UndersampledSet), b: &(_, UndersampledSet)| a.1.excess().total_cmp(&b.1.excess());
    let measured = |corners| (corners, rectangles.gap(side, corners));
    let (corners, _) = pairs.map(measured).max_by(worse).expect("there are intervals");
    let near = |[a, b]: [usize; 2]| {
        let around = |k: usize| k.saturating_sub(1)..=(k + 1).min(CORNERS - 1);
        around(a).flat_map(move |a| around(b).filter(move |&b| b > a).map(move |b| [a, b]))
    };
    let refined = near(corners[0]).flat_map(|x| near(corners[1]).map(move |y| [x, y]));
    refined.map(measured).max_by(worse).expect("the rectangle itself is among them").1
}

/// For each of [`SHARES`], the densest cells that together hold at least this share of the source.
fn densest(source: &Density, epsilon: f64, draws: usize) -> Vec<UndersampledSet> {
    let (lattice, density) = source.subsample(3);
    let source = normalised(&lattice, density);
    let target = target_density(&lattice);
    let (cell, heat) = (lattice.cell_area(), HeatProducts::new(&lattice, epsilon));
    let top = source.iter().copied().fold(0.0, f64::max);
    let mass_above = |level: f64| source.iter().filter(|&&p| p >= level).sum::<f64>() * cell;
    let of_share = |share: f64| {
        // The highest level above which there is that share, by bisection: that is far less code in the page than a
        // sort.
        let (mut low, mut high) = (f64::MIN_POSITIVE, top);
        for _ in 0..40 {
            let middle = 0.5 * (low + high);
            *(if mass_above(middle) >= share { &mut low } else { &mut high }) = middle;
        }
        let inside: Vec<f64> = source.iter().map(|&p| if p >= low { 0.0 } else { LOG_ZERO }).collect();
        let mass = mass_above(low);
        let chances = heat.average(&inside);
        let missed = |log_chance: f64| (1.0 - log_chance.exp().min(1.0)).powi(draws as i32);
        let hit = target.iter().zip(chances).map(|(&p, chance)| p * cell * (1.0 - missed(chance))).sum();
        UndersampledSet { side: 0, set: Set::Densest, draws, mass: mass.min(1.0), hit }
    };
    SHARES.into_iter().map(of_share).collect()
}
