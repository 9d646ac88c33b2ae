//! Random numbers without a state: each is a function of a seed and of its index, the same on every backend.
//!
//! Twin of shaders/shared/random.wgsl.

use crate::numeric::Real;

/// A hash of four integers to four: a linear congruential step, then two rounds in which each receives the product of
/// two others (the PCG4D construction of Jarzynski and Olano, 2020). All arithmetic is modulo 2³².
pub fn hash(v: [u32; 4]) -> [u32; 4] {
    let [mut x, mut y, mut z, mut w] = v.map(|c| c.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    let mut round = || {
        x = x.wrapping_add(y.wrapping_mul(w));
        y = y.wrapping_add(z.wrapping_mul(x));
        z = z.wrapping_add(x.wrapping_mul(y));
        w = w.wrapping_add(y.wrapping_mul(z));
        [x, y, z, w] = [x, y, z, w].map(|c| c ^ (c >> 16));
        [x, y, z, w]
    };
    round();
    round()
}

/// Number `index` of a stream: two independent standard Normal numbers, by Box-Muller from the upper 23 bits of two
/// hashes, so that f32 and f64 start from the same uniform numbers. A stream is one side of a training step, with one
/// index for each draw, or one half of a step of particles, with one index for each particle.
pub fn normal_pair<T: Real>(seed: [u32; 2], stream: u32, index: u32) -> [T; 2] {
    let [a, b, ..] = hash([index, stream, seed[0], seed[1]]);
    // In (0, 1), exact in f32.
    let uniform = |bits: u32| T::of((f64::from(bits >> 9) + 0.5) / f64::from(1 << 23));
    let radius = (T::of(-2.0) * uniform(a).ln()).sqrt();
    let (sin, cos) = (T::of(std::f64::consts::TAU) * (uniform(b) - T::of(0.5))).sin_cos();
    [radius * cos, radius * sin]
}
