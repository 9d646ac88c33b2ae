//! Pictures of one flow, asked for one after the other, and again when the flow changes.

use crate::program::inspection_worker::InspectionWorker;

/// While training is on, rounds begin at least this far apart, milliseconds.
const ROUND_MS: f64 = 1_000.0;

pub struct Round {
    count: usize,
    /// The number of the flow, and whether the theme is dark, of the pictures in this round.
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

    /// What is to be done. All pictures of a round are of the flow that was newest when the first was asked for.
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
