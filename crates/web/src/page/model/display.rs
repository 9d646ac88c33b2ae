//! How the flow is looked at: its time, colours and size, and what the picture shows.

use crate::model::playback::Playback;
use crate::widgets::controls::PresetButton;
use flowsketch_core::potentials::{SecondPotential, Shown};
use flowsketch_state::View;
use flowsketch_web::density_canvas::Inks;

/// A frame counts as at most this long, milliseconds: after a pause of the page, t continues from where it was.
const LONGEST_FRAME_MS: f64 = 250.0;
/// A slider counts as being moved until this long after its last move, milliseconds.
const BUSY_MS: f64 = 400.0;

/// Pixels of a side of a preset's picture.
pub const THUMBNAIL_SIDE: u32 = 80;

pub struct Display {
    pub inks: Inks,
    pub dark: bool,
    /// The nine presets as small pictures: densities divided by their maximum.
    thumbnails: Vec<Vec<f32>>,
    /// Pixels of a side of the flow's canvas.
    pub side: u32,
    pub view: View,
    pub playback: Playback,
    /// What the picture shows, and its ε.
    pub shown: Shown,
    pub shown_epsilon: f64,
    /// Until when a slider counts as being moved.
    busy_until_ms: f64,
    last_frame_ms: Option<f64>,
}

impl Display {
    pub fn new(dark: bool, view: View, playback: Playback, epsilon: f64) -> Self {
        Self {
            inks: Inks::new(dark),
            dark,
            thumbnails: vec![],
            side: 0,
            view,
            playback,
            shown: Shown::Learned(SecondPotential::Transform),
            shown_epsilon: epsilon,
            busy_until_ms: 0.0,
            last_frame_ms: None,
        }
    }

    pub fn set_dark(&mut self, dark: bool) {
        self.dark = dark;
        self.inks = Inks::new(dark);
    }

    /// What the view shows, with this second potential.
    pub fn shown(&self, second_potential: SecondPotential) -> Shown {
        match self.view {
            View::Learned => Shown::Learned(second_potential),
            View::Exact => Shown::Exact,
            View::Difference => Shown::Difference(second_potential),
        }
    }

    // ---- time ----

    /// The person moves t or ε.
    pub fn touch(&mut self, now_ms: f64) {
        self.busy_until_ms = now_ms + BUSY_MS;
    }

    pub fn is_busy(&self, now_ms: f64) -> bool {
        now_ms < self.busy_until_ms
    }

    /// Milliseconds since the previous frame; 0 after a rest.
    pub fn elapsed_ms(&self, now_ms: f64) -> f64 {
        self.last_frame_ms.map_or(0.0, |last| (now_ms - last).min(LONGEST_FRAME_MS))
    }

    /// This frame is done; `follows` says whether there is another.
    pub fn end_frame(&mut self, now_ms: f64, follows: bool) {
        self.last_frame_ms = follows.then_some(now_ms);
    }

    // ---- pictures of presets ----

    /// Keeps a small picture of the next preset.
    pub fn add_thumbnail(&mut self, presets: &[PresetButton], values: &[f64]) {
        let top = values.iter().copied().fold(0.0, f64::max);
        self.thumbnails.push(values.iter().map(|value| (value / top) as f32).collect());
        self.paint_thumbnail(presets, self.thumbnails.len() - 1);
    }

    pub fn paint_thumbnails(&self, presets: &[PresetButton]) {
        (0..self.thumbnails.len()).for_each(|k| self.paint_thumbnail(presets, k));
    }

    fn paint_thumbnail(&self, presets: &[PresetButton], k: usize) {
        let count = THUMBNAIL_SIDE as usize;
        let values = &self.thumbnails[k];
        let shares = (0..count).rev().flat_map(|j| (0..count).map(move |i| values[i * count + j]));
        self.inks.paint(&presets[k].thumbnail, THUMBNAIL_SIDE, shares);
    }
}
