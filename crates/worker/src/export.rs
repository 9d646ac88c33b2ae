//! Files computed from a snapshot of a run: pictures large enough for print, fields, weights.

use flowsketch_core::cpu::picture::picture;
use flowsketch_core::cpu::session::{CpuSession, Subject};
use flowsketch_core::explore::STILLS;
use flowsketch_core::measure::Target;
use flowsketch_core::potentials::Shown;
use flowsketch_core::run::ViewParams;
use flowsketch_files::fields::{TIMES, arrays, flow};
use flowsketch_files::npz;
use flowsketch_files::weights::Weights;
use flowsketch_protocol::export::{Piece, RunSnapshot};
use std::time::Duration;

/// The content of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// The bytes of the file: an NPZ archive of fields, or weights as JSON.
    Bytes(Vec<u8>),
    /// Square pictures (RGBA) side by side, each of `side` pixels, with captions where there are several.
    Pictures {
        /// Pixels.
        side: u32,
        /// Caption and RGBA, row by row from the top, of each picture.
        panels: Vec<(&'static str, Vec<u8>)>,
        /// Whether the area around the pictures is dark and the captions are light.
        dark: bool,
    },
}

/// Pixels of a side of the picture of the view, and of each in the strip.
const VIEW_SIDE: u32 = 2400;
const STRIP_SIDE: u32 = 1200;
/// Captions of [`STILLS`].
const CAPTIONS: [&str; 4] = ["t = 0", "t = 1/3", "t = 2/3", "t = 1"];

/// Computes the content of a file, which takes seconds.
pub fn export(piece: Piece, snapshot: RunSnapshot) -> Content {
    let RunSnapshot { config, source, name, target, checkpoint, view } = snapshot;
    let end = Target::of(target.as_ref().map(|target| &target.density));
    let mut session = match &checkpoint {
        Some(checkpoint) => CpuSession::new(config, &source, end).resumed(checkpoint),
        None => CpuSession::new(config, &source, end),
    };
    if piece == Piece::Weights {
        let checkpoint = session.checkpoint();
        let target = target.map(|target| *target);
        let weights = Weights { config: session.config().clone(), name, source, target, checkpoint };
        return Content::Bytes(weights.to_json().into_bytes());
    }
    session.tabulate();
    while !matches!(view.shown, Shown::Learned(_)) && session.exact().flow().is_none() {
        session.work_on_host(Duration::from_secs(1));
    }
    match piece {
        Piece::Fields => Content::Bytes(fields(&session, view.shown)),
        Piece::View => {
            let panels = vec![("", draw(&mut session, &view, view.time, VIEW_SIDE))];
            Content::Pictures { side: VIEW_SIDE, panels, dark: view.style.dark }
        }
        _ => {
            let panel = |(caption, t)| (caption, draw(&mut session, &view, t, STRIP_SIDE));
            let panels = CAPTIONS.into_iter().zip(STILLS).map(panel).collect();
            Content::Pictures { side: STRIP_SIDE, panels, dark: view.style.dark }
        }
    }
}

/// The archive of the fields of the flow shown; for a difference, of the learned flow.
fn fields(session: &CpuSession, shown: Shown) -> Vec<u8> {
    let tabulation = session.tabulation().expect("it was just tabulated");
    let pair = match (shown, session.exact().flow()) {
        (Shown::Exact, Some(exact)) => exact.pair(),
        (Shown::Exact, None) => unreachable!("it was just solved for"),
        (Shown::Learned(second_potential) | Shown::Difference(second_potential), _) => {
            tabulation.pair(second_potential)
        }
    };
    let flows: Vec<_> = TIMES.iter().map(|&t| flow(&pair, t)).collect();
    let [source, target] = session.densities();
    npz::archive(&arrays(&pair, source, target, &flows))
}

fn draw(session: &mut CpuSession, view: &ViewParams, t: f64, side: u32) -> Vec<u8> {
    let Subject { lattice, field, reference } = session.flow(view.shown, t).expect("it was just tabulated");
    picture(field, reference, &lattice, side, &view.style)
}
