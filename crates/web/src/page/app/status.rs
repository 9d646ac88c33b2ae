//! Shows the state: the sentence under the flow, the controls, the theme.

use crate::app::App;
use crate::model::status_line::Scene;
use crate::widgets::legend;
use flowsketch_core::config::Recipe;
use flowsketch_core::measure::Tool;
use flowsketch_state::View;
use flowsketch_web::dom::press;

impl App {
    /// Says the result of a person's action.
    pub fn tell(&mut self, sentence: String) {
        self.status.acted();
        self.status.tell(sentence);
        self.speak(self.page.now_ms());
        self.ticker.wake();
    }

    /// Says what is new, if it is time to.
    pub fn speak(&mut self, now_ms: f64) {
        let scene = self.scene();
        let waiting = match &self.compute.backend {
            Some(_) => format!("The first picture of the flow from {} is on its way.", self.source.name),
            None => String::new(),
        };
        if let Some(sentence) = self.status.say(now_ms, scene.as_ref(), &waiting) {
            self.page.say(&sentence);
        }
    }

    /// What is on screen, once there is something.
    pub fn scene(&self) -> Option<Scene> {
        self.compute.backend.as_ref()?;
        self.run.measurement.map(|measurement| Scene {
            source: self.source.name.clone(),
            target: self.target.name().into(),
            epsilon: self.display.shown_epsilon,
            time: self.display.playback.time,
            playing: self.display.playback.playing,
            step: measurement.step,
            training: self.run.training,
            shown: self.display.shown,
        })
    }

    /// The state has changed, and the address must follow.
    pub fn changed(&mut self) {
        self.address.change(self.page.now_ms());
    }

    /// The canvas of the flow has `side` pixels a side now.
    pub fn resized(&mut self, side: u32) {
        self.display.side = side;
        self.ticker.wake();
    }

    pub fn theme_changed(&mut self) {
        self.display.set_dark(self.page.is_dark());
        self.display.paint_thumbnails(&self.controls.presets);
        self.target.show(&self.display.inks);
        self.show_legend();
        self.source.pad.stale = true;
        self.refresh();
        self.ticker.wake();
    }

    pub fn show_legend(&self) {
        legend::show(&self.page, self.display.dark, self.display.view == View::Difference);
    }

    /// Shows the state on the controls.
    pub fn refresh(&self) {
        let controls = &self.controls;
        press(&controls.draw, self.source.tool == Tool::Draw);
        press(&controls.erase, self.source.tool == Tool::Erase);
        press(&controls.learned, self.display.view == View::Learned);
        press(&controls.exact, self.display.view == View::Exact);
        press(&controls.difference, self.display.view == View::Difference);
        controls.undo.set_disabled(!self.source.drawing.can_undo());
        controls.redo.set_disabled(!self.source.drawing.can_redo());
        let preset = self.source.drawing.preset();
        for button in &controls.presets {
            press(&button.button, preset == Some(button.preset));
        }
        let name = self.source.label();
        self.page.source_name.set_text_content(Some(if self.source.blank { "nothing yet" } else { name }));
        let training = self.compute.backend.is_some() && self.run.is_training();
        controls.train.set_text_content(Some(if training { "Pause training" } else { "Train" }));
        controls.play.set_text_content(Some(if self.compute.backend.is_some() && self.display.playback.playing {
            "Pause flow"
        } else {
            "Play flow"
        }));
        controls.theme.set_text_content(Some(if self.display.dark { "Light" } else { "Dark" }));
        controls.share.set_disabled(self.source.density.is_none());
        for button in [&controls.train, &controls.step] {
            button.set_disabled(self.compute.backend.is_none() || !self.run.can_train());
        }
        press(&controls.quadrature, self.run.config.recipe == Recipe::Quadrature);
        press(&controls.paper, self.run.config.recipe == Recipe::MonteCarlo);
        if self.compute.backend.is_none() {
            controls.epsilon.set(self.run.config.epsilon);
            controls.time.set(self.display.playback.time);
        }
    }

    /// The pad works from the start.
    pub fn enable_drawing(&self) {
        let controls = &self.controls;
        for button in [&controls.draw, &controls.erase, &controls.clear, &controls.theme, &controls.help] {
            button.set_disabled(false);
        }
        controls.presets.iter().for_each(|preset| preset.button.set_disabled(false));
        self.target.select.set_disabled(false);
        controls.size.set_disabled(false);
        controls.softness.set_disabled(false);
    }

    pub fn enable_flow(&self, enabled: bool) {
        let controls = &self.controls;
        for button in
            [&controls.train, &controls.step, &controls.reset, &controls.play, &controls.quadrature, &controls.paper]
        {
            button.set_disabled(!enabled);
        }
        for button in [&controls.learned, &controls.exact, &controls.difference] {
            button.set_disabled(!enabled);
        }
        controls.stills.iter().for_each(|still| still.set_disabled(!enabled));
        controls.both.set_disabled(!enabled);
        controls.arrows.set_disabled(!enabled);
        controls.epsilon.set_disabled(!enabled);
        controls.settings.set_disabled(!enabled);
        controls.time.set_disabled(!enabled);
    }
}
