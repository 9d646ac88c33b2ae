//! The unfinished drawing while the pen is down: it is sent to the run at a bounded rate, and a new one not before the
//! exact flow of the last is solved.

use flowsketch_core::run::Onward;

/// Least time between two drawings sent, milliseconds.
const INTERVAL_MS: f64 = 60.0;
/// After this time without an exact flow, milliseconds, the newest drawing is sent all the same.
const PATIENCE_MS: f64 = 1_000.0;

/// What a run knows of the stroke in progress.
#[derive(Debug, Default)]
pub struct Live {
    /// Whether the run follows this stroke already.
    pub follows: bool,
    /// Whether there is ink that the run does not know of.
    is_behind: bool,
    /// When the last drawing was sent, until its exact flow is solved.
    awaited_ms: Option<f64>,
    sent_ms: Option<f64>,
}

impl Live {
    /// The pen comes down.
    pub fn begin(&mut self) {
        *self = Self { is_behind: true, ..Self::default() };
    }

    /// Ink was added.
    pub fn inked(&mut self) {
        self.is_behind = true;
    }

    /// An exact flow was solved.
    pub fn solved(&mut self) {
        self.awaited_ms = None;
    }

    /// The drawing is sent to the run; returns how the run continues with it. The present weights learn a drawing
    /// sooner than initial weights do.
    pub fn send(&mut self, now_ms: f64) -> Onward {
        (self.is_behind, self.sent_ms, self.awaited_ms) = (false, Some(now_ms), Some(now_ms));
        if std::mem::replace(&mut self.follows, true) { Onward::On } else { Onward::Warm }
    }

    /// Whether it is time to send the drawing to the run.
    pub fn is_due(&self, now_ms: f64) -> bool {
        let is_past = |then: Option<f64>, ms| then.is_none_or(|then| now_ms - then >= ms);
        self.is_behind && is_past(self.sent_ms, INTERVAL_MS) && is_past(self.awaited_ms, PATIENCE_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_goes_when_it_is_new_the_last_is_solved_and_some_time_has_passed() {
        let mut live = Live::default();
        assert!(!live.is_due(0.0), "nobody draws");
        live.begin();
        assert!(live.is_due(0.0));
        assert_eq!(live.send(0.0), Onward::Warm);
        assert!(!live.is_due(500.0), "nothing is new");
        live.inked();
        assert!(!live.is_due(500.0), "the flow of the last is not solved");
        assert!(live.is_due(PATIENCE_MS));
        live.solved();
        assert!(!live.is_due(INTERVAL_MS - 1.0) && live.is_due(INTERVAL_MS));
        assert_eq!(live.send(70.0), Onward::On);
        live.begin();
        assert!(live.is_due(80.0));
        assert_eq!(live.send(80.0), Onward::Warm);
    }
}
