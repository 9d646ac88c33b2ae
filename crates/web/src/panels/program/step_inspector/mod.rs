//! One training step in slow motion: a copy of the page's run in a worker of its own, stage by stage.

mod canvas;
pub mod listeners;
mod monte_carlo;
mod quadrature;

use canvas::{Canvas, EDGE};
use flowsketch_core::config::Recipe;
use flowsketch_core::step_inspector::{Stages, StepTrace, UpdatedPotentials};
use flowsketch_protocol::export::RunSnapshot;
use flowsketch_protocol::inspection::{Finding, Question};
use flowsketch_protocol::panels::Scene;
use flowsketch_protocol::step_inspector::{Ask, Found};
use flowsketch_protocol::worker::{Answer, Request};
use flowsketch_protocol::{decode, encode};
use flowsketch_web::dom::{client, element, press, set, world};
use flowsketch_web::line::{Inbox, Line};
use flowsketch_web::number::grouped;
use wasm_bindgen::JsCast;
use web_sys::{
    Document, Element, HtmlButtonElement, HtmlCanvasElement, HtmlElement, HtmlProgressElement, PointerEvent,
};

/// In slow motion each stage stays this long, milliseconds.
const STAGE_MS: f64 = 2_500.0;
/// By how much a key moves y, world units.
const NUDGE: f64 = 0.3;

pub struct StepInspectorPanel {
    elements: Elements,
    line: Option<Line>,
    /// The run that the worker is given once it listens.
    opening: Option<Box<RunSnapshot>>,
    recipe: Recipe,
    updated: UpdatedPotentials,
    /// The point around which the average is shown, world units.
    point: [f64; 2],
    trace: Option<Box<StepTrace>>,
    stage: usize,
    is_waiting: bool,
    is_slow: bool,
    since_ms: f64,
    /// Whether the picture has the dark theme; none if it has to be drawn again.
    drawn: Option<bool>,
}

/// What the panel is made of on the page.
struct Elements {
    panel: Element,
    map: HtmlCanvasElement,
    scale: HtmlElement,
    /// The lines of the algorithm, by quadrature and by the paper's recipe.
    lists: [List; 2],
    words: HtmlElement,
    computing: HtmlElement,
    share: HtmlProgressElement,
    next: HtmlButtonElement,
    slow: HtmlButtonElement,
    again: HtmlButtonElement,
    halves: [(HtmlButtonElement, UpdatedPotentials); 3],
}

struct List {
    list: Element,
    lines: Vec<HtmlButtonElement>,
}

impl List {
    fn new(document: &Document, id: &str) -> Self {
        let list: Element = element(document, id);
        let lines = list.query_selector_all("button").expect("the selector is valid");
        Self { list, lines: (0..lines.length()).filter_map(|k| lines.get(k)).map(JsCast::unchecked_into).collect() }
    }
}

impl StepInspectorPanel {
    pub fn new(document: &Document) -> Self {
        let halves = [
            ("step-inspector-both", UpdatedPotentials::Both),
            ("step-inspector-phi", UpdatedPotentials::Phi),
            ("step-inspector-psi", UpdatedPotentials::Psi),
        ];
        let elements = Elements {
            panel: element(document, "step-inspector"),
            map: element(document, "step-inspector-map"),
            scale: element(document, "step-inspector-scale"),
            lists: ["step-inspector-quadrature", "step-inspector-paper"].map(|id| List::new(document, id)),
            words: element(document, "step-inspector-words"),
            computing: element(document, "step-inspector-computing"),
            share: element(document, "step-inspector-share"),
            next: element(document, "step-inspector-next"),
            slow: element(document, "step-inspector-slow"),
            again: element(document, "step-inspector-again"),
            halves: halves.map(|(id, updated)| (element(document, id), updated)),
        };
        Self {
            elements,
            line: None,
            opening: None,
            recipe: Recipe::Quadrature,
            updated: UpdatedPotentials::Both,
            point: [1.0, 0.5],
            trace: None,
            stage: 0,
            is_waiting: false,
            is_slow: false,
            since_ms: 0.0,
            drawn: None,
        }
    }

    /// Takes what is new, continues in slow motion, and draws; returns whether another frame is needed without an
    /// event.
    pub fn frame(&mut self, now_ms: f64, scene: &Scene) -> bool {
        if !self.elements.panel.has_attribute("open") {
            return false;
        }
        if let Err(sentence) = self.receive(now_ms) {
            self.close();
            self.elements.words.set_text_content(Some(&sentence));
        }
        if self.is_slow && self.trace.is_some() && !self.is_waiting && now_ms - self.since_ms > STAGE_MS {
            self.go_on(now_ms);
        }
        if self.drawn != Some(scene.is_dark) {
            self.drawn = Some(scene.is_dark);
            self.draw(scene.is_dark);
        }
        self.is_slow && self.line.is_some()
    }

    fn receive(&mut self, now_ms: f64) -> Result<(), String> {
        let Some(line) = &self.line else { return Ok(()) };
        let Inbox { answers, failure, .. } = line.take();
        if let Some(failure) = failure {
            return Err(format!("The worker failed: {}.", failure.trim_end_matches('.')));
        }
        for answer in answers {
            match answer {
                Answer::Ready => {
                    if let Some(snapshot) = self.opening.take() {
                        self.ask(Ask::Open(snapshot));
                        self.step();
                    }
                }
                Answer::Explored(bytes) => {
                    if let Some(Finding::StepInspector(found)) = decode(&bytes) {
                        self.put(now_ms, found);
                    }
                }
                // It is asked nothing else.
                _ => {}
            }
        }
        Ok(())
    }

    fn put(&mut self, now_ms: f64, found: Found) {
        match found {
            Found::Share(share) => {
                self.elements.computing.set_hidden(false);
                self.elements.share.set_value(share);
                self.ask(Ask::Advance(self.point));
            }
            Found::StepTrace(trace) => {
                (self.trace, self.stage, self.is_waiting, self.since_ms) = (Some(trace), 0, false, now_ms);
                self.elements.computing.set_hidden(true);
                self.drawn = None;
            }
            Found::Around(around) => {
                if let Some(trace) = &mut self.trace {
                    trace.turn(around);
                    self.drawn = None;
                }
            }
        }
    }

    fn ask(&self, ask: Ask) {
        if let Some(line) = &self.line {
            line.ask(&Request::Explore(encode(&Question::StepInspector(ask))));
        }
    }

    fn step(&mut self) {
        self.is_waiting = true;
        self.ask(Ask::Begin(self.updated));
        self.ask(Ask::Advance(self.point));
    }

    /// The next stage; after the last one the next step.
    fn go_on(&mut self, now_ms: f64) {
        if self.is_waiting || self.trace.is_none() {
            return;
        }
        if self.stage + 1 < self.lines().len() {
            (self.stage, self.since_ms, self.drawn) = (self.stage + 1, now_ms, None);
        } else {
            self.step();
        }
    }

    /// Looks at the average around another point.
    fn look(&mut self, point: [f64; 2]) {
        self.point = point.map(|c| c.clamp(-EDGE, EDGE));
        if self.trace.is_some() {
            self.ask(Ask::Around(self.point));
            self.stage = match self.recipe {
                Recipe::Quadrature => quadrature::TRANSFORM,
                Recipe::MonteCarlo => monte_carlo::transform(self.stage),
            };
            self.drawn = None;
        }
    }

    /// The lines of this run's recipe.
    fn lines(&self) -> &[HtmlButtonElement] {
        &self.elements.lists[self.recipe as usize].lines
    }

    fn close(&mut self) {
        (self.line, self.opening, self.trace, self.is_waiting) = (None, None, None, false);
        self.elements.computing.set_hidden(true);
        self.set_slow(false);
        self.drawn = None;
    }

    fn set_slow(&mut self, slow: bool) {
        self.is_slow = slow;
        press(&self.elements.slow, slow);
    }

    fn draw(&self, dark: bool) {
        for button in [&self.elements.next, &self.elements.slow] {
            button.set_disabled(self.trace.is_none());
        }
        for (k, List { list, .. }) in self.elements.lists.iter().enumerate() {
            list.toggle_attribute_with_force("hidden", k != self.recipe as usize).expect("the name is valid");
        }
        for (k, line) in self.lines().iter().enumerate() {
            line.set_disabled(self.trace.is_none());
            let current = if self.trace.is_some() && k == self.stage { "step" } else { "false" };
            set(line, "aria-current", current);
        }
        let canvas = Canvas::of(&self.elements.map, dark);
        let Some(trace) = &self.trace else {
            self.elements.scale.set_text_content(Some("—"));
            return;
        };
        let (scale, words) = match &trace.stages {
            Stages::Quadrature(stages) => {
                (quadrature::draw(&canvas, self.stage, stages), quadrature::words(self.stage, trace, stages))
            }
            Stages::MonteCarlo(stages) => {
                (monte_carlo::draw(&canvas, self.stage, stages), monte_carlo::words(self.stage, trace, stages))
            }
        };
        self.elements.scale.set_text_content(Some(&scale));
        self.elements.words.set_text_content(Some(&format!("Step {}. {words}", grouped(trace.step))));
    }

    /// World units under a pointer.
    fn under(&self, event: &PointerEvent) -> [f64; 2] {
        world(&self.elements.map, EDGE, client(event))
    }
}

/// A point in words.
fn place([x, y]: [f64; 2]) -> String {
    format!("({x:.2}, {y:.2})").replace('-', "−")
}
