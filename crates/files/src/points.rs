//! Reads the points of a user's file, text or NumPy arrays: bytes in, points out, the same for the tool and the page.
//!
//! An ambiguous file is refused with a sentence; nothing is guessed.
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

/// Most points that are used; of more points, every k-th is used.
pub const MOST_POINTS: usize = 200_000;

/// Endings of the names of such files.
pub const ENDINGS: [&str; 6] = ["csv", "tsv", "txt", "dat", "npy", "npz"];

/// The points of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    /// In the order of the file.
    pub points: Vec<[f64; 2]>,
    /// The positive weight of each point, if the file has weights.
    pub weights: Option<Vec<f64>>,
    /// The line of each in the text, or its row in the array, from 1.
    pub lines: Vec<usize>,
    /// Which columns and rows were used, for a sentence to the user.
    pub taken: Taken,
}

impl Points {
    /// The index of the first point that lies outside the map.
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
/// What is wrong with the file, and in which row. A file without any row of numbers is not an error: it has no points.
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
