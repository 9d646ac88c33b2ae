//! The curves of two records, KL from the source on a logarithmic axis, as the content of an SVG of 340 × 165.

use flowsketch_web::axis::{nice_spacing, short_count, ticks};
use flowsketch_worker::compare::{Axis, Point, Record};
use std::fmt::Write;

const LEFT: f64 = 44.0;
const RIGHT: f64 = 330.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 133.0;
/// Smaller values are drawn as this.
const LEAST: f64 = 1e-4;

pub fn svg(records: [&Record; 2], axis: Axis) -> String {
    let mut svg = String::new();
    let points = || records.into_iter().flat_map(Record::points);
    let log = |point: &Point| point.kl_source.max(LEAST).log10();
    let end = points().map(|point| axis.of(point)).fold(1.0, f64::max);
    let low = points().map(log).fold(0.0, f64::min).floor();
    let high = points().map(log).fold(low + 1.0, f64::max) + 0.05;
    let x = |point: &Point| LEFT + (RIGHT - LEFT) * axis.of(point) / end;
    let y = |log: f64| BOTTOM - (BOTTOM - TOP) * (log - low) / (high - low);
    for power in low as i32..=high.floor() as i32 {
        let height = y(f64::from(power));
        let label = 10f64.powi(power);
        _ = write!(svg, r#"<path class="grid" d="M{LEFT} {height:.1}H{RIGHT}"/>"#);
        _ = write!(svg, r#"<text x="{:.1}" y="{:.1}" text-anchor="end">{label}</text>"#, LEFT - 5.0, height + 3.5);
    }
    for tick in ticks([0.0, end], nice_spacing(end / 4.0)) {
        let at = LEFT + (RIGHT - LEFT) * tick / end;
        let (below, anchor) = (BOTTOM + 14.0, if tick == 0.0 { "start" } else { "middle" });
        let label = if axis == Axis::Steps { short_count(tick as u64) } else { format!("{tick}") };
        _ = write!(svg, r#"<text x="{at:.1}" y="{below:.1}" text-anchor="{anchor}">{label}</text>"#);
    }
    _ = write!(svg, r#"<text x="{RIGHT}" y="162" text-anchor="end">{axis}</text>"#);
    for (record, class) in records.into_iter().zip(["first", "second"]) {
        let mut path = String::new();
        for (k, point) in record.points().iter().enumerate() {
            _ = write!(path, "{}{:.1} {:.1}", if k == 0 { 'M' } else { 'L' }, x(point), y(log(point)));
        }
        if !path.is_empty() {
            _ = write!(svg, r#"<path class="curve {class}" d="{path}"/>"#);
        }
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_of_nothing_of_one_value_and_of_many() {
        let mut records = [Record::default(), Record::default()];
        let text = |records: &[Record; 2], axis| svg([&records[0], &records[1]], axis);
        assert!(!text(&records, Axis::Steps).contains("curve"));
        for step in 0..200 {
            let kl_source = 10f64.powi(-(step / 20));
            records[1].push(Point { step: step as u64, seconds: 0.1 * f64::from(step), kl_source });
            for axis in [Axis::Steps, Axis::Seconds] {
                let svg = text(&records, axis);
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
                assert!(svg.contains("curve second") && !svg.contains("curve first"));
            }
        }
        assert!(text(&records, Axis::Steps).contains(">0.0001<"), "no lower than that");
        assert!(text(&records, Axis::Seconds).contains(">seconds<"));
    }
}
