//! Answers the page's questions to the step inspector.

use flowsketch_core::measure::Target;
use flowsketch_core::step_inspector::StepInspector;
use flowsketch_protocol::export::RunSnapshot;
use flowsketch_protocol::step_inspector::{Ask, Found};
use std::time::Duration;

/// How long a step is computed for one answer.
const PORTION: Duration = Duration::from_millis(150);

/// The answer; none to a message that opens a run or begins a step, nor while no run is open.
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
