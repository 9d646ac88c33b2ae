//! Steps under glass, as the page asks for them.

use crate::take::Standing;
use flowsketch_core::glass::{Average, Glass, Half, Slide};
use flowsketch_core::measure::Target;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Ask {
    /// A copy of this run is put under glass.
    Open(Box<Standing>),
    /// One step of it, with the average around a point, world units.
    Step { half: Half, point: [f64; 2] },
    /// The average of that step around another point.
    Average([f64; 2]),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Found {
    Slide(Box<Slide>),
    Average(Average),
    /// Why this run cannot be shown.
    Refused(String),
}

/// The answer; none to what opens a run, nor as long as there is none.
pub fn answer(glass: &mut Option<Box<Glass>>, ask: Ask) -> Option<Found> {
    match ask {
        Ask::Open(standing) => {
            let Standing { config, source, target, progress, .. } = *standing;
            let target = Target::of(target.as_ref().map(|target| &target.density));
            match Glass::new(config, &source, target, progress.as_deref()) {
                Ok(opened) => {
                    *glass = Some(Box::new(opened));
                    None
                }
                Err(sentence) => {
                    *glass = None;
                    Some(Found::Refused(sentence))
                }
            }
        }
        Ask::Step { half, point } => Some(Found::Slide(Box::new(glass.as_mut()?.step(half, point)))),
        Ask::Average(point) => glass.as_ref()?.average(point).map(Found::Average),
    }
}
