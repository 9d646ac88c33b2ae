//! Buttons and sliders: looking them up, and showing values on them.

use crate::widgets::settings::Settings;
use flowsketch_core::config::{MAX_EPSILON, MIN_EPSILON};
use flowsketch_core::explore::STILLS;
use flowsketch_core::measure::{Brush, Preset};
use flowsketch_web::dom::{element, set};
use flowsketch_web::number::{rounded, setting};
use wasm_bindgen::JsCast;
use web_sys::{Document, HtmlButtonElement, HtmlCanvasElement, HtmlInputElement};

/// A field for each control of the page: a table of elements, not state, and so longer than other structs.
pub struct Controls {
    pub draw: HtmlButtonElement,
    pub erase: HtmlButtonElement,
    pub undo: HtmlButtonElement,
    pub redo: HtmlButtonElement,
    pub clear: HtmlButtonElement,
    pub train: HtmlButtonElement,
    pub step: HtmlButtonElement,
    pub reset: HtmlButtonElement,
    pub play: HtmlButtonElement,
    pub theme: HtmlButtonElement,
    pub help: HtmlButtonElement,
    pub share: HtmlButtonElement,
    pub learned: HtmlButtonElement,
    pub exact: HtmlButtonElement,
    pub difference: HtmlButtonElement,
    /// The flow from both networks, not from φ and its transform.
    pub both: HtmlInputElement,
    pub arrows: HtmlInputElement,
    /// Whether letters, digits and signs are keys of the page.
    pub characters: HtmlInputElement,
    pub size: Slider,
    pub softness: Slider,
    pub epsilon: Slider,
    pub time: Slider,
    pub presets: Vec<PresetButton>,
    /// The buttons of the film strip, in the order of its [`STILLS`].
    pub stills: Vec<HtmlButtonElement>,
    pub quadrature: HtmlButtonElement,
    pub paper: HtmlButtonElement,
    pub settings: Settings,
}

pub struct PresetButton {
    pub preset: Preset,
    pub button: HtmlButtonElement,
    pub thumbnail: HtmlCanvasElement,
}

impl Controls {
    pub fn new(document: &Document) -> Self {
        let slider = |id: &str, scale, limits| Slider {
            range: element(document, id),
            field: element(document, &format!("{id}-number")),
            scale,
            limits,
        };
        Self {
            draw: element(document, "draw"),
            erase: element(document, "erase"),
            undo: element(document, "undo"),
            redo: element(document, "redo"),
            clear: element(document, "clear"),
            train: element(document, "train"),
            step: element(document, "step"),
            reset: element(document, "reset"),
            play: element(document, "play"),
            theme: element(document, "theme"),
            help: element(document, "help"),
            share: element(document, "share"),
            learned: element(document, "learned"),
            exact: element(document, "exact"),
            difference: element(document, "difference"),
            both: element(document, "both"),
            arrows: element(document, "arrows"),
            characters: element(document, "characters"),
            size: slider("size", Scale::Linear, Brush::RADII),
            softness: slider("softness", Scale::Linear, [0.0, 1.0]),
            epsilon: slider("epsilon", Scale::Log, [MIN_EPSILON, MAX_EPSILON]),
            time: slider("time", Scale::Linear, [0.0, 1.0]),
            presets: Preset::ALL.into_iter().map(|preset| PresetButton::new(document, preset)).collect(),
            stills: (0..STILLS.len()).map(|k| element(document, &format!("still-{k}"))).collect(),
            quadrature: element(document, "quadrature"),
            paper: element(document, "paper"),
            settings: Settings::new(document),
        }
    }
}

impl PresetButton {
    fn new(document: &Document, preset: Preset) -> Self {
        let button: HtmlButtonElement = element(document, &format!("preset-{}", preset.name()));
        let thumbnail = button.first_element_child().and_then(|canvas| canvas.dyn_into().ok());
        Self { preset, button, thumbnail: thumbnail.expect("the button of a preset holds a canvas") }
    }
}

/// How the position of the thumb becomes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    Linear,
    Log,
}

/// A slider and its number box, which always show the same value.
pub struct Slider {
    pub range: HtmlInputElement,
    pub field: HtmlInputElement,
    scale: Scale,
    limits: [f64; 2],
}

impl Slider {
    /// The value under the thumb.
    pub fn range_value(&self) -> f64 {
        let place = self.range.value_as_number();
        let [low, high] = self.limits;
        match self.scale {
            Scale::Linear => place.clamp(low, high),
            Scale::Log => rounded(low * (high / low).powf(place)).clamp(low, high),
        }
    }

    /// The value in the number box, clamped to the limits; none if it is no number.
    pub fn field_value(&self) -> Option<f64> {
        let value = self.field.value_as_number();
        value.is_finite().then(|| value.clamp(self.limits[0], self.limits[1]))
    }

    /// A value clamped to the limits.
    pub fn clamp(&self, value: f64) -> f64 {
        value.clamp(self.limits[0], self.limits[1])
    }

    /// Shows `value` on both.
    pub fn set(&self, value: f64) {
        self.follow(value);
        self.field.set_value(&setting(value));
    }

    /// Shows a value that changes by itself: a box in which the person is typing is left alone.
    pub fn follow(&self, value: f64) {
        let [low, high] = self.limits;
        let place = match self.scale {
            Scale::Linear => value,
            Scale::Log => (value / low).ln() / (high / low).ln(),
        };
        let text = setting(value);
        self.range.set_value(&format!("{place:.4}"));
        set(&self.range, "aria-valuetext", &text);
        if !self.field.matches(":focus").unwrap_or(false) {
            self.field.set_value(&text);
        }
    }

    pub fn set_disabled(&self, disabled: bool) {
        self.range.set_disabled(disabled);
        self.field.set_disabled(disabled);
    }
}
