//! Fused multiply-add in WebAssembly, 128 bits wide. Not every engine has the instruction, and the compiler uses it
//! only through these intrinsics.

use std::arch::wasm32::{
    f32x4, f32x4_extract_lane, f32x4_relaxed_madd, f32x4_splat, f64x2, f64x2_extract_lane, f64x2_relaxed_madd,
    f64x2_splat,
};

/// sums += x w; N is a multiple of four.
#[inline]
#[target_feature(enable = "relaxed-simd")]
pub fn add<const N: usize>(sums: &mut [f32; N], x: f32, w: &[f32; N]) {
    let x = f32x4_splat(x);
    for (sum, w) in sums.as_chunks_mut::<4>().0.iter_mut().zip(w.as_chunks::<4>().0) {
        let more = f32x4_relaxed_madd(x, f32x4(w[0], w[1], w[2], w[3]), f32x4(sum[0], sum[1], sum[2], sum[3]));
        *sum = [
            f32x4_extract_lane::<0>(more),
            f32x4_extract_lane::<1>(more),
            f32x4_extract_lane::<2>(more),
            f32x4_extract_lane::<3>(more),
        ];
    }
}

/// sums += a b in f64; N is even.
#[inline]
#[target_feature(enable = "relaxed-simd")]
pub fn add_double<const N: usize>(sums: &mut [f64; N], a: f64, b: &[f64; N]) {
    let a = f64x2_splat(a);
    for (sum, b) in sums.as_chunks_mut::<2>().0.iter_mut().zip(b.as_chunks::<2>().0) {
        let more = f64x2_relaxed_madd(a, f64x2(b[0], b[1]), f64x2(sum[0], sum[1]));
        *sum = [f64x2_extract_lane::<0>(more), f64x2_extract_lane::<1>(more)];
    }
}
