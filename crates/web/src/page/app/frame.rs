//! One animation frame: add ink, move t, send a request to the backend, take its update, say what is on screen.

use crate::app::App;
use crate::backend::outcome::Outcome;
use crate::model::status_line::Training;
use flowsketch_core::divergence_monitor::Divergence;
use flowsketch_core::exact::audit::AuditReport;
use flowsketch_core::metrics::Measurement;
use flowsketch_core::potentials::SecondPotential;
use flowsketch_core::run::{RunRequest, ViewParams};
use flowsketch_core::style::Style;
use flowsketch_web::number::grouped;

/// What is to be done after a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing moves: no frame until the next event.
    Rest,
    Frame,
    /// The device is lost: open another.
    Open,
}

impl App {
    pub fn frame(&mut self, now_ms: f64) -> Next {
        if self.page.document.hidden() {
            self.display.end_frame(now_ms, false);
            return Next::Rest;
        }
        let elapsed_ms = self.display.elapsed_ms(now_ms);
        self.draw();
        let mut next = Next::Rest;
        if self.compute.backend.is_some() && !self.speed.is_on() {
            next = self.advance(now_ms, elapsed_ms);
            // The newest drawing may have waited for what came in this frame.
            self.follow_pen(now_ms);
        }
        let panels_wait = self.attend(now_ms);
        self.speak(now_ms);
        let link_waits = self.keep_link(now_ms);
        if next == Next::Rest && (self.source.pad.is_behind() || self.status.is_behind() || link_waits || panels_wait) {
            next = Next::Frame;
        }
        self.display.end_frame(now_ms, next == Next::Frame);
        next
    }

    /// Adds waiting ink to the drawing, and paints it.
    fn draw(&mut self) {
        let page = &self.page;
        let is_lifted = self.source.pad.lay(&mut self.source.drawing, || page.now_ms());
        if self.source.pad.stale {
            self.source.live.inked();
        }
        if is_lifted {
            self.take_drawing(true);
        }
        if self.source.pad.stale {
            self.source.paint(&self.display.inks);
        }
    }

    /// Sends a request to the backend, and takes its update.
    fn advance(&mut self, now_ms: f64, elapsed_ms: f64) -> Next {
        let Some(run) = &mut self.compute.backend else { return Next::Rest };
        if let (true, Some(source)) = (self.source.is_pending, &self.source.density) {
            self.source.is_pending = false;
            run.load(source, self.target.density());
        }
        if self.run.audited_epsilon != self.run.config.epsilon {
            self.run.audited_epsilon = self.run.config.epsilon;
            self.readout.forget_audit();
        }
        let request = self.request(now_ms);
        if self.compute.backend.as_ref().is_some_and(|run| !run.is_suspended(&request)) {
            self.display.playback.play(elapsed_ms);
        }
        let request = self.request(now_ms);
        let (Some(run), page) = (&mut self.compute.backend, &self.page) else { return Next::Rest };
        let Outcome { update, flow, paths, awake } = match run.frame(now_ms, &request, || page.now_ms()) {
            Ok(outcome) => outcome,
            Err(failure) => return self.lose(now_ms, &failure),
        };
        if let Some(flow) = flow {
            self.panels.take(flow);
        }
        if paths.is_some() {
            self.panels.take_paths(paths);
        }
        if self.display.playback.playing {
            self.controls.time.follow(self.display.playback.time);
        }
        (self.display.shown, self.display.shown_epsilon) = (update.shown, update.epsilon);
        if update.step > self.run.step {
            self.readout.count(now_ms, update.step);
        }
        self.run.step = update.step;
        if let Some(measurement) = update.measurement {
            self.take(measurement);
        }
        if let (Some(divergence), None) = (update.divergence, self.run.divergence) {
            self.run_away(divergence);
        }
        if update.solved {
            self.source.live.solved();
            if !self.source.pad.is_drawn_on() {
                self.status.outcome();
            }
        }
        // An audit at another ε than the present one is out of date.
        if let Some(audit) = update.audit.filter(|audit| audit.epsilon == self.run.config.epsilon) {
            self.take_audit(&audit);
        }
        if awake || self.display.playback.playing { Next::Frame } else { Next::Rest }
    }

    fn take_audit(&mut self, audit: &AuditReport) {
        self.readout.take_audit(audit);
        let pair = match audit.second_potential {
            SecondPotential::Transform => "φ and its transform",
            SecondPotential::Network => "both networks",
        };
        let text = format!("Against the exact flow: of {pair}, at step {}.", grouped(audit.step));
        self.page.audited.set_text_content(Some(&text));
    }

    fn take(&mut self, measurement: Measurement) {
        // The first picture of a source, or the result of a single step, a pause or another ε.
        if self.run.measurement.replace(measurement).is_none() || !self.run.is_training() {
            self.status.outcome();
        }
        self.readout.take(&measurement, !self.source.pad.is_drawn_on());
        self.readout.show_speed(self.run.is_training());
        // While the source changes, fits cannot be compared.
        if self.run.is_training() && !self.source.pad.is_drawn_on() && self.run.see(&measurement) {
            self.readout.stop_counting();
            self.refresh();
        }
    }

    /// The run has diverged: it stops, and a note says why until it starts again.
    pub fn run_away(&mut self, divergence: Divergence) {
        self.run.training = Training::Diverged;
        self.run.divergence = Some(divergence);
        self.readout.stop_counting();
        let note = format!("{divergence} Reset or other settings start again.").replace('-', "−");
        self.page.divergence.set_text_content(Some(&note));
        self.page.divergence.set_hidden(false);
        self.status.outcome();
        self.refresh();
    }

    /// The second potential of the learned flow.
    pub fn second_potential(&self) -> SecondPotential {
        if self.controls.both.checked() { SecondPotential::Network } else { SecondPotential::Transform }
    }

    /// What is wanted of the run now.
    pub fn request(&self, now_ms: f64) -> RunRequest {
        let second_potential = self.second_potential();
        let shown = self.display.shown(second_potential);
        let style = Style { dark: self.display.dark, arrows: self.controls.arrows.checked(), range: Style::RANGE };
        RunRequest {
            epsilon: self.run.config.epsilon,
            training: self.run.is_training(),
            playing: self.display.playback.playing,
            busy: self.display.is_busy(now_ms),
            drawing: self.source.pad.pen.is_some(),
            second_potential,
            potentials: self.panels.want_flow(),
            view: ViewParams { time: self.display.playback.time, shown, style, side: self.display.side },
        }
    }
}
