//! The target, where mass is at t = 1: the Normal, a preset, or what was on the pad.

use flowsketch_core::lattice::{Lattice, VIEW};
use flowsketch_core::measure::{Density, Drawing, Import, density_lattice};
use flowsketch_protocol::panels;
use flowsketch_state as state;
use flowsketch_web::density_canvas::Inks;
use flowsketch_web::dom::element;
use web_sys::{Document, HtmlCanvasElement, HtmlElement, HtmlSelectElement};

/// The control that chooses the target, and the target chosen.
pub struct Target {
    pub select: HtmlSelectElement,
    picture: HtmlCanvasElement,
    end: HtmlElement,
    /// In the page's headline.
    aim: HtmlElement,
    drawn: HtmlElement,
    /// As a link says it: a link cannot hold an imported target, and says the Normal instead.
    pub state: state::Target,
    /// Its density, where it is not the Normal, and its name in a sentence.
    pub other: Option<Box<Import>>,
}

/// Values of the select beside the names of the presets.
const NORMAL: &str = "normal";
pub const PAD: &str = "pad";
const DRAWN: &str = "drawn";

impl Target {
    /// The Normal.
    pub fn new(document: &Document) -> Self {
        Self {
            select: element(document, "target"),
            picture: element(document, "target-picture"),
            end: element(document, "time-end"),
            aim: element(document, "aim"),
            drawn: element(document, "target-drawn"),
            state: state::Target::Normal,
            other: None,
        }
    }

    pub fn density(&self) -> Option<&Density> {
        self.other.as_ref().map(|other| &other.density)
    }

    /// Its name in a sentence.
    pub fn name(&self) -> &str {
        self.other.as_ref().map_or(panels::NORMAL, |other| &other.name)
    }

    pub fn set(&mut self, state: state::Target, other: Option<Import>) {
        (self.state, self.other) = (state, other.map(Box::new));
    }

    /// Shows what is chosen.
    pub fn show(&self, inks: &Inks) {
        let value = match (&self.state, &self.other) {
            (state::Target::Other(state::Source::Preset(preset)), _) => preset.name(),
            (_, Some(_)) => DRAWN,
            _ => NORMAL,
        };
        self.drawn.set_hidden(value != DRAWN);
        self.select.set_value(value);
        let end = match value {
            NORMAL => "Normal",
            DRAWN => "target",
            preset => preset,
        };
        self.end.set_text_content(Some(&format!("1: {end}")));
        self.aim.set_text_content(Some(self.other.as_ref().map_or("a Normal", |other| &other.name)));
        let side = self.picture.width();
        inks.paint(&self.picture, side, shares(self.density(), side as usize).into_iter());
    }
}

/// The density divided by its maximum, (side, side) in reading order.
fn shares(density: Option<&Density>, side: usize) -> Vec<f32> {
    let fine = density_lattice();
    let place = |c: f64| ((c - fine.origin[0]) / fine.step).round() as usize;
    let value = |x: f64, y: f64| match density {
        Some(density) => density.values()[place(x) * fine.count + place(y)],
        None => (-0.5 * (x * x + y * y)).exp() as f32,
    };
    let coordinates: Vec<f64> = Lattice::centred(VIEW, side).coordinates(0).collect();
    let values: Vec<f32> =
        coordinates.iter().rev().flat_map(|y| coordinates.iter().map(move |x| value(*x, *y))).collect();
    let top = values.iter().copied().fold(0.0, f32::max);
    values.into_iter().map(|value| value / top).collect()
}

/// A drawing as a target; none if it is empty.
pub fn of(drawing: &Drawing) -> Option<(state::Target, Import)> {
    let density = drawing.density().ok()?;
    let (state, name) = match (drawing.preset(), drawing.import()) {
        (Some(preset), _) => (state::Source::Preset(preset), format!("the {} preset", preset.name())),
        (_, Some(import)) => return Some((state::Target::Normal, import.clone())),
        _ if drawing.is_imported() => {
            return Some((state::Target::Normal, Import { name: "the drawn target".into(), density }));
        }
        _ => (state::Source::Drawing(drawing.sketch()), "the drawn target".into()),
    };
    Some((state::Target::Other(state), Import { name, density }))
}
