//! The coupling given one point: where its mass goes, or where it came from.

use crate::program::inspection_worker::InspectionWorker;
use crate::program::map::{Palette, Sheet, css};
use crate::program::probe::pair;
use flowsketch_core::explore::Given;
use flowsketch_core::potentials::Shown;
use flowsketch_protocol::inspection::{Cloud, Finding, Question};
use flowsketch_web::dom::{element, press, set};
use flowsketch_web::number::setting;
use web_sys::{Document, HtmlButtonElement, HtmlElement};

/// A press this near to the pressed point lets it go, world units.
const NEAR: f64 = 0.15;
/// Below this log ρ the mass at a point counts as none.
const LEAST_LOG_RHO: f64 = -12.0;

pub struct Coupling {
    pub given_buttons: [(HtmlButtonElement, Given); 2],
    pub let_go: HtmlButtonElement,
    line: HtmlElement,
    hint: String,
    given: Given,
    pin: Option<[f64; 2]>,
    /// What was asked last: the given end, the point, t and the flow.
    asked: Option<(Given, [f64; 2], f64, u32)>,
    is_waiting: bool,
    found: Option<Found>,
}

struct Found {
    given: Given,
    point: [f64; 2],
    of: Option<Shown>,
    shown: Box<Cloud>,
    exact: Option<Box<Cloud>>,
}

impl Coupling {
    pub fn new(document: &Document) -> Self {
        let line: HtmlElement = element(document, "coupling");
        let given = [("given-source", Given::Source), ("given-target", Given::Target)];
        Self {
            given_buttons: given.map(|(id, given)| (element(document, id), given)),
            let_go: element(document, "let-go"),
            hint: line.text_content().unwrap_or_default(),
            line,
            given: Given::Source,
            pin: None,
            asked: None,
            is_waiting: false,
            found: None,
        }
    }

    pub fn pin(&self) -> Option<[f64; 2]> {
        self.pin
    }

    /// Presses a point; the one that is pressed already is let go.
    pub fn press(&mut self, point: [f64; 2]) {
        let is_near = |pin: [f64; 2]| (pin[0] - point[0]).hypot(pin[1] - point[1]) < NEAR;
        if self.pin.is_some_and(is_near) { self.release() } else { self.hold(point) }
    }

    /// Makes `point` the pressed point.
    pub fn hold(&mut self, point: [f64; 2]) {
        self.pin = Some(point);
        self.let_go.set_disabled(false);
    }

    pub fn release(&mut self) {
        (self.pin, self.asked, self.found) = (None, None, None);
        self.let_go.set_disabled(true);
        self.line.set_text_content(Some(&self.hint));
    }

    /// Sets whether the pressed point is one of the source or of the target.
    pub fn give(&mut self, given: Given) {
        self.given = given;
        for (button, of) in &self.given_buttons {
            press(button, *of == given);
        }
    }

    /// Asks where the mass is, unless that is known or another question is under way.
    pub fn frame(&mut self, time: f64, worker: &InspectionWorker) {
        let (Some(point), Some(flow), false) = (self.pin, worker.at(), self.is_waiting) else { return };
        let question = (self.given, point, time, flow);
        if self.asked != Some(question) {
            (self.asked, self.is_waiting) = (Some(question), true);
            worker.ask(Question::Coupling { given: self.given, time, point });
        }
    }

    /// Takes what was found; other findings are ignored.
    pub fn hear(&mut self, of: Option<Shown>, finding: Finding) {
        match finding {
            Finding::Coupling { given, time, point, log_rho, shown, exact } if self.pin.is_some() => {
                let words = words(given, time, point, log_rho, &shown, exact.as_deref(), of);
                self.line.set_text_content(Some(&words));
                set(&self.line, "data-barycentre", &format!("{},{}", shown.barycentre[0], shown.barycentre[1]));
                self.found = Some(Found { given, point, of, shown, exact });
            }
            Finding::NoCoupling { .. } if self.pin.is_some() => {
                self.line.set_text_content(Some("There is no coupling so far outside the map."));
                self.found = None;
            }
            _ => {}
        }
        self.is_waiting = false;
    }

    /// The words beside the buttons.
    pub fn words(&self) -> String {
        self.line.text_content().unwrap_or_default()
    }

    pub fn draw(&self, sheet: &Sheet<'_>, palette: &Palette) {
        let Some(Found { given, point, of, shown, exact }) = &self.found else { return };
        let colour = if *of == Some(Shown::Exact) { palette.second } else { palette.first };
        sheet.cloud(&shown.density, colour);
        for lines in exact.iter().flat_map(|exact| &exact.lines) {
            sheet.lines(lines, palette.second, palette);
        }
        sheet.line(*point, shown.barycentre, palette);
        // The given end: a disc at the source, a ring at the target.
        sheet.disc(*point, 5.0, palette.ink, *given == Given::Source, palette);
        if let Some(exact) = exact {
            sheet.disc(exact.barycentre, 6.0, &css(palette.second, 1.0), false, palette);
        }
        sheet.disc(shown.barycentre, 4.0, &css(colour, 1.0), true, palette);
    }
}

fn words(
    given: Given,
    time: f64,
    point: [f64; 2],
    log_rho: f64,
    shown: &Cloud,
    exact: Option<&Cloud>,
    of: Option<Shown>,
) -> String {
    let (end, mass) = match given {
        Given::Source => ("X₀", "source"),
        Given::Target => ("X₁", "target"),
    };
    let name = if of == Some(Shown::Exact) { "exact" } else { "learned" };
    let place = |cloud: &Cloud| format!("around {}, spread {:.2}", pair(cloud.barycentre, 2), cloud.spread);
    let mut text = format!("Given {end} = {}, at t = {}: {name} {}", pair(point, 2), setting(time), place(shown));
    if let Some(exact) = exact {
        text += &format!("; exact {} (the lines hold 50 % and 90 % of its mass)", place(exact));
    }
    text += ".";
    if log_rho < LEAST_LOG_RHO {
        text += &format!(" The {mass} has no mass here: this is extrapolated from the potentials.");
    }
    text
}
