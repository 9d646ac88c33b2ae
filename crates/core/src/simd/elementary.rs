//! Sines, cosines and exponentials by polynomials that the compiler can vectorise.

/// sin and cos of `angle`, radians, with an absolute error below 1e-6 for |angle| up to some hundred.
#[inline(always)]
pub fn sin_cos(angle: f32) -> [f32; 2] {
    // The angle in turns, reduced to −½ .. ½; 2π in two parts avoids the rounding error of the reduction.
    let turns = angle * (1.0 / std::f32::consts::TAU);
    let whole = (turns + ROUNDER) - ROUNDER;
    let rest = ((angle - whole * TAU_HIGH) - whole * TAU_LOW) * (1.0 / std::f32::consts::TAU);
    // cos(2πr) = sin(2π(¼ − |r|)), and sin(2πr) = cos(2π(r − ¼)).
    let back = rest - 0.25;
    let back = back - if back < -0.5 { -1.0 } else { 0.0 };
    [sine(0.25 - back.abs()), sine(0.25 - rest.abs())]
}

/// 1.5 · 2²³: adding and then subtracting it rounds to a whole number.
const ROUNDER: f32 = 12_582_912.0;
/// 2π in two parts, the first with few enough bits that its products with whole numbers are exact.
const TAU_HIGH: f32 = 6.28125;
const TAU_LOW: f32 = (std::f64::consts::TAU - 6.28125) as f32;

/// eˣ with a relative error below 3e-7 for −87 ≤ x ≤ 88; x is clamped to that range.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.0, 88.0);
    // x = n log 2 + r: the low bits of this sum are the whole number n.
    let shifted = x * std::f32::consts::LOG2_E + ROUNDER;
    let n = shifted - ROUNDER;
    let r = (x - n * LOG_2_HIGH) - n * LOG_2_LOW;
    let series = 1.388_888_9e-3f32;
    let series = series * r + 8.333_333e-3;
    let series = series * r + 4.166_666_7e-2;
    let series = series * r + 0.166_666_67;
    let series = series * r + 0.5;
    let series = series * r * r + r + 1.0;
    let power = shifted.to_bits().wrapping_sub(ROUNDER.to_bits()).wrapping_add(127) << 23;
    series * f32::from_bits(power)
}

/// log 2 in two parts, for the same reason as [`TAU_HIGH`].
const LOG_2_HIGH: f32 = 0.693_359_4;
const LOG_2_LOW: f32 = (std::f64::consts::LN_2 - 0.693_359_375) as f32;

/// eˣ in f64 with a relative error below 1e-13 for −700 ≤ x ≤ 700; 0 below that range, and x is clamped above it.
#[inline(always)]
pub fn exp_double(x: f64) -> f64 {
    let clamped = x.clamp(-700.0, 700.0);
    let shifted = clamped * std::f64::consts::LOG2_E + ROUNDER_DOUBLE;
    let n = shifted - ROUNDER_DOUBLE;
    let r = (clamped - n * LOG_2_HIGH_DOUBLE) - n * LOG_2_LOW_DOUBLE;
    // 1/11!, 1/10!, ..
    let series = 2.505_210_838_544_172e-8;
    let series = series * r + 2.755_731_922_398_589_3e-7;
    let series = series * r + 2.755_731_922_398_589e-6;
    let series = series * r + 2.480_158_730_158_73e-5;
    let series = series * r + 1.984_126_984_126_984e-4;
    let series = series * r + 1.388_888_888_888_889e-3;
    let series = series * r + 8.333_333_333_333_333e-3;
    let series = series * r + 4.166_666_666_666_666_4e-2;
    let series = series * r + 0.166_666_666_666_666_66;
    let series = series * r + 0.5;
    let series = series * r * r + r + 1.0;
    let power = shifted.to_bits().wrapping_sub(ROUNDER_DOUBLE.to_bits()).wrapping_add(1023) << 52;
    if x < -700.0 { 0.0 } else { series * f64::from_bits(power) }
}

/// The same for f64 as [`ROUNDER`], [`LOG_2_HIGH`] and [`LOG_2_LOW`].
const ROUNDER_DOUBLE: f64 = 6_755_399_441_055_744.0;
const LOG_2_HIGH_DOUBLE: f64 = 0.693_147_180_369_123_8;
const LOG_2_LOW_DOUBLE: f64 = 1.908_214_929_270_587_7e-10;

/// sin(2πs) for |s| ≤ ¼, by its series.
#[inline(always)]
fn sine(s: f32) -> f32 {
    let x = s * std::f32::consts::TAU;
    let x2 = x * x;
    let series = -2.505_210_8e-8f32;
    let series = series * x2 + 2.755_731_9e-6;
    let series = series * x2 - 1.984_127e-4;
    let series = series * x2 + 8.333_333e-3;
    let series = series * x2 - 0.166_666_67;
    x + x * (x2 * series)
}

#[cfg(test)]
mod tests {
    #[test]
    fn sines_and_cosines_are_right_to_rounding() {
        let mut worst = 0.0f64;
        for k in -60_000..60_000 {
            let angle = k as f32 * 2.3e-3;
            let [sin, cos] = super::sin_cos(angle);
            let exact = f64::from(angle);
            worst = worst.max((f64::from(sin) - exact.sin()).abs()).max((f64::from(cos) - exact.cos()).abs());
        }
        println!("sin and cos off by {worst:.1e}");
        assert!(worst < 1e-6, "{worst}");
    }

    #[test]
    fn exponentials_are_right_to_rounding() {
        let mut worst = 0.0f64;
        for k in -8_700..8_800 {
            let x = k as f32 * 1e-2;
            let exact = f64::from(x).exp();
            worst = worst.max((f64::from(super::exp(x)) - exact).abs() / exact);
        }
        println!("exp off by {worst:.1e}");
        assert!(worst < 3e-7, "{worst}");
        assert!(super::exp(-1e30) < 1e-37 && super::exp(f32::MAX).is_finite());
    }

    #[test]
    fn exponentials_in_double_precision_are_right_to_rounding() {
        let mut worst = 0.0f64;
        for k in -70_000..70_000 {
            let x = f64::from(k) * 1e-2;
            worst = worst.max((super::exp_double(x) / x.exp() - 1.0).abs());
        }
        println!("exp in double precision off by {worst:.1e}");
        assert!(worst < 1e-13, "{worst}");
        assert_eq!([-1e30, -701.0, f64::NEG_INFINITY].map(super::exp_double), [0.0; 3]);
    }
}
