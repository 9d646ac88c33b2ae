//! Drawings of a link, drawn stroke by stroke on a pad of their own.

use flowsketch_core::measure::{Drawing, Import, Replay};
use flowsketch_state::Source;
use flowsketch_web::dom::pause;
use web_sys::Window;

/// Pause between two parts of a drawing, milliseconds.
const PAUSE_MS: i32 = 20;
/// Duration of one part of a drawing, milliseconds.
const REPLAY_MS: f64 = 20.0;

/// What was imported, on a pad of its own.
pub fn placed(import: Import) -> Drawing {
    let mut drawing = Drawing::default();
    drawing.place(import);
    drawing
}

/// What a link holds, drawn on a pad of its own.
pub async fn replay(window: &Window, source: Source) -> Drawing {
    // A long drawing takes seconds, and so is done in parts.
    let mut replay = Replay::new(source.sketch());
    let clock = || window.performance().map_or(0.0, |performance| performance.now());
    loop {
        let start = clock();
        if replay.advance(|| clock() - start > REPLAY_MS) {
            break;
        }
        pause(window, PAUSE_MS).await;
    }
    replay.into_drawing()
}
