//! Steps under glass, as the page asks for them.

use crate::take::Standing;
use flowsketch_core::glass::{Around, Glass, Half, Slide};
use flowsketch_core::measure::Target;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A step is computed for so long in one answer.
const PORTION: Duration = Duration::from_millis(150);

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Ask {
    /// A copy of this run is put under glass.
    Open(Box<Standing>),
    /// One step of it begins.
    Begin(Half),
    /// It goes on; once it is done it is shown, with averages around a point, world units.
    Advance([f64; 2]),
    /// The averages of that step around another point.
    Around([f64; 2]),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Found {
    /// So much of the step is done, from 0 to 1.
    Share(f64),
    Slide(Box<Slide>),
    Around(Around),
}

/// The answer; none to what opens a run or begins a step, nor as long as there is none.
pub fn answer(glass: &mut Option<Box<Glass>>, ask: Ask) -> Option<Found> {
    match ask {
        Ask::Open(standing) => {
            let Standing { config, source, target, progress, .. } = *standing;
            let target = Target::of(target.as_ref().map(|target| &target.density));
            *glass = Some(Box::new(Glass::new(config, &source, target, progress.as_deref())));
            None
        }
        Ask::Begin(half) => {
            glass.as_mut()?.begin(half);
            None
        }
        Ask::Advance(near) => {
            let glass = glass.as_mut()?;
            let share = glass.advance(PORTION);
            Some(if share < 1.0 { Found::Share(share) } else { Found::Slide(Box::new(glass.slide(near)?)) })
        }
        Ask::Around(near) => glass.as_ref()?.around(near).map(Found::Around),
    }
}
