//! Comparisons. Each has a negative control below, a test that it can fail.

/// The largest |a − b|, as a fraction of the largest |b|; infinite when lengths differ or anything is not finite.
pub fn relative_error<A: Into<f64> + Copy, B: Into<f64> + Copy>(a: &[A], b: &[B]) -> f64 {
    let differences: Vec<f64> = a.iter().zip(b).map(|(&a, &b)| (a.into() - b.into()).abs()).collect();
    if a.len() != b.len() || differences.iter().any(|d| !d.is_finite()) {
        return f64::INFINITY;
    }
    let scale = b.iter().map(|&b| b.into().abs()).fold(1e-30, f64::max);
    differences.into_iter().fold(0.0, f64::max) / scale
}

/// Fails if the relative error is above `bound`. Prints the error in any case (shown by `--nocapture`).
pub fn assert_close<A: Into<f64> + Copy, B: Into<f64> + Copy>(what: &str, a: &[A], b: &[B], bound: f64) {
    let error = relative_error(a, b);
    println!("{what}: relative error {error:.2e}");
    assert!(error <= bound, "{what}: relative error {error:.3e} above {bound:.1e}");
}

#[cfg(test)]
mod negative_controls {
    use super::relative_error;

    #[test]
    fn relative_error_sees_a_difference_a_missing_value_and_a_nan() {
        assert_eq!(relative_error(&[1.0, 2.0], &[1.0, 2.0]), 0.0);
        assert_eq!(relative_error(&[1.0, 2.2], &[1.0, 2.0]), 0.10000000000000009);
        assert_eq!(relative_error(&[1.0], &[1.0, 2.0]), f64::INFINITY);
        assert_eq!(relative_error(&[f64::NAN, 2.0], &[1.0, 2.0]), f64::INFINITY);
        assert_eq!(relative_error(&[1.0, f64::NEG_INFINITY], &[1.0, 2.0]), f64::INFINITY);
    }

    #[test]
    #[should_panic(expected = "relative error 1.000e-1")]
    fn assert_close_fails() {
        super::assert_close("control", &[1.0, 2.2], &[1.0, 2.0], 0.09);
    }
}
