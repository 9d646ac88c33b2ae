//! Ticks of plots, and their labels.

use crate::number::counted;

/// 1, 2 or 5 times a power of ten, at least `least`.
pub fn nice_spacing(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|m| m * power).find(|s| *s >= 0.999 * least).unwrap_or(10.0 * power)
}

/// Multiples of `spacing` between the ends.
pub fn ticks([low, high]: [f64; 2], spacing: f64) -> impl Iterator<Item = f64> {
    let first = (low / spacing - 1e-9).ceil() as i64;
    let last = (high / spacing + 1e-9).floor() as i64;
    (first..=last).map(move |k| k as f64 * spacing)
}

/// As many decimals as the spacing of the ticks needs.
pub fn decimal(value: f64, spacing: f64) -> String {
    let decimals = (-spacing.log10().floor()).max(0.0) as usize;
    format!("{value:.decimals$}").replace('-', "−")
}

/// A count in short form: 500, 12k, 12.5k.
pub fn short_count(steps: u64) -> String {
    match steps {
        0..10_000 => counted(steps),
        n if n % 1_000 == 0 => format!("{}k", n / 1_000),
        n => format!("{:.1}k", n as f64 / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(nice_spacing(0.3), 0.5);
        assert_eq!(nice_spacing(7.0), 10.0);
        assert_eq!(
            ticks([-0.31, 0.52], 0.2).map(|t| decimal(t, 0.2)).collect::<Vec<_>>(),
            ["−0.2", "0.0", "0.2", "0.4"]
        );
        assert_eq!([short_count(500), short_count(12_000), short_count(12_500)], ["500", "12k", "12.5k"]);
    }
}
