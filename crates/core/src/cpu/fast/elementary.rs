//! Sines, cosines and exponentials by polynomials that the compiler makes vectors of.

/// sin and cos of `angle`, radians, for |angle| up to some hundred: within 1e-6 of sin and cos of the exact angle, and
/// within the rounding of the angle itself.
#[inline(always)]
pub fn sin_cos(angle: f32) -> [f32; 2] {
    // Turns, from −½ to ½, with the rounding of the product made good.
    let turns = angle * (1.0 / std::f32::consts::TAU);
    let whole = (turns + ROUNDER) - ROUNDER;
    let rest = ((angle - whole * TAU_HIGH) - whole * TAU_LOW) * (1.0 / std::f32::consts::TAU);
    // cos(2πr) is the sine of a quarter turn less |r|; sin(2πr) is the cosine a quarter turn back.
    let back = rest - 0.25;
    let back = back - if back < -0.5 { -1.0 } else { 0.0 };
    [sine(0.25 - back.abs()), sine(0.25 - rest.abs())]
}

/// Adding and taking away this rounds to a whole number.
const ROUNDER: f32 = 12_582_912.0;
/// 2π in two parts, the first with few enough bits that its products with whole numbers are exact.
const TAU_HIGH: f32 = 6.28125;
const TAU_LOW: f32 = (std::f64::consts::TAU - 6.28125) as f32;

/// eˣ, within 2e-7 of itself for −87 ≤ x ≤ 88; clamped there.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.0, 88.0);
    // x = n log 2 + r: the whole number n stands in the low bits of this sum.
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

/// log 2 in two parts, as [`TAU_HIGH`].
const LOG_2_HIGH: f32 = 0.693_359_4;
const LOG_2_LOW: f32 = (std::f64::consts::LN_2 - 0.693_359_375) as f32;

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
}
