//! One animation frame: lay ink, move t, say what is wanted, take what is new, say what is on screen.

use crate::app::App;
use crate::backend::{Backend, Outcome};
use crate::capability::Why;
use crate::sentence::Training;
use flowsketch_core::audit::Completion;
use flowsketch_core::exact::AuditReport;
use flowsketch_core::session::Report;
use flowsketch_web::number::grouped;
use std::f64::consts::PI;

/// What is to be done after a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing moves: no frame until somebody acts.
    Rest,
    Frame,
    /// The device is lost: open another.
    Open,
}

/// The flow plays from t = 0 to 1 in this time, milliseconds, and back in the same.
const WAY_MS: f64 = 4_000.0;
/// After a pause of the page the flow goes on from where it was, milliseconds.
const LONGEST_FRAME_MS: f64 = 250.0;
/// So many losses of the device within this time, milliseconds, are enough.
const MOST_LOSSES: usize = 3;
const LOSSES_MS: f64 = 60_000.0;

impl App {
    pub fn frame(&mut self, now_ms: f64) -> Next {
        if self.page.document.hidden() {
            self.last_frame_ms = None;
            return Next::Rest;
        }
        let elapsed_ms = self.last_frame_ms.map_or(0.0, |last| (now_ms - last).min(LONGEST_FRAME_MS));
        self.draw();
        let mut next = Next::Rest;
        if self.run.is_some() && !self.speed.is_on() {
            next = self.advance(now_ms, elapsed_ms);
        }
        let tools_wait = self.attend(now_ms);
        self.speak(now_ms);
        let link_waits = self.keep_link(now_ms);
        if next == Next::Rest && (self.pad.is_behind() || self.speaker.is_behind() || link_waits || tools_wait) {
            next = Next::Frame;
        }
        self.last_frame_ms = (next == Next::Frame).then_some(now_ms);
        next
    }

    /// Ink on its way, and the picture of the drawing.
    fn draw(&mut self) {
        let page = &self.page;
        if self.pad.lay(&mut self.drawing, || page.now_ms()) {
            self.drawing_changed();
        }
        if self.pad.stale {
            self.pad.paint(&self.drawing, &self.inks);
        }
    }

    /// Moves t to and fro, gently at both ends.
    fn play(&mut self, elapsed_ms: f64) {
        if !self.playing {
            self.phase = None;
            return;
        }
        // Where on the way there and back the present t is.
        let from = self.phase.unwrap_or_else(|| (1.0 - 2.0 * self.time).clamp(-1.0, 1.0).acos() / PI);
        let phase = (from + elapsed_ms / WAY_MS).rem_euclid(2.0);
        self.phase = Some(phase);
        self.time = 0.5 - 0.5 * (PI * phase).cos();
    }

    /// Says what is wanted, and takes what is new.
    fn advance(&mut self, now_ms: f64, elapsed_ms: f64) -> Next {
        let Some(run) = &mut self.run else { return Next::Rest };
        if let (true, Some(source)) = (self.source_waits, &self.source) {
            self.source_waits = false;
            run.load(source, self.target.density());
        }
        if self.audited_epsilon != self.config.epsilon {
            self.audited_epsilon = self.config.epsilon;
            self.readout.forget_audit();
        }
        let wanted = self.wanted(now_ms);
        if self.run.as_ref().is_some_and(|run| !run.is_suspended(&wanted)) {
            self.play(elapsed_ms);
        }
        let wanted = self.wanted(now_ms);
        let (Some(run), page) = (&mut self.run, &self.page) else { return Next::Rest };
        let Outcome { news, flow, paths, awake } = match run.frame(now_ms, &wanted, || page.now_ms()) {
            Ok(outcome) => outcome,
            Err(failure) => return self.lose(now_ms, &failure),
        };
        if let Some(flow) = flow {
            self.tools.take(flow);
        }
        if paths.is_some() {
            self.tools.take_paths(paths);
        }
        if self.playing {
            self.controls.time.follow(self.time);
        }
        (self.shown, self.shown_epsilon) = (news.shown, news.epsilon);
        if news.step > self.step {
            self.readout.count(now_ms, news.step);
        }
        self.step = news.step;
        if let Some(report) = news.report {
            self.take(report);
        }
        if let (Some(runaway), None) = (news.runaway, self.runaway) {
            self.run_away(runaway);
        }
        if news.solved {
            self.speaker.outcome();
        }
        // What is of another ε than the present one is no longer of interest.
        if let Some(audit) = news.audit.filter(|audit| audit.epsilon == self.config.epsilon) {
            self.take_audit(&audit);
        }
        if awake || self.playing { Next::Frame } else { Next::Rest }
    }

    fn take_audit(&mut self, audit: &AuditReport) {
        self.readout.take_audit(audit);
        let pair = match audit.completion {
            Completion::Transform => "φ and its transform",
            Completion::Network => "both networks",
        };
        let text = format!("Against the exact flow: of {pair}, at step {}.", grouped(audit.step));
        self.page.audited.set_text_content(Some(&text));
    }

    fn take(&mut self, report: Report) {
        // The first picture of a source, or what came of one step, of a pause, of another ε.
        if self.report.replace(report).is_none() || self.training != Training::On {
            self.speaker.outcome();
        }
        self.readout.take(&report);
        self.readout.show_speed(self.training == Training::On);
        if self.training == Training::On
            && let Some(stop) = self.stopping.see(report.step, report.metrics.kl_source)
        {
            self.training = Training::Stopped(stop);
            self.readout.forget_speed();
            self.readout.show_speed(false);
            self.refresh();
        }
    }

    /// What computed is of no use any more.
    fn lose(&mut self, now_ms: f64, failure: &str) -> Next {
        let was_worker = matches!(self.run, Some(Backend::Worker(_)));
        self.rest();
        self.enable_flow(false);
        if was_worker {
            return self.lose_worker(failure);
        }
        self.losses_ms.retain(|then| now_ms - then < LOSSES_MS);
        self.losses_ms.push(now_ms);
        self.speaker.tell(failure);
        if self.losses_ms.len() < MOST_LOSSES {
            return Next::Open;
        }
        self.speaker.tell("The graphics device was lost again and again; the processor goes on from the last weights.");
        self.compute_in_worker(Why::Lost);
        Next::Frame
    }

    /// A worker that failed is started again, once.
    fn lose_worker(&mut self, failure: &str) -> Next {
        if std::mem::replace(&mut self.worker_failed, true) {
            self.refuse(failure);
            return Next::Rest;
        }
        let from = match &self.left_at {
            Some(progress) if !self.source_waits => format!("from step {}", grouped(progress.step)),
            _ => {
                self.restarted();
                "at step 0".into()
            }
        };
        self.speaker.tell(format!("The worker that computes failed and was started again, {from} ({failure})."));
        let why = self.why.take().unwrap_or(Why::Asked);
        self.compute_in_worker(why);
        Next::Frame
    }
}
