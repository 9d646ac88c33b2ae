//! The target is chosen.

use crate::app::App;
use crate::backend::Backend;
use crate::capability::CpuReason;
use crate::model::target::{PAD, of};
use flowsketch_core::measure::{Drawing, Import, Preset};
use flowsketch_state as state;

impl App {
    /// The target of the link, before there is a run.
    pub fn start_to(&mut self, drawing: &Drawing) {
        match of(drawing) {
            Some((state, other)) => self.target.set(state, Some(other)),
            None => self.status.tell("The link’s target has nothing on it; here is the Normal instead."),
        }
        self.target.show(&self.display.inks);
    }

    /// Takes what the person chose: the run starts again.
    pub fn target_chosen(&mut self) {
        self.status.acted();
        let value = self.target.select.value();
        let chosen = match (value.as_str(), Preset::from_name(&value)) {
            (_, Some(preset)) => {
                let mut drawing = Drawing::default();
                drawing.load(preset);
                of(&drawing)
            }
            (PAD, _) => match of(&self.source.drawing) {
                None => {
                    self.target.show(&self.display.inks);
                    return self.tell("The pad is empty: draw the target on it first.".into());
                }
                chosen => chosen,
            },
            _ => None,
        };
        self.take_target(chosen);
        if value == PAD && self.source.drawing.preset().is_none() {
            // The pad is free for the source again.
            self.source.drawing.load(Preset::TwoSpirals);
            self.status.tell("What was on the pad is the target now. The pad has 2spirals, until you draw the source.");
            self.drawing_changed();
        }
        self.speak(self.page.now_ms());
    }

    /// Takes another target, or the Normal: the run starts again.
    pub fn take_target(&mut self, chosen: Option<(state::Target, Import)>) {
        let (state, other) = chosen.map_or((state::Target::Normal, None), |(state, other)| (state, Some(other)));
        self.target.set(state, other);
        self.target.show(&self.display.inks);
        self.drawing_changed();
        if let (Some(Backend::Gpu(_)), Some(_)) = (&self.compute.backend, &self.target.other) {
            self.rest();
            self.compute_in_worker(CpuReason::Target);
            self.status.tell("This target is for the processor alone, which computes from now on.");
        }
    }
}
