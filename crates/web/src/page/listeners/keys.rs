//! Keys, and what has the focus when one is pressed.

use crate::action::{Action, PadKey};
use flowsketch_core::measure::{Preset, Tool};
use flowsketch_state::View;
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlInputElement, KeyboardEvent};

/// What has the focus and receives a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    Page,
    Pad,
    /// Takes all keys.
    Text,
    /// Takes the keys that move a slider.
    Slider,
    /// Takes Space and Enter.
    Button,
    /// The list of keys is open.
    Dialog,
}

pub fn focus(document: &Document, pad: &Element) -> Focus {
    let Some(element) = document.active_element() else { return Focus::Page };
    if element.closest("dialog").ok().flatten().is_some() {
        return Focus::Dialog;
    }
    if &element == pad {
        return Focus::Pad;
    }
    match element.tag_name().as_str() {
        "INPUT" => match element.unchecked_ref::<HtmlInputElement>().type_().as_str() {
            "range" => Focus::Slider,
            "checkbox" => Focus::Button,
            _ => Focus::Text,
        },
        "SELECT" => Focus::Text,
        "BUTTON" | "A" | "SUMMARY" => Focus::Button,
        _ => Focus::Page,
    }
}

/// The action of a key, if it has one here.
pub fn action(event: &KeyboardEvent, focus: Focus) -> Option<Action> {
    if matches!(focus, Focus::Text | Focus::Dialog) || event.alt_key() {
        return None;
    }
    let key = event.key();
    if event.ctrl_key() || event.meta_key() {
        return match (key.to_ascii_lowercase().as_str(), event.shift_key()) {
            ("z", false) => Some(Action::Undo),
            ("z", true) | ("y", false) => Some(Action::Redo),
            _ => None,
        };
    }
    let fine = event.shift_key();
    if focus != Focus::Slider {
        let time = if fine { 0.005 } else { 0.05 };
        let epsilon = if fine { 1.02 } else { 1.1 };
        match key.as_str() {
            "ArrowLeft" => return Some(Action::NudgeTime(-time)),
            "ArrowRight" => return Some(Action::NudgeTime(time)),
            "ArrowUp" => return Some(Action::ScaleEpsilon(epsilon)),
            "ArrowDown" => return Some(Action::ScaleEpsilon(1.0 / epsilon)),
            _ => {}
        }
    }
    // A key that is held down toggles only once.
    if event.repeat() {
        return None;
    }
    match key.to_ascii_lowercase().as_str() {
        " " if focus != Focus::Button => Some(Action::Play),
        "t" => Some(Action::Train),
        "." => Some(Action::Step),
        "d" => Some(Action::Tool(Tool::Draw)),
        "e" => Some(Action::Tool(Tool::Erase)),
        "r" if fine => Some(Action::Reseed),
        "r" => Some(Action::Reset),
        "l" => Some(Action::Show(View::Learned)),
        "x" => Some(Action::Show(View::Exact)),
        "f" => Some(Action::Show(View::Difference)),
        "?" => Some(Action::Help),
        digit => {
            let number: usize = digit.parse().ok()?;
            Preset::ALL.get(number.checked_sub(1)?).copied().map(Action::Preset)
        }
    }
}

pub fn pad_key(event: &KeyboardEvent) -> Option<PadKey> {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return None;
    }
    let by = if event.shift_key() { 0.02 } else { 0.1 };
    match event.key().as_str() {
        "ArrowLeft" => Some(PadKey::Move([-by, 0.0])),
        "ArrowRight" => Some(PadKey::Move([by, 0.0])),
        "ArrowUp" => Some(PadKey::Move([0.0, by])),
        "ArrowDown" => Some(PadKey::Move([0.0, -by])),
        " " | "Enter" if !event.repeat() => Some(PadKey::Pen),
        "Escape" => Some(PadKey::Lift),
        _ => None,
    }
}
