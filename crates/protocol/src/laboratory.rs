//! The Gaussian laboratory: ρ_t of one pair of potentials, as a picture and by its moments.

use flowsketch_core::gaussian::Moments;
use flowsketch_core::style::Style;
use serde::{Deserialize, Serialize};

/// The times of the laboratory's strip.
pub const TIMES: [f64; 6] = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];

/// The pair of potentials that a flow is built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Of {
    /// The Sinkhorn solution.
    Exact,
    /// φ and the second potential of the learned flow.
    Learned,
}

/// Asks for ρ_t of one pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// The pair that ρ_t is computed from.
    pub of: Of,
    /// The index of a time in [`TIMES`].
    pub column: u32,
    /// Pixels of a side of the picture.
    pub side: u32,
    /// Colours, their range, and whether arrows are drawn.
    pub style: Style,
}

/// The answer to [`Ask`]; there is none while the potentials are not known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// As in the question.
    pub of: Of,
    /// The index of its time in [`TIMES`], as in the question.
    pub column: u32,
    /// Pixels of a side of the picture, as in the question.
    pub side: u32,
    /// RGBA row by row from the top.
    pub pixels: Vec<u8>,
    /// Mean and covariance of ρ_t / ∫ρ_t.
    pub moments: Moments,
}
