//! Buttons, keys, sliders and settings.

use crate::action::Action;
use crate::app::App;
use crate::model::status_line::Training;
use flowsketch_core::config::Config;
use flowsketch_state::values_of;
use flowsketch_web::number::rounded;

impl App {
    pub fn act(&mut self, action: Action) {
        if !self.can(action) {
            return;
        }
        self.status.acted();
        match action {
            Action::Tool(tool) => self.source.tool = tool,
            Action::Undo => {
                self.source.drawing.undo();
                self.drawing_changed();
            }
            Action::Redo => {
                self.source.drawing.redo();
                self.drawing_changed();
            }
            Action::Clear => {
                self.source.drawing.clear();
                self.drawing_changed();
            }
            Action::Preset(preset) => {
                self.source.drawing.load(preset);
                self.drawing_changed();
            }
            Action::Train if self.run.is_training() => self.pause(),
            // The run has the source of before.
            Action::Train | Action::Step if self.source.blank => {
                self.status.tell("The pad is empty: draw a shape or choose a preset to train on.");
            }
            Action::Train => self.train(),
            Action::Step => {
                self.pause();
                if let Some(run) = &mut self.compute.backend {
                    run.step_once();
                }
            }
            Action::Reset => {
                self.pause();
                if let Some(run) = &mut self.compute.backend {
                    run.reset();
                }
                self.restarted();
            }
            Action::Reseed => {
                let seed = self.run.config.seed.saturating_add(1);
                self.configure(Config { seed, ..self.run.config.clone() });
            }
            Action::Play => self.display.playback.playing = !self.display.playback.playing,
            Action::Theme => {
                self.page.set_dark(!self.display.dark);
                self.theme_changed();
            }
            // An error only means that the dialog is open already.
            Action::Help => _ = self.page.keys.show_modal(),
            // The next frame reads the checkboxes.
            Action::Redraw => {}
            Action::Show(view) => {
                self.display.view = view;
                self.show_legend();
            }
            Action::Time(time) => self.set_time(time),
            Action::NudgeTime(by) => self.set_time(self.display.playback.time + by),
            Action::ScaleEpsilon(by) => self.set_epsilon(rounded(self.run.config.epsilon * by)),
            Action::Recipe(recipe) => {
                let Config { epsilon, seed, .. } = self.run.config;
                self.configure(Config { epsilon, seed, ..values_of(recipe) });
            }
            Action::Values(recipe) => self.configure(values_of(recipe)),
        }
        self.changed();
        self.refresh();
        // On a slow adapter the next frame may come late.
        self.speak(self.page.now_ms());
        self.ticker.wake();
    }

    /// Whether an action is possible now: a key does nothing while its button is disabled.
    fn can(&self, action: Action) -> bool {
        match action {
            Action::Undo => self.source.drawing.can_undo(),
            Action::Redo => self.source.drawing.can_redo(),
            Action::Train | Action::Step => self.compute.backend.is_some() && self.run.can_train(),
            Action::Reset | Action::Reseed | Action::Play | Action::Recipe(_) | Action::Values(_) => {
                self.compute.backend.is_some()
            }
            Action::NudgeTime(_) | Action::Time(_) | Action::ScaleEpsilon(_) | Action::Show(_) => {
                self.compute.backend.is_some()
            }
            _ => true,
        }
    }

    /// Shows the flow at that time and stays there.
    pub fn set_time(&mut self, time: f64) {
        self.display.playback.time = self.controls.time.clamp(time);
        self.display.playback.playing = false;
        self.controls.time.set(self.display.playback.time);
        self.moved();
    }

    pub fn set_epsilon(&mut self, epsilon: f64) {
        let epsilon = self.controls.epsilon.clamp(epsilon);
        self.moved();
        self.configure(Config { epsilon, ..self.run.config.clone() });
        self.refresh();
    }

    /// Reads the settings from their boxes; invalid values are reset.
    pub fn settings_changed(&mut self) {
        self.status.acted();
        match self.controls.settings.read(&self.run.config) {
            Ok(config) => self.configure(config),
            Err(sentence) => {
                self.controls.settings.show(&self.run.config);
                self.status.tell(sentence);
            }
        }
        self.changed();
        self.refresh();
        self.speak(self.page.now_ms());
        self.ticker.wake();
    }

    /// Takes other settings, and says so where the run starts again because of them.
    pub fn configure(&mut self, config: Config) {
        if config == self.run.config {
            return;
        }
        // Do not continue from diverged weights.
        let starts_again = self.run.divergence.is_some() || !config.continues(&self.run.config);
        let only_epsilon = config == Config { epsilon: config.epsilon, ..self.run.config.clone() };
        self.run.config = config;
        self.controls.epsilon.set(self.run.config.epsilon);
        self.controls.settings.show(&self.run.config);
        if let Some(run) = &mut self.compute.backend {
            // A change of ε alone is part of the next frame's request.
            if !only_epsilon {
                run.reconfigure(&self.run.config);
            }
            if starts_again {
                run.reset();
            }
        }
        // Training that stopped by itself continues; training that the person paused stays paused.
        if matches!(self.run.training, Training::Stopped(_) | Training::Diverged) {
            self.train();
        }
        if starts_again {
            self.restarted();
            self.status.tell("With these settings training starts again at step 0.");
        }
    }

    pub fn moved(&mut self) {
        self.changed();
        self.status.acted();
        self.display.touch(self.page.now_ms());
        self.refresh();
        self.ticker.wake();
    }

    pub fn train(&mut self) {
        self.run.train();
        self.readout.forget_speed();
    }

    /// Training continues with a drawing, unless the person paused it.
    pub fn train_on(&mut self) {
        if self.run.goes_on_with_ink() {
            self.train();
        }
    }

    pub fn pause(&mut self) {
        self.run.pause();
        self.readout.stop_counting();
    }

    /// The run is at step 0 again.
    pub fn restarted(&mut self) {
        self.run.restart();
        self.readout.clear();
        self.page.audited.set_text_content(Some("Against the exact flow: not measured yet."));
        self.page.divergence.set_hidden(true);
    }
}
