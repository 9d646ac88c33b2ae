//! The step inspector, as the page asks for it.

use flowsketch_core::glass::Glass;
use flowsketch_core::measure::Target;
use flowsketch_protocol::export::RunSnapshot;
use flowsketch_protocol::glass::{Ask, Found};
use std::time::Duration;

/// A step is computed for so long in one answer.
const PORTION: Duration = Duration::from_millis(150);

/// The answer; none to what opens a run or begins a step, nor as long as there is none.
pub fn answer(glass: &mut Option<Box<Glass>>, ask: Ask) -> Option<Found> {
    match ask {
        Ask::Open(snapshot) => {
            let RunSnapshot { config, source, target, progress, .. } = *snapshot;
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
