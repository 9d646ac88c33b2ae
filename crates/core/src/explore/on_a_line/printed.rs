//! Formulas of the paper as they are printed beside those that hold, run on a line.

use super::cells::{COUNT, HALF_WIDTH, SHARES, STEP, heat, moments, quantile};
use super::flow::LineFlow;
use crate::gaussian::{Moments, bridge};
use crate::numeric::MASKED_BELOW;

/// Which of two forms of a formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The one that holds.
    Verified,
    /// The one that the paper prints.
    Printed,
}

impl Form {
    fn sign(self) -> f64 {
        if self == Self::Verified { 1.0 } else { -1.0 }
    }
}

/// Times of a path, from 0 to 1.
pub const TIMES: usize = 25;

/// The share of a disagreement that a step of the penalty alone removes or, as printed, adds.
const PENALTY_STEP: f64 = 0.5;

impl LineFlow {
    /// v_t = ½ ∂(ψ_t − φ_t) at the cells, for t in (0, 1), by central differences; as printed, (4) and (18), its negative.
    fn velocity(&self, t: f64, form: Form) -> Vec<f64> {
        let [u, w] = [heat(&self.u, t * self.epsilon), heat(&self.w, (1.0 - t) * self.epsilon)];
        let half = |cell: usize| 0.5 * form.sign() * self.epsilon * (w[cell] - u[cell]);
        let slope = |cell: usize| {
            let (low, high) = (cell.saturating_sub(1), (cell + 1).min(COUNT - 1));
            (half(high) - half(low)) / (STEP * (high - low) as f64)
        };
        (0..COUNT).map(slope).collect()
    }

    /// The places at [`TIMES`] equal times of points that start with the [`SHARES`] of the source on their left
    /// and move with v_t (the midpoint rule).
    pub fn paths(&self, form: Form) -> Vec<Vec<f64>> {
        let step = 1.0 / (TIMES - 1) as f64;
        let mut paths = SHARES.map(|share| vec![quantile(&self.source, share)]);
        for k in 1..TIMES {
            let velocity = self.velocity((k as f64 - 0.5) * step, form);
            for path in &mut paths {
                let x = path[k - 1];
                let middle = x + 0.5 * step * interpolated(&velocity, x);
                path.push(x + step * interpolated(&velocity, middle));
            }
        }
        paths.to_vec()
    }

    /// The mean distance of the ends of paths from where the target has their shares.
    pub fn path_error(&self, paths: &[Vec<f64>]) -> f64 {
        let ends = SHARES.iter().zip(paths).map(|(share, path)| (path, quantile(&self.target, *share)));
        ends.map(|(path, end)| (path[path.len() - 1] - end).abs()).sum::<f64>() / SHARES.len() as f64
    }

    /// The same φ, and ψ its transform ε log p_N − ε log H_ε\[e^{φ/ε}\]; as printed, (7), the negative of it, with the
    /// constant that gives γ mass 1.
    pub fn transformed(&self, form: Form) -> Self {
        let mut flow = self.clone();
        flow.w = flow.transform();
        if form == Form::Printed {
            flow.w.iter_mut().filter(|w| **w > MASKED_BELOW).for_each(|w| *w = -*w);
            let [_, marginal] = flow.marginals();
            let log_mass = (STEP * marginal.iter().sum::<f64>()).ln();
            flow.w.iter_mut().for_each(|w| *w -= log_mass);
        }
        flow.heat_w = heat(&flow.w, flow.epsilon);
        flow
    }

    /// A step of gradient ascent for ψ on the penalty alone, (20): ψ comes nearer to φ's transform, or, if the penalty is
    /// added instead of subtracted, as printed, goes away from it.
    pub fn penalty_step(&mut self, form: Form) {
        let factor = 1.0 - form.sign() * PENALTY_STEP;
        let transform = self.transform();
        self.w.iter_mut().zip(transform).for_each(|(w, transform)| *w = transform + factor * (*w - transform));
        self.heat_w = heat(&self.w, self.epsilon);
    }

    /// Root mean square over the target of the difference of ψ and φ's transform, units of cost; constants are removed.
    pub fn disagreement(&self) -> f64 {
        let transform = self.transform();
        let difference = || self.w.iter().zip(&transform).zip(&self.target).map(|((w, own), q)| (w - own, STEP * q));
        let mean: f64 = difference().map(|(value, weight)| weight * value).sum();
        self.epsilon * difference().map(|(value, weight)| weight * (value - mean).powi(2)).sum::<f64>().sqrt()
    }

    /// The deviation of ρ_t.
    pub fn deviation(&self, t: f64) -> f64 {
        moments(&self.density(t))[1].sqrt()
    }

    /// Mean and deviation that the closed form for Gaussians gives ρ_t, with the source's own; it has ε²/4, and as printed
    /// ε²/16.
    pub fn gaussian_bridge(&self, t: f64, form: Form) -> [f64; 2] {
        let [mean, variance] = moments(&self.source);
        let source = Moments { mean: [mean, 0.0], covariance: [variance, 0.0, 1.0] };
        // ε²/16 is ε²/4 at half of ε; the printed formula has no other ε.
        let factor = if form == Form::Verified { 1.0 } else { 0.5 };
        let at = bridge(&source, factor * self.epsilon, t);
        [at.mean[0], at.covariance[0].sqrt()]
    }
}

/// A field between the centres of cells.
fn interpolated(field: &[f64], x: f64) -> f64 {
    let at = ((x + HALF_WIDTH) / STEP - 0.5).clamp(0.0, (COUNT - 1) as f64);
    let low = (at as usize).min(COUNT - 2);
    let share = at - low as f64;
    (1.0 - share) * field[low] + share * field[low + 1]
}
