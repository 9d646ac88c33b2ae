//! Points of the target that flowed back to t = 0.

use flowsketch_core::measure::{Density, Sampler, Target};
use flowsketch_core::potentials::Pair;
use flowsketch_core::sampling::{PointwiseFlow, energy_distance, transport};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use std::fs::File;
use std::io;

/// Points in a sample.
const COUNT: usize = 1000;
/// Local error of the steps of Dormand-Prince.
const TOLERANCE: f64 = 1e-3;
/// Changes the seed of a run, so that samples do not use the random numbers of training.
const SEED: u64 = 0x0005_a3b1_e5ee_d000;

/// Points of the target that flowed back to t = 0, and their energy distance to as many fresh points of `source`.
pub fn samples(pair: &Pair, source: &Density, target: &Target, seed: u64) -> (Vec<[f64; 2]>, f64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ SEED);
    let data = Sampler::new(source).independent(COUNT, &mut rng);
    let starts = target.points(COUNT, &mut rng);
    let flow = PointwiseFlow::new(pair);
    let points = transport(&flow, &starts, 1.0, 0.0, TOLERANCE).points;
    let distance = energy_distance(&points, &data);
    (points, distance)
}

/// Writes x,y a row, with a header.
///
/// # Errors
/// When the file cannot be written.
pub fn write(file: &mut File, points: &[[f64; 2]]) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(file);
    writer.write_record(["x", "y"])?;
    for [x, y] in points {
        writer.write_record([format!("{x:.6}"), format!("{y:.6}")])?;
    }
    writer.flush()
}
