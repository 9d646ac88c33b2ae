//! Files of a run, made anew from where it stands: pictures at the size of print, fields, weights.

use flowsketch_core::config::Config;
use flowsketch_core::cpu::picture::picture;
use flowsketch_core::cpu::session::{CpuSession, Progress};
use flowsketch_core::explore::STILLS;
use flowsketch_core::measure::{Density, Import, Target};
use flowsketch_core::run::Look;
use flowsketch_core::session::Shown;
use flowsketch_files::fields::{Pair, TIMES};
use flowsketch_files::npz;
use flowsketch_files::weights::Weights;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Piece {
    /// The picture on the page.
    View,
    /// The same flow at t = 0, 1/3, 2/3, 1.
    Strip,
    /// Fields for NumPy, as the headless tool writes them.
    Fields,
    /// Weights, settings and source, which the headless tool opens.
    Weights,
}

/// A run where it stands, and how it is looked at.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Standing {
    pub config: Config,
    pub source: Density,
    /// The source in a sentence.
    pub name: String,
    /// The target, where it is not the Normal.
    pub target: Option<Box<Import>>,
    /// None at step 0.
    pub progress: Option<Box<Progress>>,
    pub look: Look,
}

/// What a file is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Bytes(Vec<u8>),
    /// Square pictures (RGBA) side by side, each of `side` pixels, with captions where there are several.
    Pictures {
        side: u32,
        panels: Vec<(&'static str, Vec<u8>)>,
        dark: bool,
    },
}

/// Pixels of a side of the picture of the view, and of each in the strip.
const VIEW_SIDE: u32 = 2400;
const STRIP_SIDE: u32 = 1200;
/// Captions of [`STILLS`].
const CAPTIONS: [&str; 4] = ["t = 0", "t = 1/3", "t = 2/3", "t = 1"];

/// Makes one; seconds of work.
pub fn take(piece: Piece, standing: Standing) -> Content {
    let Standing { config, source, name, target, progress, look } = standing;
    let end = Target::of(target.as_ref().map(|target| &target.density));
    let mut session = match &progress {
        Some(progress) => CpuSession::resume(config, &source, end, progress),
        None => CpuSession::between(config, &source, end),
    };
    if piece == Piece::Weights {
        let progress = session.progress();
        let target = target.map(|target| *target);
        let weights = Weights { config: session.config().clone(), name, source, target, progress };
        return Content::Bytes(weights.to_json().into_bytes());
    }
    session.recover();
    while !matches!(look.shown, Shown::Learned(_)) && session.exact().flow().is_none() {
        session.work(Duration::from_secs(1));
    }
    match piece {
        Piece::Fields => Content::Bytes(fields(&session, look.shown)),
        Piece::View => {
            let panels = vec![("", draw(&mut session, &look, look.time, VIEW_SIDE))];
            Content::Pictures { side: VIEW_SIDE, panels, dark: look.style.dark }
        }
        _ => {
            let panel = |(caption, t)| (caption, draw(&mut session, &look, t, STRIP_SIDE));
            let panels = CAPTIONS.into_iter().zip(STILLS).map(panel).collect();
            Content::Pictures { side: STRIP_SIDE, panels, dark: look.style.dark }
        }
    }
}

/// The archive of the flow that is shown; of a difference, the learned one.
fn fields(session: &CpuSession, shown: Shown) -> Vec<u8> {
    let lattice = session.lattice();
    let recovery = session.recovery().expect("it was just recovered");
    let pair = match (shown, session.exact().flow()) {
        (Shown::Exact, Some(exact)) => Pair::exact(lattice, exact),
        (Shown::Exact, None) => unreachable!("it was just solved for"),
        (Shown::Learned(completion) | Shown::Difference(completion), _) => Pair::learned(lattice, recovery, completion),
    };
    let flows: Vec<_> = TIMES.iter().map(|&t| pair.flow(t)).collect();
    let [source, target] = session.densities();
    npz::archive(&pair.arrays(source, target, &flows))
}

fn draw(session: &mut CpuSession, look: &Look, t: f64, side: u32) -> Vec<u8> {
    let lattice = *session.lattice();
    let subject = session.flow(look.shown, t).expect("it was just recovered");
    picture(subject.field, subject.reference, &lattice, side, &look.style)
}
