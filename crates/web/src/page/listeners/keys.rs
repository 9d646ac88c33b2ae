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
    // A button that has closed its dialog may keep the focus, although nobody sees it.
    if let Some(dialog) = element.closest("dialog").ok().flatten() {
        return if dialog.has_attribute("open") { Focus::Dialog } else { Focus::Page };
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

/// The key in lower case. Where the layout gives no Latin letter, as in Greek, or needs Shift for digits, as in French,
/// the key that a layout of the United States has in its place.
fn key(event: &KeyboardEvent) -> String {
    let key = event.key().to_ascii_lowercase();
    let mut letters = key.chars();
    let is_one = letters.next().is_some() && letters.next().is_none();
    if !is_one || key.starts_with(|letter: char| letter.is_ascii_alphanumeric() || matches!(letter, ' ' | '.' | '?')) {
        return key;
    }
    let code = event.code();
    let digit = code.strip_prefix("Digit").filter(|_| !event.shift_key());
    code.strip_prefix("Key").or(digit).map_or(key, str::to_ascii_lowercase)
}

/// The action of a key, if it has one here; without `characters`, letters, digits and signs have none.
pub fn action(event: &KeyboardEvent, focus: Focus, characters: bool) -> Option<Action> {
    if matches!(focus, Focus::Text | Focus::Dialog) || event.alt_key() {
        return None;
    }
    let key = key(event);
    if event.ctrl_key() || event.meta_key() {
        return match (key.as_str(), event.shift_key()) {
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
            "arrowleft" => return Some(Action::NudgeTime(-time)),
            "arrowright" => return Some(Action::NudgeTime(time)),
            "arrowup" => return Some(Action::ScaleEpsilon(epsilon)),
            "arrowdown" => return Some(Action::ScaleEpsilon(1.0 / epsilon)),
            _ => {}
        }
    }
    // A key that is held down toggles only once.
    if event.repeat() {
        return None;
    }
    match key.as_str() {
        " " => (focus != Focus::Button).then_some(Action::Play),
        _ if !characters => None,
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
