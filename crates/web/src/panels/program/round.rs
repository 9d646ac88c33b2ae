//! Pictures of one flow, asked for one after the other, and again when the flow is another.

use crate::program::inspection_worker::InspectionWorker;

/// While it trains they are made anew at most this often, milliseconds.
const ROUND_MS: f64 = 1_000.0;

pub struct Round {
    count: usize,
    /// The flow, and the colours, that they are of.
    of: Option<(u32, bool)>,
    began_ms: f64,
    next: usize,
    is_waiting: bool,
}

/// What is to be done now.
pub enum Due {
    /// Ask for the picture of this number.
    Picture(usize),
    /// Look again in the next frame, although nothing new comes.
    Later,
    Nothing,
}

impl Round {
    pub fn of(count: usize) -> Self {
        Self { count, of: None, began_ms: 0.0, next: count, is_waiting: false }
    }

    /// The picture that was asked for has come.
    pub fn came(&mut self) {
        self.is_waiting = false;
    }

    /// All are of the flow that was the newest when the first was asked for.
    pub fn due(&mut self, now_ms: f64, worker: &mut InspectionWorker, is_dark: bool, is_training: bool) -> Due {
        let Some(flow) = worker.flow().filter(|_| !self.is_waiting) else { return Due::Nothing };
        if self.next == self.count {
            let of = Some((flow, is_dark));
            if self.of == of {
                return Due::Nothing;
            }
            if is_training && self.of.is_some() && now_ms - self.began_ms < ROUND_MS {
                return Due::Later;
            }
            worker.turn();
            (self.of, self.began_ms, self.next) = (of, now_ms, 0);
        }
        (self.next, self.is_waiting) = (self.next + 1, true);
        Due::Picture(self.next - 1)
    }
}
