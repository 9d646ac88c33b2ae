//! The quantities of an exact flow that a claim can name.

use super::situation::{Flows, Situation, Solved};
use flowsketch_core::exact::audit::continuity;
use flowsketch_core::exact::sinkhorn::{Stop, half_sweep, log_density, solve};
use flowsketch_core::explore::Given;
use flowsketch_core::gaussian::{Moments, bridge};
use flowsketch_core::heat::flow::flow_by_products;
use flowsketch_core::heat::products::HeatProducts;
use flowsketch_core::lattice::{Lattice, normalised};
use flowsketch_core::measure::coarsest_lattice;
use flowsketch_core::numeric::MASKED_BELOW;
use flowsketch_core::sampling::{PointwiseFlow, log_likelihood};

/// The names of all quantities; docs/lessons.md says what each is.
pub const NAMES: [&str; 26] = [
    "cost",
    "dual",
    "sweeps",
    "scatter",
    "explained",
    "spread",
    "goes_x",
    "goes_y",
    "density",
    "velocity_x",
    "velocity_y",
    "phi",
    "psi",
    "entropy",
    "mean_x",
    "mean_y",
    "deviation",
    "speed",
    "change",
    "continuity",
    "continuity_printed",
    "transform",
    "transform_printed",
    "covariance",
    "covariance_printed",
    "likelihood_error",
];

/// Difference of times of a derivative ∂_t.
const TIME_STEP: f64 = 1e-3;
/// Local error of a path, relative.
const PATH_TOLERANCE: f64 = 1e-7;

/// A quantity with its arguments.
pub struct Asked<'a> {
    name: &'static str,
    place: [Option<f64>; 2],
    changes: Vec<(&'a str, &'a str)>,
}

impl<'a> Asked<'a> {
    /// Reads `name` and its arguments: x and y are a place, all others change the situation.
    pub fn read(name: &str, arguments: &'a [(String, String)]) -> Result<Self, String> {
        let name = NAMES.into_iter().find(|known| *known == name).ok_or_else(|| format!("{name} is no quantity"))?;
        let mut asked = Self { name, place: [None; 2], changes: vec![] };
        for (argument, value) in arguments {
            match argument.as_str() {
                "x" | "y" => {
                    let number = value.parse().map_err(|_| format!("{argument} must be a number, not {value}"))?;
                    asked.place[usize::from(argument == "y")] = Some(number);
                }
                _ => asked.changes.push((argument, value)),
            }
        }
        Ok(asked)
    }

    fn place(&self) -> Result<[f64; 2], String> {
        let [Some(x), Some(y)] = self.place else { return Err(format!("{} needs a place, x and y", self.name)) };
        Ok([x, y])
    }

    /// The value for the exact flow of a situation, after the changes that the arguments name.
    pub fn value(&self, flows: &mut Flows, situation: &Situation) -> Result<f64, String> {
        let mut changed = situation.clone();
        for (name, value) in &self.changes {
            changed = changed.changed(name, value)?;
        }
        let solved = flows.of(&changed);
        let time = changed.time();
        Ok(match self.name {
            "dual" => solved.flow.optimum,
            "sweeps" => f64::from(sweeps(&solved)),
            "cost" => pairing(&solved).cost,
            "scatter" => pairing(&solved).scatter.sqrt(),
            "explained" => {
                let Pairing { scatter, variance, .. } = pairing(&solved);
                1.0 - 2.0 * scatter / variance
            }
            "spread" | "goes_x" | "goes_y" => {
                let law = solved.probe.coupling(Given::Source, 1.0, self.place()?);
                let law = law.ok_or("The place is outside the map")?;
                match self.name {
                    "spread" => law.spread,
                    "goes_x" => law.barycentre[0],
                    _ => law.barycentre[1],
                }
            }
            "density" => Still::at(&solved, time).density(self.place()?),
            "velocity_x" => solved.probe.read(time, self.place()?).velocity[0],
            "velocity_y" => solved.probe.read(time, self.place()?).velocity[1],
            "phi" => solved.probe.read(0.0, self.place()?).phi,
            "psi" => solved.probe.read(1.0, self.place()?).psi,
            "entropy" => -Still::at(&solved, time).mean(|[log_rho, ..]| log_rho),
            "speed" => Still::at(&solved, time).mean(|[_, vx, vy]| vx * vx + vy * vy).sqrt(),
            "mean_x" => Still::at(&solved, time).moments().mean[0],
            "mean_y" => Still::at(&solved, time).moments().mean[1],
            "deviation" => variance(&Still::at(&solved, time).moments()).sqrt(),
            "change" => {
                let [own, other] = flows.both([situation, &changed]).map(|solved| Still::at(&solved, time));
                let terms = own.flow.iter().zip(&other.flow).map(|(a, b)| (a[0].exp() - b[0].exp()).abs());
                terms.sum::<f64>() * own.lattice.cell_area()
            }
            "continuity" => residual(&solved, 1.0),
            "continuity_printed" => residual(&solved, -1.0),
            "transform" => missed_transform(&solved, 1.0),
            "transform_printed" => missed_transform(&solved, -1.0),
            "covariance" => missed_covariance(&solved, &changed, 1.0)?,
            // ε²/16 is ε²/4 at half of ε.
            "covariance_printed" => missed_covariance(&solved, &changed, 0.5)?,
            _ => {
                let place = self.place()?;
                only_normal(&changed)?;
                let flow = PointwiseFlow::new(&solved.flow.pair());
                let along = log_likelihood(&flow, &[place], PATH_TOLERANCE)[0];
                (along - flow.at(0.0).evaluate(place).log_rho).abs()
            }
        })
    }
}

fn only_normal(situation: &Situation) -> Result<(), String> {
    match situation.target().density() {
        None => Ok(()),
        Some(_) => Err("This quantity is for the Normal as the target".into()),
    }
}

/// Sinkhorn iterations from ψ = 0, on the coarsest lattice of the problem.
fn sweeps(solved: &Solved) -> u32 {
    let Solved { problem, flow, .. } = solved;
    let (lattice, [source, target]) = match &problem.coarse {
        Some(coarse) => (coarsest_lattice(), [&coarse.source, &coarse.target]),
        None => (problem.lattice, [&problem.source, &problem.target]),
    };
    solve(&lattice, source, target, flow.epsilon, None, &Stop::default()).sweeps
}

/// What γ says about pairs (x, y).
struct Pairing {
    /// E ½|x − y|².
    cost: f64,
    /// Half of E|y − E\[y|x\]|².
    scatter: f64,
    /// E|y − E y|².
    variance: f64,
}

fn pairing(solved: &Solved) -> Pairing {
    let Solved { problem, flow, .. } = solved;
    let pair = flow.pair();
    let heat = HeatProducts::new(&pair.lattice, pair.epsilon);
    let points: Vec<_> = pair.lattice.points().collect();
    // E[f(y)|x] = H_ε[e^w f](x) / H_ε[e^w](x), in logarithms, for which f is made positive.
    let log_mass = heat.average(&pair.w);
    let mean = |f: &dyn Fn([f64; 2]) -> f64| {
        let field: Vec<f64> = pair.w.iter().zip(&points).map(|(w, y)| w + f(*y).ln()).collect();
        heat.average(&field).into_iter().zip(&log_mass).map(|(log, mass)| (log - mass).exp()).collect::<Vec<f64>>()
    };
    let shift = 2.0 * pair.lattice.step * pair.lattice.count as f64;
    let [first, second] = [0, 1].map(|axis| mean(&|y: [f64; 2]| y[axis] + shift));
    let square = mean(&|y: [f64; 2]| y[0] * y[0] + y[1] * y[1]);
    let (mut cost, mut scatter) = (0.0, 0.0);
    for (k, p) in problem.source.iter().enumerate().filter(|(_, p)| **p > 0.0) {
        let (x, y, weight) = (points[k], [first[k] - shift, second[k] - shift], p * pair.lattice.cell_area());
        cost += weight * 0.5 * (x[0] * x[0] + x[1] * x[1] - 2.0 * (x[0] * y[0] + x[1] * y[1]) + square[k]);
        scatter += weight * 0.5 * (square[k] - y[0] * y[0] - y[1] * y[1]);
    }
    let target = Moments::on(&pair.lattice, problem.target.iter().copied());
    Pairing { cost, scatter, variance: variance(&target) }
}

/// The mean squared distance from the mean.
fn variance(moments: &Moments) -> f64 {
    moments.covariance[0] + moments.covariance[2]
}

/// The flow at one time on its lattice, as log ρ and v.
struct Still {
    lattice: Lattice,
    flow: Vec<[f64; 3]>,
}

impl Still {
    fn at(solved: &Solved, time: f64) -> Self {
        let pair = solved.flow.pair();
        Self { lattice: pair.lattice, flow: flow_by_products(&pair, time) }
    }

    /// ρ between the four points of the lattice around a place, linear along each axis; 0 off the lattice.
    fn density(&self, place: [f64; 2]) -> f64 {
        let at = [0, 1].map(|axis| (place[axis] - self.lattice.origin[axis]) / self.lattice.step);
        let corner = at.map(f64::floor);
        let share = [0, 1].map(|axis| at[axis] - corner[axis]);
        let rho = |di: usize, dj: usize| {
            let [i, j] = [corner[0] + di as f64, corner[1] + dj as f64];
            let inside = [i, j].iter().all(|k| (0.0..self.lattice.count as f64).contains(k));
            let weight = [(di, share[0]), (dj, share[1])].map(|(d, share)| if d == 1 { share } else { 1.0 - share });
            if inside {
                weight[0] * weight[1] * self.flow[i as usize * self.lattice.count + j as usize][0].exp()
            } else {
                0.0
            }
        };
        rho(0, 0) + rho(0, 1) + rho(1, 0) + rho(1, 1)
    }

    /// The mean of a function of the flow under ρ.
    fn mean(&self, f: impl Fn([f64; 3]) -> f64) -> f64 {
        let (mut sum, mut mass) = (0.0, 0.0);
        for flow in self.flow.iter().filter(|flow| flow[0] > MASKED_BELOW) {
            let rho = flow[0].exp();
            (sum, mass) = (sum + rho * f(*flow), mass + rho);
        }
        sum / mass
    }

    fn moments(&self) -> Moments {
        let rho = normalised(&self.lattice, self.flow.iter().map(|flow| flow[0].exp()).collect());
        Moments::on(&self.lattice, rho.iter().copied())
    }
}

/// The residual of the continuity equation at t = ½ by `sign` · v.
fn residual(solved: &Solved, sign: f64) -> f64 {
    let [before, middle, after] = [0.5 - TIME_STEP, 0.5, 0.5 + TIME_STEP].map(|time| Still::at(solved, time));
    let rate: Vec<f64> =
        after.flow.iter().zip(&before.flow).map(|(a, b)| (a[0].exp() - b[0].exp()) / (2.0 * TIME_STEP)).collect();
    let flow: Vec<_> = middle.flow.iter().map(|&[log_rho, vx, vy]| [log_rho, sign * vx, sign * vy]).collect();
    continuity(&middle.lattice, &flow, &rate)
}

/// Root mean square over p_N by which ψ misses `sign` · (ε log p_N − ε log H_ε\[e^u\]), without constants.
fn missed_transform(solved: &Solved, sign: f64) -> f64 {
    let Solved { problem, flow, .. } = solved;
    let pair = flow.pair();
    let heat = HeatProducts::new(&pair.lattice, pair.epsilon).average(&pair.u);
    let transform = half_sweep(&log_density(&problem.target), &heat);
    let cells = problem.target.iter().zip(pair.w.iter().zip(&transform)).filter(|(q, _)| **q > 0.0);
    let misses: Vec<(f64, f64)> = cells.map(|(q, (w, transform))| (*q, w - sign * transform)).collect();
    let mass: f64 = misses.iter().map(|(q, _)| q).sum();
    let centre = misses.iter().map(|(q, miss)| q * miss).sum::<f64>() / mass;
    let variance = misses.iter().map(|(q, miss)| q * (miss - centre).powi(2)).sum::<f64>() / mass;
    pair.epsilon * variance.sqrt()
}

/// The largest entry by which the covariance of ρ_½ misses the closed form of Gaussians at `factor` · ε.
fn missed_covariance(solved: &Solved, situation: &Situation, factor: f64) -> Result<f64, String> {
    only_normal(situation)?;
    let source = Moments::on(&solved.problem.lattice, solved.problem.source.iter().copied());
    let closed = bridge(&source, factor * solved.flow.epsilon, 0.5).covariance;
    let found = Still::at(solved, 0.5).moments().covariance;
    Ok((0..3).map(|k| (closed[k] - found[k]).abs()).fold(0.0, f64::max))
}
