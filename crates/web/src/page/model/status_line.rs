//! The sentence that says what is on screen.

use crate::model::early_stopping::Stop;
use flowsketch_core::potentials::{SecondPotential, Shown};
use flowsketch_web::number::{grouped, setting};

/// The state of training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Training {
    On,
    /// The person paused it, or stepped, or reset.
    Paused,
    /// It paused itself.
    Stopped(Stop),
    /// It stopped because the run has diverged.
    Diverged,
}

/// What is on screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// "the 2spirals preset" or "your drawing".
    pub source: String,
    /// "the Normal".
    pub target: String,
    pub epsilon: f64,
    pub time: f64,
    pub playing: bool,
    /// Training steps of the flow shown.
    pub step: u64,
    pub training: Training,
    pub shown: Shown,
}

pub fn describe(scene: &Scene) -> String {
    let time =
        if scene.playing { "t runs from 0 to 1 and back".into() } else { format!("t = {}", setting(scene.time)) };
    // A count that runs is among the numbers; here it would be behind them.
    let learned = match scene.step {
        _ if scene.training == Training::On => "while it is learned".into(),
        0 => "before any training".into(),
        1 => "after 1 step of training".into(),
        n => format!("after {} steps of training", grouped(n)),
    };
    let training = match scene.training {
        Training::On => "Training goes on.".into(),
        Training::Paused => "Training is paused.".into(),
        Training::Stopped(Stop::NoBetter(steps)) => {
            format!("Training paused itself: no better fit (KL) in {} steps. Press Train to continue.", grouped(steps))
        }
        Training::Stopped(Stop::Long(steps)) => {
            format!("Training paused itself after {} steps. Press Train to continue.", grouped(steps))
        }
        Training::Diverged => "Training has diverged and is stopped; the note says why.".into(),
    };
    let (source, target, epsilon) = (&scene.source, &scene.target, setting(scene.epsilon));
    let pair = match scene.shown {
        Shown::Learned(SecondPotential::Network) | Shown::Difference(SecondPotential::Network) => " from both networks",
        _ => "",
    };
    match scene.shown {
        Shown::Learned(_) => {
            format!("{time}: the flow{pair} from {source} to {target}, ε = {epsilon}, {learned}. {training}")
        }
        Shown::Exact => format!("{time}: the exact flow from {source} to {target}, ε = {epsilon}. {training}"),
        Shown::Difference(_) => format!(
            "{time}: the learned flow{pair} minus the exact one, from {source} to {target}, ε = {epsilon}, {learned}. \
             Orange: too much mass; blue: too little. {training}"
        ),
    }
}

/// How often the sentence may change, milliseconds: by itself, and while the person acts, as in moving a slider.
const CHANGE_MS: f64 = 2_000.0;
const ACTION_MS: f64 = 300.0;

/// Keeps the sentence from flooding a screen reader.
#[derive(Debug, Default)]
pub struct StatusLine {
    said: String,
    said_ms: f64,
    /// Something that happened, said before the scene until the person does the next thing.
    notice: Option<String>,
    at_once: bool,
    behind: bool,
}

impl StatusLine {
    /// The person did something: the result is said at once, and an earlier notice is dropped.
    pub fn acted(&mut self) {
        self.notice = None;
        self.at_once = true;
    }

    /// Something happened that the person should know.
    pub fn tell(&mut self, notice: impl Into<String>) {
        self.notice = Some(notice.into());
        self.at_once = true;
    }

    /// Whether there is a new sentence that may not be said yet.
    pub fn is_behind(&self) -> bool {
        self.behind
    }

    /// The result of an action has come: it is said as soon as the action itself would be.
    pub fn outcome(&mut self) {
        self.at_once = true;
    }

    /// The new text of the sentence, when it is time for one; `waiting` is said while there is no scene.
    pub fn say(&mut self, now_ms: f64, scene: Option<&Scene>, waiting: &str) -> Option<String> {
        let last = scene.map_or(waiting.into(), describe);
        let told = self.notice.iter().cloned().chain([last].into_iter().filter(|text| !text.is_empty()));
        let sentence = told.collect::<Vec<_>>().join(" ");
        if sentence.is_empty() {
            return None;
        }
        self.behind = sentence != self.said;
        if !self.behind {
            return None;
        }
        let wait = if self.at_once { ACTION_MS } else { CHANGE_MS };
        if !self.said.is_empty() && now_ms - self.said_ms < wait {
            return None;
        }
        (self.said, self.said_ms) = (sentence.clone(), now_ms);
        (self.at_once, self.behind) = (false, false);
        Some(sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAITING: &str = "Wait.";

    fn scene() -> Scene {
        Scene {
            source: "the 2spirals preset".into(),
            target: "the Normal".into(),
            epsilon: 0.2,
            time: 0.35,
            playing: false,
            step: 1412,
            training: Training::On,
            shown: Shown::Learned(SecondPotential::Transform),
        }
    }

    #[test]
    fn the_sentence_says_what_is_on_screen() {
        let expected = "t = 0.35: the flow from the 2spirals preset to the Normal, ε = 0.2, after 1,412 steps of training. \
                        Training is paused.";
        assert_eq!(describe(&Scene { training: Training::Paused, ..scene() }), expected);
        let running = describe(&scene());
        assert!(running.ends_with("the Normal, ε = 0.2, while it is learned. Training goes on."), "{running}");
        let exact = describe(&Scene { shown: Shown::Exact, ..scene() });
        assert_eq!(
            exact,
            "t = 0.35: the exact flow from the 2spirals preset to the Normal, ε = 0.2. Training goes on."
        );
        let difference = describe(&Scene { shown: Shown::Difference(SecondPotential::Network), ..scene() });
        assert!(
            difference.contains("the learned flow from both networks minus the exact one, from the 2spirals preset")
        );
    }

    #[test]
    fn it_speaks_at_once_after_an_action_and_seldom_otherwise() {
        let mut status = StatusLine::default();
        assert_eq!(status.say(-400.0, None, WAITING).as_deref(), Some(WAITING));
        status.outcome();
        assert!(status.say(0.0, Some(&scene()), WAITING).is_some());
        assert!(status.say(9_000.0, Some(&scene()), WAITING).is_none(), "nothing new");
        let counted = Scene { step: 1500, ..scene() };
        assert!(status.say(20_000.0, Some(&counted), WAITING).is_none(), "a count that runs is not said");
        let paused = Scene { training: Training::Paused, ..scene() };
        let mut status = StatusLine::default();
        status.say(0.0, Some(&scene()), WAITING);
        assert!(status.say(1_900.0, Some(&paused), WAITING).is_none());
        assert!(status.say(2_001.0, Some(&paused), WAITING).is_some());
        let moved = Scene { time: 0.4, ..paused };
        status.acted();
        assert!(status.say(2_010.0, Some(&moved), WAITING).is_none());
        assert!(status.say(2_310.0, Some(&moved), WAITING).is_some());
        status.tell("The drawing is empty.");
        assert!(status.say(2_620.0, Some(&moved), WAITING).unwrap().starts_with("The drawing is empty. t = 0.4"));
    }
}
