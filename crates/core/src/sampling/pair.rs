//! The flow between two potentials at any point of the plane, from their values on a lattice.
//!
//! log H_s[e^f](x) = log Σ_j exp(f(x_j) − |x_j − x|² / 2s) + log(h² / 2πs). Its gradient and Laplacian are the first two
//! moments of x_j − x under those weights. The weights are products of one factor for each axis, so that a point costs a
//! few multiplications per node: e^(row − its maximum) is stored for each row, as in
//! [`products`](crate::heat::products).

use crate::heat::flow::DIFFERENCE_BELOW;
use crate::lattice::Lattice;
use crate::numeric::{LOG_ZERO, MASKED_BELOW};
use crate::potentials::Pair;
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;
use std::ops::Range;

/// A pair of potentials on a lattice, learned or exact, ready to be evaluated off it.
#[derive(Clone, Debug)]
pub struct PointwiseFlow {
    epsilon: f64,
    /// u = φ/ε, then w = ψ/ε.
    potentials: [Potential; 2],
}

impl PointwiseFlow {
    /// From a pair on its lattice.
    ///
    /// # Panics
    /// When a field has not one value for each point of the lattice, or ε is not positive.
    pub fn new(Pair { lattice, epsilon, u, w }: &Pair) -> Self {
        let epsilon = *epsilon;
        assert!(epsilon > 0.0, "epsilon is {epsilon} and must be positive");
        Self { epsilon, potentials: [u, w].map(|field| Potential::new(lattice, field)) }
    }

    /// ε, units of cost.
    pub fn epsilon(&self) -> f64 {
        self.epsilon
    }

    /// The flow at time `t` in [0, 1].
    ///
    /// Towards t = 0 and t = 1 one of the variances tε, (1 − t)ε falls below what the lattice resolves. Below
    /// (0.6 h)² derivatives are those at variance (0.6 h)², and log ρ_t, φ_t and ψ_t are extrapolated from there to
    /// first order.
    pub fn at(&self, t: f64) -> FlowAt<'_> {
        FlowAt { pair: self, variances: [t, 1.0 - t].map(|time| time * self.epsilon) }
    }
}

/// The flow at one time.
#[derive(Clone, Copy, Debug)]
pub struct FlowAt<'a> {
    pair: &'a PointwiseFlow,
    variances: [f64; 2],
}

/// The flow at one time and point.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Local {
    /// log ρ_t = (φ_t + ψ_t) / ε, nats.
    pub log_rho: f64,
    /// v_t = ½ ∇(ψ_t − φ_t).
    pub velocity: [f64; 2],
    /// div v_t = ½ Δ(ψ_t − φ_t).
    pub divergence: f64,
    /// φ_t = ε log H_{tε}[e^u], units of cost.
    pub phi: f64,
    /// ψ_t = ε log H_{(1−t)ε}[e^w], units of cost.
    pub psi: f64,
    /// ∇φ_t.
    pub grad_phi: [f64; 2],
    /// ∇ψ_t.
    pub grad_psi: [f64; 2],
    /// Δφ_t.
    pub laplacian_phi: f64,
    /// Δψ_t.
    pub laplacian_psi: f64,
}

impl FlowAt<'_> {
    /// At any finite point `x`, world units; also far outside the lattice.
    pub fn evaluate(&self, x: [f64; 2]) -> Local {
        let heats = [0, 1].map(|k| self.pair.potentials[k].heat(x, self.variances[k]));
        Local::new(self.pair.epsilon, heats)
    }
}

impl Local {
    /// From log H_{tε}\[e^u\] and log H_{(1−t)ε}\[e^w\] at the point.
    pub fn new(epsilon: f64, [u, w]: [LogHeat; 2]) -> Self {
        let [grad_phi, grad_psi] = [u, w].map(|heat| heat.gradient.map(|g| epsilon * g));
        let [laplacian_phi, laplacian_psi] = [u, w].map(|heat| epsilon * heat.laplacian);
        Self {
            log_rho: u.log + w.log,
            velocity: [0, 1].map(|axis| 0.5 * (grad_psi[axis] - grad_phi[axis])),
            divergence: 0.5 * (laplacian_psi - laplacian_phi),
            phi: epsilon * u.log,
            psi: epsilon * w.log,
            grad_phi,
            grad_psi,
            laplacian_phi,
            laplacian_psi,
        }
    }
}

/// log H_s\[e^f\] at a point, and its derivatives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogHeat {
    /// Nats.
    pub log: f64,
    /// Nats per world unit.
    pub gradient: [f64; 2],
    /// Nats per world unit squared.
    pub laplacian: f64,
}

const LANES: usize = 4;
/// Several nodes of a row, whose sums are independent.
type Lanes = [f64; LANES];

/// Exponentials below this share of the largest are set to 0, so that the product of two is never below the smallest
/// normal number.
const SMALLEST_FACTOR: f64 = 1e-150;
/// A sum above this is not changed by those zeros.
const SMALLEST_SUM: f64 = 1e-130;
/// Rows that add less than this share to a sum are skipped.
const NEGLIGIBLE: f64 = 1e-20;
/// The exponential of anything smaller is 0 in f64.
const SMALLEST_EXPONENT: f64 = -746.0;

/// One potential on the lattice.
#[derive(Clone, Debug)]
struct Potential {
    lattice: Lattice,
    /// f, nats.
    field: Vec<f64>,
    /// Largest f of each row.
    tops: Vec<f64>,
    /// exp(f − top), rows filled up with zeros to whole [`Lanes`].
    scaled: Vec<Lanes>,
    /// The part of each row that is not 0, in lanes.
    spans: Vec<Range<usize>>,
}

/// Σ over nodes of weight · (1, d_x, d_x², d_y, d_y²), with d as in [`Axis`].
type Sums = [f64; 5];

impl Potential {
    fn new(lattice: &Lattice, field: &[f64]) -> Self {
        assert_eq!(field.len(), lattice.len(), "a potential has one value for each point of the lattice");
        let mut potential =
            Self { lattice: *lattice, field: field.to_vec(), tops: vec![], scaled: vec![], spans: vec![] };
        for row in field.chunks_exact(lattice.count) {
            let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let value = |f: f64| if f > MASKED_BELOW { cut((f - top).exp()) } else { 0.0 };
            let lanes = in_lanes(row.iter().map(|&f| value(f)));
            potential.spans.push(span(&lanes));
            potential.scaled.extend(lanes);
            potential.tops.push(top);
        }
        potential
    }

    fn heat(&self, x: [f64; 2], wanted: f64) -> LogHeat {
        let variance = wanted.max(DIFFERENCE_BELOW * self.lattice.cell_area());
        let axes = [0, 1].map(|axis| Axis::new(&self.lattice, axis, x[axis], variance));
        let Some((top, sums)) = self.sum_products(&axes).or_else(|| self.sum_logs(&axes)) else {
            return LogHeat { log: LOG_ZERO, gradient: [0.0; 2], laplacian: 0.0 };
        };
        let normaliser = (TAU * variance / self.lattice.cell_area()).ln();
        let mut heat = LogHeat { log: top + sums[0].ln() - normaliser, gradient: [0.0; 2], laplacian: 0.0 };
        for (a, axis) in axes.iter().enumerate() {
            let [mean, square] = [1, 2].map(|moment| sums[2 * a + moment] / sums[0]);
            heat.log -= 0.5 * axis.outside * axis.outside / variance;
            heat.gradient[a] = (mean + axis.outside) / variance;
            heat.laplacian += ((square - mean * mean) / variance - 1.0) / variance;
        }
        // ∂_s log H_s = ½ (Δ log H_s + |∇ log H_s|²).
        let [by_x, by_y] = heat.gradient;
        heat.log -= 0.5 * (variance - wanted) * (heat.laplacian + by_x * by_x + by_y * by_y);
        heat
    }

    /// The sums over all nodes, divided by the exponential of the number that comes with them; none if they are too
    /// small to be accurate.
    fn sum_products(&self, [x, y]: &[Axis; 2]) -> Option<(f64, Sums)> {
        let bound = |i: usize| self.tops[i] + x.exponents[i];
        let count = self.lattice.count;
        let peak = (0..count).fold(0, |best, i| if bound(i) > bound(best) { i } else { best });
        let top = bound(peak);
        let factor = in_lanes(y.exponents.iter().map(|b| cut(b.exp())));
        let d = in_lanes(y.offsets.iter().copied());
        let first: Vec<Lanes> = factor.iter().zip(&d).map(|(k, d)| std::array::from_fn(|l| k[l] * d[l])).collect();
        let second: Vec<Lanes> = first.iter().zip(&d).map(|(k, d)| std::array::from_fn(|l| k[l] * d[l])).collect();
        let reach = span(&factor);
        let mut sums = Sums::default();
        // Outwards from the row with the largest bound, so that the other rows can be skipped when they do not matter.
        for i in (peak..count).chain((0..peak).rev()) {
            let weight = (bound(i) - top).exp();
            if weight * count as f64 <= NEGLIGIBLE * sums[0] {
                continue;
            }
            let (from, to) = (self.spans[i].start.max(reach.start), self.spans[i].end.min(reach.end));
            if from >= to {
                continue;
            }
            let row = &self.scaled[i * factor.len()..][from..to];
            let mut lanes = [[0.0; LANES]; 3];
            for (((e, k), kd), kdd) in row.iter().zip(&factor[from..to]).zip(&first[from..to]).zip(&second[from..to]) {
                for l in 0..LANES {
                    lanes[0][l] += e[l] * k[l];
                    lanes[1][l] += e[l] * kd[l];
                    lanes[2][l] += e[l] * kdd[l];
                }
            }
            let [along, by_y, by_yy] = lanes.map(|lane| weight * lane.iter().sum::<f64>());
            let d = x.offsets[i];
            let terms = [along, along * d, along * d * d, by_y, by_yy];
            sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
        }
        (sums[0] > SMALLEST_SUM).then_some((top, sums))
    }

    /// The same in the log domain, node by node; none if no node has any mass. A row is skipped if its largest term is
    /// 0 relative to the largest of all, as that of nearly all rows is near t = 0 and 1.
    fn sum_logs(&self, [x, y]: &[Axis; 2]) -> Option<(f64, Sums)> {
        let count = self.lattice.count;
        let exponents = |i: usize| {
            let row = self.field[i * count..][..count].iter().zip(&y.exponents);
            row.map(move |(f, b)| f + x.exponents[i] + b)
        };
        let bound = |i: usize| self.tops[i] + x.exponents[i];
        let rows = || (0..count).filter(|&i| self.tops[i] > MASKED_BELOW);
        let peak = rows().max_by(|&i, &k| bound(i).total_cmp(&bound(k)))?;
        let mut top = exponents(peak).fold(f64::NEG_INFINITY, f64::max);
        for i in rows() {
            if bound(i) > top {
                top = exponents(i).fold(top, f64::max);
            }
        }
        let mut sums = Sums::default();
        for i in rows().filter(|&i| bound(i) - top > SMALLEST_EXPONENT) {
            for (k, exponent) in exponents(i).enumerate().filter(|(_, exponent)| exponent - top > SMALLEST_EXPONENT) {
                let (weight, [dx, dy]) = ((exponent - top).exp(), [x.offsets[i], y.offsets[k]]);
                let terms = [1.0, dx, dx * dx, dy, dy * dy];
                sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += weight * term);
            }
        }
        (sums[0] > 0.0).then_some((top, sums))
    }
}

/// One axis seen from a point: with c the coordinate x of the point, clamped to the lattice, −(x_j − x)² / 2s is
/// `exponents[j]` − `outside`² / 2s, which is accurate however far away the point is.
struct Axis {
    /// −(d_j² + 2 d_j `outside`) / 2s, at most 0.
    exponents: Vec<f64>,
    /// d_j = x_j − c.
    offsets: Vec<f64>,
    /// c − x: 0 within the lattice.
    outside: f64,
}

impl Axis {
    fn new(lattice: &Lattice, axis: usize, x: f64, variance: f64) -> Self {
        let clamped = x.clamp(lattice.coordinate(axis, 0), lattice.coordinate(axis, lattice.count - 1));
        let outside = clamped - x;
        let offsets: Vec<f64> = lattice.coordinates(axis).map(|node| node - clamped).collect();
        let exponents = offsets.iter().map(|d| -d * (0.5 * d + outside) / variance).collect();
        Self { exponents, offsets, outside }
    }
}

fn cut(factor: f64) -> f64 {
    if factor < SMALLEST_FACTOR { 0.0 } else { factor }
}

/// The values in lanes, filled up with zeros.
fn in_lanes(values: impl ExactSizeIterator<Item = f64>) -> Vec<Lanes> {
    let mut lanes = vec![[0.0; LANES]; values.len().div_ceil(LANES)];
    lanes.as_flattened_mut().iter_mut().zip(values).for_each(|(lane, value)| *lane = value);
    lanes
}

/// The lanes from the first to the last that is not 0.
fn span(lanes: &[Lanes]) -> Range<usize> {
    let some = |lane: &Lanes| lane.iter().any(|&v| v > 0.0);
    lanes.iter().position(some).map_or(0..0, |start| start..lanes.iter().rposition(some).map_or(start, |end| end + 1))
}
