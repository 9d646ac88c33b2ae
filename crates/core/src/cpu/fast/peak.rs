//! What a core can do at best: multiply-adds on numbers that never leave its registers.

use super::product::multiply_add;
use super::width::{Width, for_each_width};
use crate::parallel;
use web_time::Instant;

/// Sums side by side: enough to hide the latency of one.
const SUMS: usize = 8;
/// Multiply-adds of each lane in one call.
const ROUNDS: usize = 100_000;

for_each_width! {
    /// Adds `ROUNDS` products to each of `lanes`.
    multiply_and_add(lanes: &mut [f32]) = rounds { [16, true] [8, true] [4, false] }
}

#[inline(always)]
fn rounds<const LANES: usize, const FUSED: bool>(lanes: &mut [f32]) {
    let mut sums = [[0.0f32; LANES]; SUMS];
    let factor = lanes[0];
    for _ in 0..ROUNDS {
        for sum in &mut sums {
            for lane in sum {
                *lane = multiply_add::<FUSED>(*lane, factor, 1.0);
            }
        }
    }
    lanes[0] = sums.iter().flatten().sum();
}

/// Floating-point operations a second in f32 of all cores together: the best of some rounds.
pub fn operations_per_second() -> f64 {
    let width = Width::detect();
    let lanes = match width {
        #[cfg(target_arch = "x86_64")]
        Width::Avx512 => 16,
        #[cfg(target_arch = "x86_64")]
        Width::Avx2 => 8,
        Width::Portable => 4,
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let once = || {
        let start = Instant::now();
        let factors = vec![0.5f32; cores];
        // What is computed must be used, or it would not be.
        let sums = parallel::map(&factors, |&factor| {
            let mut lanes = [factor];
            width.multiply_and_add(&mut lanes);
            lanes[0]
        });
        assert!(sums.iter().all(|sum| *sum > 1.0));
        (2 * ROUNDS * SUMS * lanes * cores) as f64 / start.elapsed().as_secs_f64()
    };
    (0..50).map(|_| once()).fold(0.0, f64::max)
}
