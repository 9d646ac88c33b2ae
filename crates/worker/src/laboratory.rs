//! The Gaussian laboratory: ρ_t of the exact or the learned potentials, as a picture and by its moments.

use flowsketch_core::cpu::picture::picture;
use flowsketch_core::gaussian::Moments;
use flowsketch_core::heat::flow::flow_by_products;
use flowsketch_core::lattice::normalised;
use flowsketch_core::potentials::{Potentials, Shown};
use flowsketch_core::shown::ShownFlow;
use flowsketch_protocol::laboratory::{Ask, Found, Of, TIMES};

/// Answers from the potentials of the flow shown; none if the pair that was asked for is not among them.
pub fn look(flow: &ShownFlow, ask: &Ask) -> Option<Found> {
    let potentials = potentials(flow, ask.of)?;
    let time = *TIMES.get(ask.column as usize)?;
    let pair = potentials.pair();
    let (lattice, field) = (pair.lattice, flow_by_products(&pair, time));
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
