//! The time t of the flow shown, and how it moves back and forth.

use std::f64::consts::PI;

/// The flow plays from t = 0 to 1 in this time, milliseconds, and back in the same.
const WAY_MS: f64 = 4_000.0;

/// The time t shown, and whether it plays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Playback {
    pub time: f64,
    pub playing: bool,
    /// Phase of the motion: in [0, 1) from t = 0 to 1, in [1, 2) back.
    phase: Option<f64>,
}

impl Playback {
    pub fn new(time: f64, playing: bool) -> Self {
        Self { time, playing, phase: None }
    }

    /// Moves t back and forth as (1 − cos(π phase)) / 2, which slows down at both ends.
    pub fn play(&mut self, elapsed_ms: f64) {
        if !self.playing {
            self.phase = None;
            return;
        }
        // The phase that belongs to the present t.
        let from = self.phase.unwrap_or_else(|| (1.0 - 2.0 * self.time).clamp(-1.0, 1.0).acos() / PI);
        let phase = (from + elapsed_ms / WAY_MS).rem_euclid(2.0);
        self.phase = Some(phase);
        self.time = 0.5 - 0.5 * (PI * phase).cos();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_plays_there_and_back_from_where_it_is() {
        let mut playback = Playback::new(0.5, true);
        playback.play(0.5 * WAY_MS);
        assert!((playback.time - 1.0).abs() < 1e-12);
        playback.play(WAY_MS);
        assert!(playback.time.abs() < 1e-12);
        playback.playing = false;
        playback.play(100.0);
        assert!(playback.time.abs() < 1e-12);
    }
}
