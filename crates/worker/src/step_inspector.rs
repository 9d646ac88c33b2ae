//! The step inspector, as the page asks for it.

use flowsketch_core::measure::Target;
use flowsketch_core::step_inspector::StepInspector;
use flowsketch_protocol::export::RunSnapshot;
use flowsketch_protocol::step_inspector::{Ask, Found};
use std::time::Duration;

/// A step is computed for so long in one answer.
const PORTION: Duration = Duration::from_millis(150);

/// The answer; none to what opens a run or begins a step, nor as long as there is none.
pub fn answer(step_inspector: &mut Option<Box<StepInspector>>, ask: Ask) -> Option<Found> {
    match ask {
        Ask::Open(snapshot) => {
            let RunSnapshot { config, source, target, checkpoint, .. } = *snapshot;
            let target = Target::of(target.as_ref().map(|target| &target.density));
            *step_inspector = Some(Box::new(StepInspector::new(config, &source, target, checkpoint.as_deref())));
            None
        }
        Ask::Begin(updated) => {
            step_inspector.as_mut()?.begin(updated);
            None
        }
        Ask::Advance(near) => {
            let step_inspector = step_inspector.as_mut()?;
            let share = step_inspector.advance(PORTION);
            Some(if share < 1.0 {
                Found::Share(share)
            } else {
                Found::StepTrace(Box::new(step_inspector.trace(near)?))
            })
        }
        Ask::Around(near) => step_inspector.as_ref()?.around(near).map(Found::Around),
    }
}
