//! The dual value over training steps, as the content of an SVG of 340 × 165.

use flowsketch_web::axis::{decimal, nice_spacing, short_count, ticks};
use flowsketch_web::number::{grouped, setting, shown};
use flowsketch_worker::curve::Curve;
use std::fmt::Write;

const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 165.0;
const LEFT: f64 = 50.0;
const RIGHT: f64 = WIDTH - 10.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 133.0;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    step: u64,
    dual: f64,
    epsilon: f64,
}

/// The values so far of one run.
#[derive(Clone, Debug, Default)]
pub struct History {
    curve: Curve<Point>,
    /// ε, and the maximum of the dual value at that ε.
    optimum: Option<(f64, f64)>,
}

impl History {
    pub fn clear(&mut self) {
        self.curve.clear();
    }

    fn points(&self) -> &[Point] {
        self.curve.points()
    }

    /// Sets the value that the curve climbs to.
    pub fn set_optimum(&mut self, optimum: Option<(f64, f64)>) {
        self.optimum = optimum.filter(|(_, dual)| dual.is_finite());
    }

    /// The optimum of the newest point.
    fn optimum(&self) -> Option<f64> {
        let last = self.points().last()?;
        self.optimum.and_then(|(epsilon, dual)| (epsilon == last.epsilon).then_some(dual))
    }

    /// Takes the value measured at `step`. If the run went back to a smaller step, the curve starts again.
    pub fn push(&mut self, step: u64, dual: f64, epsilon: f64) {
        if !dual.is_finite() {
            return;
        }
        if self.points().last().is_some_and(|last| last.step > step) {
            self.clear();
        }
        self.curve.push(Point { step, dual, epsilon });
    }

    /// The description of the picture for screen readers.
    pub fn describe(&self) -> String {
        match (self.points().first(), self.points().last()) {
            (Some(first), Some(last)) => format!(
                "Dual value over training steps: from {} at step {} to {} at step {}",
                shown(first.dual),
                grouped(first.step),
                shown(last.dual),
                grouped(last.step)
            ),
            _ => "Dual value over training steps: no values yet".into(),
        }
    }

    /// Axes, curve, the newest value, and a dashed line wherever ε changed.
    pub fn svg(&self) -> String {
        let mut svg = String::new();
        let [steps, duals] = self.ranges();
        let x = |step: f64| LEFT + (RIGHT - LEFT) * (step - steps[0]) / (steps[1] - steps[0]);
        let y = |dual: f64| (BOTTOM - (BOTTOM - TOP) * (dual - duals[0]) / (duals[1] - duals[0])).clamp(TOP, BOTTOM);
        // What begins below the axis is left out there: a sign breaks the axis, and words say where the curve comes from.
        let hidden = self.points().iter().rposition(|p| p.dual < duals[0]).map_or(0, |last| last + 1);
        let (hidden, drawn) = self.points().split_at(hidden);
        if let Some(first) = hidden.first() {
            _ = write!(svg, r#"<path class="break" d="M{:.1} {:.1}l5 -5l-6 -4l5 -5"/>"#, LEFT + 1.0, BOTTOM);
            let (dual, step, y) = (shown(first.dual), grouped(first.step), HEIGHT - 3.0);
            _ = write!(svg, r#"<text x="{LEFT}" y="{y:.1}">begins below, at {dual} (step {step})</text>"#);
        }

        let spacing = nice_spacing((duals[1] - duals[0]) / 4.0);
        for tick in ticks(duals, spacing) {
            let height = y(tick);
            let label = decimal(tick, spacing);
            _ = write!(svg, r#"<path class="grid" d="M{LEFT} {height:.1}H{RIGHT}"/>"#);
            _ = write!(svg, r#"<text x="{:.1}" y="{:.1}" text-anchor="end">{label}</text>"#, LEFT - 5.0, height + 3.5);
        }
        let spacing = nice_spacing((steps[1] - steps[0]) / 4.0).max(1.0);
        for tick in ticks(steps, spacing) {
            let anchor = if tick == steps[0] { "start" } else { "middle" };
            let label = short_count(tick as u64);
            _ = write!(
                svg,
                r#"<text x="{:.1}" y="{:.1}" text-anchor="{anchor}">{label}</text>"#,
                x(tick),
                BOTTOM + 14.0
            );
        }
        _ = write!(svg, r#"<text x="{RIGHT}" y="{:.1}" text-anchor="end">steps</text>"#, HEIGHT - 3.0);

        for pair in self.points().windows(2).filter(|pair| pair[0].epsilon != pair[1].epsilon) {
            let at = x(pair[1].step as f64);
            let label = setting(pair[1].epsilon);
            _ = write!(svg, r#"<path class="epsilon" d="M{at:.1} {TOP}V{BOTTOM}"><title>ε = {label}</title></path>"#);
        }
        if let Some(optimum) = self.optimum() {
            let height = y(optimum);
            _ = write!(svg, r#"<path class="optimum" d="M{LEFT} {height:.1}H{RIGHT}"><title>optimum</title></path>"#);
        }
        let mut path = String::new();
        for (k, point) in drawn.iter().enumerate() {
            // With another ε the dual is another function, so the curve starts again.
            let starts = k == 0 || drawn[k - 1].epsilon != point.epsilon;
            _ = write!(path, "{}{:.1} {:.1}", if starts { 'M' } else { 'L' }, x(point.step as f64), y(point.dual));
        }
        if let Some(last) = self.points().last() {
            _ = write!(svg, r#"<path class="curve" d="{path}"/>"#);
            _ = write!(
                svg,
                r#"<circle class="now" cx="{:.1}" cy="{:.1}" r="3.5"/>"#,
                x(last.step as f64),
                y(last.dual)
            );
        }
        svg
    }

    /// The ends of both axes: steps from the first on; values without the first twentieth of the run, whose steep
    /// rise would flatten all the rest.
    fn ranges(&self) -> [[f64; 2]; 2] {
        let (Some(first), Some(last)) = (self.points().first(), self.points().last()) else {
            return [[0.0, 100.0], [0.0, 1.0]];
        };
        let settled = first.step + (last.step - first.step) / 20;
        let late = || self.points().iter().filter(move |p| p.step >= settled).map(|p| p.dual);
        let low = late().fold(f64::INFINITY, f64::min);
        let high = late().chain(self.optimum()).fold(f64::NEG_INFINITY, f64::max);
        // One value has no range of its own.
        let least = if self.points().len() < 2 { 0.5 * high.abs() + 0.1 } else { 1e-4 * high.abs() + 1e-6 };
        let margin = (0.1 * (high - low)).max(least);
        let end = last.step.max(first.step + 20) as f64;
        [[first.step as f64, end], [low - margin, high + margin]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_keeps_its_ends_and_a_bounded_picture() {
        let mut history = History::default();
        for step in 0..10_000 {
            history.push(step, 1.0 - 1.0 / (1.0 + step as f64), 0.2);
        }
        assert!(history.points().len() <= 400);
        assert_eq!((history.points()[0].step, history.points().last().unwrap().step), (0, 9_999));
        assert!(!history.svg().contains("NaN") && history.svg().contains("curve"));
        assert_eq!(history.describe(), "Dual value over training steps: from 0 at step 0 to 1.00 at step 9,999");
        // The optimum is drawn for its own ε alone.
        history.set_optimum(Some((0.2, 1.01)));
        assert!(history.svg().contains("optimum"));
        history.push(10_000, 0.5, 0.4);
        assert!(!history.svg().contains("optimum"));
        history.push(0, 0.3, 0.2);
        assert_eq!(history.points().len(), 1);
        assert!(!history.svg().contains("NaN"));
        assert!(!History::default().svg().contains("NaN"));
        // A curve that begins far below the rest breaks the axis, and says where it begins.
        let mut history = History::default();
        (0..100).for_each(|step| history.push(step, if step < 2 { -0.273 } else { 1.0 + 1e-3 * step as f64 }, 0.2));
        let svg = history.svg();
        assert!(svg.contains("break") && svg.contains("begins below, at −0.273 (step 0)"), "{svg}");
        assert_eq!(svg.matches('L').count(), 97, "what is below is drawn");
    }
}
