//! Carries out what the panels ask for, and sends them what is new.

use crate::action::Action;
use crate::app::App;
use crate::backend::Backend;
use crate::model::panels::{Outcome, START_MS};
use crate::model::status_line::Training;
use flowsketch_core::checkpoint::Checkpoint;
use flowsketch_protocol::export::RunSnapshot;
use flowsketch_protocol::panels::{FromPage, Scene, ToPage};
use flowsketch_web::number::grouped;
use flowsketch_web::port::Port;

impl App {
    /// Carries out what the panels ask for, sends them what is new, or loads them; returns whether another frame is
    /// needed without an event.
    pub fn attend(&mut self, now_ms: f64) -> bool {
        if self.panels.port.is_none() {
            return self.await_panels(now_ms);
        }
        for asked in self.panels.port.as_ref().map(Port::take).unwrap_or_default() {
            self.obey(asked);
        }
        let scene = self.on_page();
        if self.panels.told.as_ref() != Some(&scene) {
            self.panels.tell(&FromPage::Scene(Box::new(scene.clone())));
            self.panels.told = Some(scene);
        }
        // This backend moves no particles, or was lost.
        if self.panels.wait_for_paths && !self.compute.backend.as_ref().is_some_and(Backend::has_particles) {
            self.panels.take_paths(None);
        }
        self.panels.wait_for_paths
    }

    fn await_panels(&mut self, now_ms: f64) -> bool {
        let Some(loading) = &self.panels.loading else {
            if self.run.measurement.is_none() {
                return false;
            }
            let since_ms = *self.panels.since_ms.get_or_insert(now_ms);
            if now_ms - since_ms < START_MS && self.address.lesson.is_none() {
                return true;
            }
            self.panels.load(&self.page.document, &self.ticker);
            return false;
        };
        match loading.outcome.take() {
            Some(Outcome::Ready(port)) => {
                self.panels.port = Some(port);
                self.ticker.wake();
            }
            Some(Outcome::Failed) => {
                self.status.tell("The panels could not be loaded; all else works.");
            }
            None => {}
        }
        false
    }

    fn obey(&mut self, asked: ToPage) {
        match asked {
            ToPage::Time(time) => self.act(Action::Time(time)),
            ToPage::Play(playing) if playing != self.display.playback.playing => self.act(Action::Play),
            ToPage::Play(_) => {}
            ToPage::Hold(is_held) => self.hold(is_held),
            ToPage::Epsilon(epsilon) => {
                self.set_epsilon(epsilon);
                self.changed();
            }
            ToPage::Source(import) => self.take_import(Ok(*import)),
            ToPage::Say(sentence) => self.tell(sentence),
            ToPage::Checkpoint => {
                let checkpoint = self.compute.backend.as_ref().and_then(Backend::checkpoint);
                // While the pen is down no checkpoints are kept.
                let checkpoint = checkpoint.filter(|_| !self.source.is_pending && !self.source.pad.is_drawn_on());
                self.panels.tell(&FromPage::Checkpoint(checkpoint.map(Box::new)));
            }
            ToPage::Particles(particle_config) => {
                self.panels.wait_for_paths = true;
                if let Some(run) = &mut self.compute.backend {
                    run.start_particles(self.display.shown, particle_config);
                }
            }
            ToPage::Fork(checkpoint) => self.fork(*checkpoint),
            ToPage::Set { query, fragment, is_partial } => self.set_state(&query, &fragment, is_partial),
            ToPage::Train(trains) if trains != self.run.is_training() => self.act(Action::Train),
            ToPage::Train(_) => {}
            ToPage::Lesson(lesson) => {
                self.address.lesson = lesson;
                self.changed();
            }
            ToPage::Snapshot => self.panels.tell(&FromPage::Snapshot(self.snapshot().map(Box::new))),
        }
    }

    /// Pauses run and flow while the panels compare other runs, and gives them back as they were.
    fn hold(&mut self, is_held: bool) {
        let playback = &mut self.display.playback;
        if is_held && self.run.held.is_none() {
            self.run.held = Some((self.run.training, std::mem::take(&mut playback.playing)));
            self.pause();
        } else if !is_held && let Some((training, playing)) = self.run.held.take() {
            playback.playing = playing;
            if training == Training::On {
                self.train();
            } else {
                self.run.training = training;
            }
        }
        self.status.acted();
        self.refresh();
        self.ticker.wake();
    }

    /// The run continues from an earlier checkpoint.
    fn fork(&mut self, checkpoint: Checkpoint) {
        let (Some(run), Some(source), false) =
            (&mut self.compute.backend, &self.source.density, self.source.is_pending)
        else {
            return;
        };
        let step = checkpoint.step;
        run.resume(source, self.target.density(), checkpoint);
        self.restarted();
        self.run.step = step;
        self.train();
        self.refresh();
        self.tell(format!("Training goes on from step {}.", grouped(step)));
    }

    fn on_page(&self) -> Scene {
        Scene {
            is_live: self.compute.backend.is_some() && self.run.measurement.is_some(),
            source: self.source.name.clone(),
            target: self.target.name().into(),
            config: self.run.config.clone(),
            step: self.run.step,
            is_training: self.run.is_training(),
            time: self.display.playback.time,
            is_playing: self.display.playback.playing,
            shown: self.display.shown,
            is_dark: self.display.dark,
            lesson: self.address.lesson.clone(),
        }
    }

    /// The run at its latest checkpoint. A worker that trains sends one every three seconds.
    fn snapshot(&self) -> Option<RunSnapshot> {
        let checkpoint = self.compute.backend.as_ref()?.checkpoint().filter(|_| !self.source.is_pending).map(Box::new);
        Some(RunSnapshot {
            config: self.run.config.clone(),
            source: self.source.density.clone()?,
            name: self.source.name.clone(),
            target: self.target.other.clone(),
            checkpoint,
            view: self.request(0.0).view,
        })
    }
}
