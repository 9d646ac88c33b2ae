//! Points of a person's own file, as text or as NumPy's arrays: bytes in, points out, alike for the tool and the page.
//!
//! What cannot be told for certain is refused with a sentence and never guessed.
//!
//! ```
//! use flowsketch_files::points::read;
//!
//! let points = read("x;y\n0,5;1\n-2;3,25\n".as_bytes(), "a.csv").map_err(|fault| fault.to_string())?;
//! assert_eq!(points.points, [[0.5, 1.0], [-2.0, 3.25]]);
//! # Ok::<(), String>(())
//! ```

mod archive;
mod collector;
mod columns;
mod encoding;
mod fault;
mod npy;
mod number;
mod rows;
mod separator;
mod table;
mod taken;

use flowsketch_core::measure::{Density, DensityError, POINTS_WITHIN};

pub use fault::Fault;
pub use taken::Taken;

/// Most points that are used: of more, every k-th.
pub const MOST_POINTS: usize = 200_000;

/// Endings of the names of such files.
pub const ENDINGS: [&str; 6] = ["csv", "tsv", "txt", "dat", "npy", "npz"];

/// The points of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    /// In the order of the file.
    pub points: Vec<[f64; 2]>,
    /// Of each point, positive, where the file has weights.
    pub weights: Option<Vec<f64>>,
    /// The line of each in the text, or its row in the array, from 1.
    pub lines: Vec<usize>,
    /// What was taken of the file, for a sentence.
    pub taken: Taken,
}

impl Points {
    /// The first point too far out for the map.
    pub fn outside(&self) -> Option<usize> {
        self.points.iter().position(|point| point.iter().any(|c| c.abs() > POINTS_WITHIN))
    }

    /// Their density, weighted where there are weights.
    ///
    /// # Errors
    /// As [`Density::from_weighted_points`].
    pub fn density(&self, bandwidth: f64) -> Result<Density, DensityError> {
        match &self.weights {
            Some(weights) => Density::from_weighted_points(&self.points, weights, bandwidth),
            None => Density::from_points(&self.points, bandwidth),
        }
    }
}

/// Reads the file `name`. Its kind is recognised by its content alone.
///
/// # Errors
/// What is wrong with the file, and in which row. A file without any row of numbers is none: it has no points.
pub fn read(bytes: &[u8], name: &str) -> Result<Points, Fault> {
    let read = if bytes.starts_with(npy::MAGIC) {
        npy::read(bytes)
    } else if bytes.starts_with(archive::MAGIC) {
        archive::read(bytes)
    } else {
        table::read(&encoding::decode(bytes))
    };
    read.map_err(|fault| fault.of(name))
}

/// Whether a file is to be read as points, by the ending of its name or by how it begins.
pub fn is_points(name: &str, bytes: &[u8]) -> bool {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending))
        || [npy::MAGIC, archive::MAGIC].iter().any(|magic| bytes.starts_with(magic))
}
