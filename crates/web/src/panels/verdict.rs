//! How good the learned flow is, in one sentence.

use flowsketch_web::number::brief;

/// Greatest shares of mass out of place, per cent, of a flow that is called good, and of one that is called close.
const GOOD: f64 = 1.0;
const CLOSE: f64 = 5.0;

/// One sentence about ∫|ρ − ρ*| at several times: the share of mass out of place is half of it.
pub fn verdict(errors: &[f64]) -> String {
    let percent = 50.0 * errors.iter().copied().fold(0.0, f64::max);
    let word = match percent {
        _ if percent <= GOOD => "Good",
        _ if percent <= CLOSE => "Close",
        _ => "Not yet",
    };
    format!("{word}: up to {} % of the mass is not where the exact flow has it.", brief(percent))
}

#[cfg(test)]
mod tests {
    use super::verdict;

    #[test]
    fn the_worst_time_decides() {
        assert_eq!(
            verdict(&[0.001, 0.003, 0.002]),
            "Good: up to 0.15 % of the mass is not where the exact flow has it."
        );
        assert!(verdict(&[0.0, 0.03, 0.001]).starts_with("Close: up to 1.5 %"));
        assert!(verdict(&[0.5, 0.03, 0.001]).starts_with("Not yet: up to 25 %"));
    }
}
