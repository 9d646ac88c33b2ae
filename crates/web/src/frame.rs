//! One animation frame: lay ink, move t, take what came back, submit what is next, say what is on screen.

use crate::app::{App, Run};
use crate::number::grouped;
use crate::pacing::Situation;
use crate::sentence::Training;
use flowsketch_core::audit::Completion;
use flowsketch_core::gpu::Style;
use flowsketch_core::session::{Report, Session, Work};
use std::f64::consts::PI;
use std::time::Duration;

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
/// The host works this long in a frame on the exact flow and on audits.
const HOST_SLICE: Duration = Duration::from_millis(6);
/// An audit begins at most this often, milliseconds, and all of them take about this share of the time.
const AUDIT_INTERVAL_MS: f64 = 1_000.0;
const AUDIT_SHARE: f64 = 0.05;
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
        if self.run.is_some() {
            next = self.advance(now_ms, elapsed_ms);
        }
        self.speak(now_ms);
        if next == Next::Rest && (self.pad.is_behind() || self.speaker.is_behind()) {
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

    /// Takes what came back from the device, and submits what is next.
    fn advance(&mut self, now_ms: f64, elapsed_ms: f64) -> Next {
        let Some(run) = &mut self.run else { return Next::Rest };
        if let Some(failure) = run.session.gpu().failure() {
            return self.lose(now_ms, &failure);
        }
        if let (true, Some(source)) = (self.source_waits, &self.source) {
            self.source_waits = false;
            run.session.load(source);
            self.pacing.restart();
        }
        let report = run.session.poll();
        if run.session.config().epsilon != self.epsilon {
            run.session.set_epsilon(self.epsilon);
            self.pacing.recover_soon();
            self.readout.forget_audit();
            self.audit_began_ms = f64::NEG_INFINITY;
        }
        let situation = Situation {
            training: self.training == Training::On,
            playing: self.playing,
            busy: now_ms < self.busy_until_ms,
            drawing: self.pad.pen.is_some(),
            redraw: self.redraw,
            solving: run.session.exact().has_gpu_work(),
            step_ms: run.session.step_ms(),
        };
        let ready = run.session.is_ready();
        if !situation.is_suspended() {
            self.play(elapsed_ms);
        }
        if ready {
            self.submit(now_ms, &situation);
        }
        if let Some(report) = report {
            self.take(report);
        }
        if !situation.is_suspended() {
            self.work_on_host(now_ms);
        }
        let Some(run) = &self.run else { return Next::Rest };
        let waits = self.awaiting_report || !run.session.is_ready() || run.session.exact().has_host_work();
        // What is to be drawn or measured since the situation was taken down needs a frame of its own.
        let later = self.redraw || self.audit_waits;
        if waits || later || self.pacing.has_work(&situation) { Next::Frame } else { Next::Rest }
    }

    fn submit(&mut self, now_ms: f64, situation: &Situation) {
        let shown = self.wanted();
        let Some(Run { stage, session }) = &mut self.run else { return };
        let Some(plan) = self.pacing.plan(now_ms, situation, |target_ms| session.steps_for(target_ms)) else { return };
        let work = Work { steps: plan.steps, recover: plan.recover, time: self.time };
        if plan.picture {
            let style = Style { dark: self.dark, arrows: self.controls.arrows.checked(), range: Style::RANGE };
            // A picture that had no place is drawn when the canvas has a size, or another surface.
            self.redraw = !stage.show(session, &work, style, shown) && self.side > 0;
        } else {
            session.submit(&work, None);
        }
        self.awaiting_report |= plan.recover;
        if plan.steps > 0 {
            self.readout.count(now_ms, session.step());
        }
        if self.playing {
            self.controls.time.follow(self.time);
        }
    }

    /// Solves for the exact flow and measures the learned one against it, a slice a frame.
    fn work_on_host(&mut self, now_ms: f64) {
        let completion = self.completion();
        let Some(Run { session, .. }) = &mut self.run else { return };
        let wanted = self.report.map(|report| (report.step, report.epsilon, completion));
        let waits =
            |session: &Session, audited| session.exact().flow().is_some() && wanted.is_some() && wanted != audited;
        self.audit_waits = waits(session, self.audited);
        if !session.exact().has_host_work() {
            // Audits take a small share of the time, whatever they cost.
            let due = now_ms - self.audit_began_ms >= AUDIT_INTERVAL_MS.max(self.audit_cost_ms / AUDIT_SHARE);
            if let (true, Some(report)) = (due && self.audit_waits, self.report) {
                session.audit(&report, completion);
                (self.audit_began_ms, self.audit_cost_ms) = (now_ms, 0.0);
            }
        }
        if !session.exact().has_host_work() {
            return;
        }
        let (solved, began_ms) = (session.exact().flow().is_some(), self.page.now_ms());
        let audit = session.work_on_host(HOST_SLICE);
        let newly_solved = !solved && session.exact().flow().is_some();
        self.audit_cost_ms += self.page.now_ms() - began_ms;
        self.audit_waits = waits(session, self.audited);
        if newly_solved {
            self.redraw = true;
            self.speaker.outcome();
        }
        if let Some(audit) = audit {
            self.audited = Some((audit.step, audit.epsilon, audit.completion));
            self.readout.take_audit(&audit);
            let pair = match audit.completion {
                Completion::Transform => "φ and its transform",
                Completion::Network => "both networks",
            };
            let text = format!("Against the exact flow: of {pair}, at step {}.", grouped(audit.step));
            self.page.audited.set_text_content(Some(&text));
        }
    }

    fn take(&mut self, report: Report) {
        self.awaiting_report = false;
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

    fn lose(&mut self, now_ms: f64, failure: &str) -> Next {
        self.rest();
        self.enable_flow(false);
        self.losses_ms.retain(|then| now_ms - then < LOSSES_MS);
        self.losses_ms.push(now_ms);
        if self.losses_ms.len() >= MOST_LOSSES {
            self.refuse(&crate::capability::lost_for_good(failure));
            return Next::Rest;
        }
        self.speaker.tell(failure);
        Next::Open
    }
}
