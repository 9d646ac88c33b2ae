//! The Gaussian laboratory: one interpolation by formulas and by potentials, in pictures and in moments.

use flowsketch_core::audit::normalised;
use flowsketch_core::cpu::flow::flow_by_products;
use flowsketch_core::cpu::picture::picture;
use flowsketch_core::explore::{Potentials, ShownFlow};
use flowsketch_core::measure::Moments;
use flowsketch_core::session::Shown;
use flowsketch_core::style::Style;
use serde::{Deserialize, Serialize};

/// The times of the laboratory's strip.
pub const TIMES: [f64; 6] = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];

/// Which pair of potentials a flow is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Of {
    Exact,
    Learned,
}

/// Asks for ρ_t of one pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    pub of: Of,
    /// The number of a time among [`TIMES`].
    pub column: u32,
    /// Pixels of a side of the picture.
    pub side: u32,
    pub style: Style,
}

/// ρ_t as it was asked for; there is none while the potentials are not known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    pub of: Of,
    pub column: u32,
    pub side: u32,
    /// RGBA row by row from the top.
    pub pixels: Vec<u8>,
    /// Mean and covariance of ρ_t / ∫ρ_t.
    pub moments: Moments,
}

/// Looks at the potentials behind what is shown.
pub fn look(flow: &ShownFlow, ask: &Ask) -> Option<Found> {
    let potentials = potentials(flow, ask.of)?;
    let lattice = potentials.lattice();
    let [u, w] = potentials.pair();
    let time = *TIMES.get(ask.column as usize)?;
    let field = flow_by_products(&u, &w, &lattice, potentials.epsilon, time);
    let density = normalised(&lattice, field.iter().map(|f| f[0].exp()).collect());
    let moments = Moments::on(&lattice, density.iter().copied());
    let field: Vec<[f32; 3]> = field.into_iter().map(|f| f.map(|v| v as f32)).collect();
    let pixels = picture(&field, None, &lattice, ask.side, &ask.style);
    Some(Found { of: ask.of, column: ask.column, side: ask.side, pixels, moments })
}

fn potentials(flow: &ShownFlow, of: Of) -> Option<&Potentials> {
    match (of, flow.shown) {
        (Of::Exact, Shown::Exact) => Some(&flow.potentials),
        (Of::Exact, _) => flow.reference.as_ref(),
        (Of::Learned, Shown::Exact) => None,
        (Of::Learned, _) => Some(&flow.potentials),
    }
}
