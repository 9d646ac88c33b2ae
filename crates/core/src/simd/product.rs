//! Matrix products by register tiles: 4 × NR sums stay in registers through the whole depth of a product, and the
//! compiler vectorises the NR columns. The four rows are written out, because the compiler might not unroll a loop over
//! them, and would then keep the sums in memory.

use super::width::for_each_width;
use crate::network::HIDDEN;
use bytemuck::{Pod, Zeroable};

/// Rows of a register tile.
const TILE: usize = 4;

/// One row of a hidden layer, aligned to cache lines.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Row(pub [f32; HIDDEN]);

impl Default for Row {
    fn default() -> Self {
        Self([0.0; HIDDEN])
    }
}

/// The columns c · NR .. (c + 1) · NR of a row.
#[inline(always)]
fn columns<const NR: usize>(row: &Row, c: usize) -> &[f32; NR] {
    row.0[c * NR..][..NR].try_into().expect("a row is a whole number of column blocks")
}

/// a b + c, fused if `FUSED`, but never in WebAssembly, where `mul_add` would be a slow function call.
#[inline(always)]
pub fn multiply_add<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED && cfg!(not(target_arch = "wasm32")) { a.mul_add(b, c) } else { a * b + c }
}

/// sums += x w, vectorised.
#[inline(always)]
pub fn add<const NR: usize, const FUSED: bool>(sums: &mut [f32; NR], x: f32, w: &[f32; NR]) {
    #[cfg(all(target_arch = "wasm32", feature = "relaxed-simd"))]
    if FUSED {
        return super::relaxed::add(sums, x, w);
    }
    for n in 0..NR {
        sums[n] = multiply_add::<FUSED>(x, w[n], sums[n]);
    }
}

/// z = x W + b: `x` (R, I) row by row, `weights` (I, 64), `result` (R, 64).
#[inline(always)]
pub fn forward<const NR: usize, const FUSED: bool>(
    x: &[f32],
    inputs: usize,
    weights: &[Row],
    bias: &Row,
    result: &mut [Row],
) {
    assert!(x.len() == inputs * result.len() && weights.len() == inputs);
    for (x, result) in x.chunks(TILE * inputs).zip(result.chunks_mut(TILE)) {
        // In a tile that is not full, the last row is computed more than once.
        let row = |i: usize| &x[i.min(result.len() - 1) * inputs..][..inputs];
        let [x0, x1, x2, x3] = [row(0), row(1), row(2), row(3)];
        for c in 0..HIDDEN / NR {
            let [mut s0, mut s1, mut s2, mut s3] = [*columns::<NR>(bias, c); TILE];
            for ((((weights, &x0), &x1), &x2), &x3) in weights.iter().zip(x0).zip(x1).zip(x2).zip(x3) {
                let w = columns::<NR>(weights, c);
                add::<NR, FUSED>(&mut s0, x0, w);
                add::<NR, FUSED>(&mut s1, x1, w);
                add::<NR, FUSED>(&mut s2, x2, w);
                add::<NR, FUSED>(&mut s3, x3, w);
            }
            for (row, sums) in result.iter_mut().zip([s0, s1, s2, s3]) {
                row.0[c * NR..][..NR].copy_from_slice(&sums);
            }
        }
    }
}

/// `sums` += xᵀ d: `x` (R, I) row by row, `d` (R, 64), `sums` (I, 64). I is a multiple of four.
#[inline(always)]
pub fn gradient<const NR: usize, const FUSED: bool>(x: &[f32], inputs: usize, d: &[Row], sums: &mut [Row]) {
    assert!(x.len() == inputs * d.len() && sums.len() == inputs && inputs.is_multiple_of(TILE));
    for (block, places) in sums.as_chunks_mut::<TILE>().0.iter_mut().enumerate() {
        for c in 0..HIDDEN / NR {
            let [mut s0, mut s1, mut s2, mut s3] = places.each_ref().map(|place| *columns::<NR>(place, c));
            for (x, d) in x.chunks_exact(inputs).zip(d) {
                let x: &[f32; TILE] = x[block * TILE..][..TILE].try_into().expect("the inputs are whole blocks");
                let d = columns::<NR>(d, c);
                add::<NR, FUSED>(&mut s0, x[0], d);
                add::<NR, FUSED>(&mut s1, x[1], d);
                add::<NR, FUSED>(&mut s2, x[2], d);
                add::<NR, FUSED>(&mut s3, x[3], d);
            }
            for (place, sums) in places.iter_mut().zip([s0, s1, s2, s3]) {
                place.0[c * NR..][..NR].copy_from_slice(&sums);
            }
        }
    }
}

/// The number of columns of a matrix of [`multiply`](super::width::Width::multiply) is a multiple of this.
pub const COLUMN_BLOCK: usize = 8;

/// sums += a b, vectorised.
#[inline(always)]
fn add_double<const NR: usize, const FUSED: bool>(sums: &mut [f64; NR], a: f64, b: &[f64; NR]) {
    #[cfg(all(target_arch = "wasm32", feature = "relaxed-simd"))]
    if FUSED {
        return super::relaxed::add_double(sums, a, b);
    }
    for n in 0..NR {
        sums[n] = if FUSED { a.mul_add(b[n], sums[n]) } else { a * b[n] + sums[n] };
    }
}

#[inline(always)]
fn multiply_rows<const NR: usize, const FUSED: bool>(a: &[f64], b: &[f64], depth: usize, n: usize, c: &mut [f64]) {
    assert!(n.is_multiple_of(COLUMN_BLOCK) && b.len() == depth * n && a.len() / depth == c.len() / n);
    for (a, c) in a.chunks(TILE * depth).zip(c.chunks_mut(TILE * n)) {
        let count = c.len() / n;
        let row = |i: usize| &a[i.min(count - 1) * depth..][..depth];
        let [a0, a1, a2, a3] = [row(0), row(1), row(2), row(3)];
        for block in 0..n / NR {
            let [mut s0, mut s1, mut s2, mut s3] = [[0.0; NR]; TILE];
            for ((((b, &a0), &a1), &a2), &a3) in b.chunks_exact(n).zip(a0).zip(a1).zip(a2).zip(a3) {
                let b = b[block * NR..][..NR].try_into().expect("a whole block");
                add_double::<NR, FUSED>(&mut s0, a0, b);
                add_double::<NR, FUSED>(&mut s1, a1, b);
                add_double::<NR, FUSED>(&mut s2, a2, b);
                add_double::<NR, FUSED>(&mut s3, a3, b);
            }
            for (c, sums) in c.chunks_exact_mut(n).zip([s0, s1, s2, s3]) {
                c[block * NR..][..NR].copy_from_slice(&sums);
            }
        }
    }
}

for_each_width! {
    /// c = a b in f64: `a` (M, K), `b` (K, N), `c` (M, N), each row by row; N is a multiple of [`COLUMN_BLOCK`].
    multiply(a: &[f64], b: &[f64], depth: usize, n: usize, c: &mut [f64])
        = multiply_rows { [8, true] [8, true] [4, true] [4, false] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::width::Width;

    for_each_width! {
        /// `forward` alone, for the tests.
        forward_alone(x: &[f32], inputs: usize, weights: &[Row], bias: &Row, result: &mut [Row])
            = forward { [32, true] [16, true] [8, true] [8, false] }
    }
    for_each_width! {
        /// `gradient` alone, for the tests.
        gradient_alone(x: &[f32], inputs: usize, d: &[Row], sums: &mut [Row])
            = gradient { [32, true] [16, true] [8, true] [8, false] }
    }

    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        (0..count as u32).map(|k| ((k * 7919 + seed * 104_729) % 2003) as f32 / 1001.5 - 1.0).collect()
    }

    fn rows(count: usize, seed: u32) -> Vec<Row> {
        numbers(count * HIDDEN, seed).as_chunks().0.iter().copied().map(Row).collect()
    }

    /// Bound on the rounding error of a sum of at most 67 products: each partial sum is rounded, and is below 30.
    const ROUNDING: f64 = 67.0 * 30.0 * f32::EPSILON as f64;

    #[test]
    fn every_width_multiplies_layers() {
        for (count, inputs) in [(1, 4), (5, 36), (64, 64), (67, 12)] {
            let (x, bias) = (numbers(count * inputs, 1), rows(1, 2)[0]);
            let (weights, d) = (rows(inputs, 3), rows(count, 4));
            for width in Width::all() {
                let mut result = vec![Row([f32::NAN; HIDDEN]); count];
                width.forward_alone(&x, inputs, &weights, &bias, &mut result);
                let mut sums = vec![Row([0.5; HIDDEN]); inputs];
                width.gradient_alone(&x, inputs, &d, &mut sums);
                for n in 0..HIDDEN {
                    for r in 0..count {
                        let exact: f64 = (0..inputs).map(|k| f64::from(x[r * inputs + k] * weights[k].0[n])).sum();
                        let found = f64::from(result[r].0[n]) - f64::from(bias.0[n]);
                        assert!((found - exact).abs() < ROUNDING, "{width:?}: {found} {exact}");
                    }
                    for k in 0..inputs {
                        let exact: f64 = (0..count).map(|r| f64::from(x[r * inputs + k] * d[r].0[n])).sum();
                        let found = f64::from(sums[k].0[n]);
                        assert!((found - exact - 0.5).abs() < ROUNDING, "{width:?}: {found} {exact}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_width_multiplies_matrices() {
        let double = |count, seed| numbers(count, seed).into_iter().map(f64::from).collect::<Vec<f64>>();
        for (m, depth, n) in [(1, 3, 8), (7, 40, 48), (108, 108, 112)] {
            let (a, b) = (double(m * depth, 5), double(depth * n, 6));
            for width in Width::all() {
                let mut c = vec![f64::NAN; m * n];
                width.multiply(&a, &b, depth, n, &mut c);
                for (cell, value) in c.iter().enumerate() {
                    let exact: f64 = (0..depth).map(|k| a[cell / n * depth + k] * b[k * n + cell % n]).sum();
                    assert!((value - exact).abs() < 1e-12 * depth as f64, "{width:?}");
                }
            }
        }
    }
}
