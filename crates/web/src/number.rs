//! Numbers as people read them, and as programs do.

/// The value as a plain decimal; empty when there is no such number.
pub fn raw(value: f64) -> String {
    if value.is_finite() { format!("{value}") } else { String::new() }
}

/// Three significant digits, with a true minus sign; very large and very small values as a power of ten.
pub fn shown(value: f64) -> String {
    if !value.is_finite() {
        return "—".into();
    }
    let digits = format!("{value:.2e}");
    let (mantissa, exponent) = digits.split_once('e').expect("the format has an exponent");
    let exponent: i32 = exponent.parse().expect("the exponent is an integer");
    let text = if value == 0.0 {
        "0".into()
    } else if (-3..5).contains(&exponent) {
        format!("{value:.*}", (2 - exponent).max(0) as usize)
    } else {
        format!("{mantissa} × 10{}", superscript(exponent))
    };
    text.replace('-', "−")
}

/// Two significant digits, for three numbers in one row.
pub fn brief(value: f64) -> String {
    if !value.is_finite() {
        return "—".into();
    }
    let [digits, rounded] = [1, 0].map(|digits| format!("{value:.digits$e}"));
    let exponent: i32 = digits.split_once('e').and_then(|(_, e)| e.parse().ok()).expect("the format has an exponent");
    let text = if value == 0.0 {
        "0".into()
    } else if (-4..5).contains(&exponent) {
        format!("{value:.*}", (1 - exponent).max(0) as usize)
    } else {
        let (mantissa, _) = rounded.split_once('e').expect("the format has an exponent");
        format!("{mantissa}·10{}", superscript(exponent))
    };
    text.replace('-', "−")
}

/// Up to three decimals, without trailing zeros: the values of sliders.
pub fn setting(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').into()
}

/// Three significant digits at most: what a slider on a log scale is set to.
pub fn rounded(value: f64) -> f64 {
    let digits = format!("{value:.2e}");
    let (mantissa, exponent) = digits.split_once('e').expect("the format has an exponent");
    let whole: i32 = mantissa.replace('.', "").parse().expect("the mantissa has three digits");
    let exponent: i32 = exponent.parse().expect("the exponent is an integer");
    // One rounding, as small powers of ten are exact.
    let power = 10_f64.powi((exponent - 2).abs());
    if exponent < 2 { f64::from(whole) / power } else { f64::from(whole) * power }
}

/// A count with its thousands set apart.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (k, digit) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count that may be huge: exact below a million, then in millions (M) or thousands of millions (G).
pub fn counted(count: u64) -> String {
    match count {
        0..1_000_000 => grouped(count),
        1_000_000..1_000_000_000 => format!("{:.2} M", count as f64 / 1e6),
        _ => format!("{:.2} G", count as f64 / 1e9),
    }
}

fn superscript(exponent: i32) -> String {
    exponent
        .to_string()
        .chars()
        .map(|c| match c {
            '-' => '⁻',
            digit => ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][digit.to_digit(10).unwrap_or(0) as usize],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        for (value, text) in [
            (0.0, "0"),
            (1.0, "1.00"),
            (-0.01234, "−0.0123"),
            (123.456, "123"),
            (98765.4, "98765"),
            (0.9999, "1.00"),
            (1.5e-5, "1.50 × 10⁻⁵"),
            (2e6, "2.00 × 10⁶"),
            (f64::NAN, "—"),
        ] {
            assert_eq!(shown(value), text);
        }
        assert_eq!(raw(1.5e-5), "0.000015");
        assert_eq!(raw(f64::NAN), "");
        assert_eq!([setting(0.2), setting(1.0), setting(0.05), setting(0.0)], ["0.2", "1", "0.05", "0"]);
        assert_eq!([grouped(0), grouped(999), grouped(1000), grouped(1234567)], ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(counted(12_345_678), "12.35 M");
        assert_eq!(rounded(0.123456), 0.123);
    }
}
