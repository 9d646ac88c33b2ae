//! One training step in slow motion: a copy of the page's run in a worker of its own, stage by stage.

mod canvas;
mod monte_carlo;
mod quadrature;

use crate::program::{Shared, Tools, standing, with};
use canvas::{Canvas, EDGE};
use flowsketch_core::config::Recipe;
use flowsketch_core::glass::{Half, Slide, Stages};
use flowsketch_web::dom::{element, press, set, world};
use flowsketch_web::line::{EXPLORER, Inbox, Line};
use flowsketch_web::listener::Listener;
use flowsketch_web::number::grouped;
use flowsketch_worker::explorer::{Finding, Question};
use flowsketch_worker::glass::{Ask, Found};
use flowsketch_worker::protocol::{Answer, Request, decode, encode};
use flowsketch_worker::take::Standing;
use flowsketch_worker::tools::Scene;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    Document, Element, Event, HtmlButtonElement, HtmlCanvasElement, HtmlElement, HtmlProgressElement, KeyboardEvent,
    PointerEvent,
};

/// In slow motion each stage stays so long, milliseconds.
const STAGE_MS: f64 = 2_500.0;
/// By how much a key moves y, world units.
const NUDGE: f64 = 0.3;

pub struct GlassPanel {
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
    halves: [(HtmlButtonElement, Half); 3],
    line: Option<Line>,
    /// What the worker is asked once it listens.
    opening: Option<Box<Standing>>,
    recipe: Recipe,
    half: Half,
    /// Where the average is looked at.
    point: [f64; 2],
    slide: Option<Box<Slide>>,
    stage: usize,
    is_waiting: bool,
    is_slow: bool,
    since_ms: f64,
    /// The colours of what is drawn; none where it has to be drawn again.
    drawn: Option<bool>,
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

impl GlassPanel {
    pub fn new(document: &Document) -> Self {
        let halves = [("glass-both", Half::Both), ("glass-phi", Half::Phi), ("glass-psi", Half::Psi)];
        Self {
            panel: element(document, "glass"),
            map: element(document, "glass-map"),
            scale: element(document, "glass-scale"),
            lists: ["glass-quadrature", "glass-paper"].map(|id| List::new(document, id)),
            words: element(document, "glass-words"),
            computing: element(document, "glass-computing"),
            share: element(document, "glass-share"),
            next: element(document, "glass-next"),
            slow: element(document, "glass-slow"),
            again: element(document, "glass-again"),
            halves: halves.map(|(id, half)| (element(document, id), half)),
            line: None,
            opening: None,
            recipe: Recipe::Quadrature,
            half: Half::Both,
            point: [1.0, 0.5],
            slide: None,
            stage: 0,
            is_waiting: false,
            is_slow: false,
            since_ms: 0.0,
            drawn: None,
        }
    }

    /// Takes what is new, goes on in slow motion, and draws; whether another frame is needed, although nothing new comes.
    pub fn frame(&mut self, now_ms: f64, scene: &Scene) -> bool {
        if !self.panel.has_attribute("open") {
            return false;
        }
        if let Err(sentence) = self.receive(now_ms) {
            self.close();
            self.words.set_text_content(Some(&sentence));
        }
        if self.is_slow && self.slide.is_some() && !self.is_waiting && now_ms - self.since_ms > STAGE_MS {
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
                    if let Some(standing) = self.opening.take() {
                        self.ask(Ask::Open(standing));
                        self.step();
                    }
                }
                Answer::Explored(bytes) => {
                    if let Some(Finding::Glass(found)) = decode(&bytes) {
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
                self.computing.set_hidden(false);
                self.share.set_value(share);
                self.ask(Ask::Advance(self.point));
            }
            Found::Slide(slide) => {
                (self.slide, self.stage, self.is_waiting, self.since_ms) = (Some(slide), 0, false, now_ms);
                self.computing.set_hidden(true);
                self.drawn = None;
            }
            Found::Around(around) => {
                if let Some(slide) = &mut self.slide {
                    slide.turn(around);
                    self.drawn = None;
                }
            }
        }
    }

    fn ask(&self, ask: Ask) {
        if let Some(line) = &self.line {
            line.ask(&Request::Explore(encode(&Question::Glass(ask))));
        }
    }

    fn step(&mut self) {
        self.is_waiting = true;
        self.ask(Ask::Begin(self.half));
        self.ask(Ask::Advance(self.point));
    }

    /// The next stage; after the last one the next step.
    fn go_on(&mut self, now_ms: f64) {
        if self.is_waiting || self.slide.is_none() {
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
        if self.slide.is_some() {
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
        &self.lists[self.recipe as usize].lines
    }

    fn close(&mut self) {
        (self.line, self.opening, self.slide, self.is_waiting) = (None, None, None, false);
        self.computing.set_hidden(true);
        self.set_slow(false);
        self.drawn = None;
    }

    fn set_slow(&mut self, slow: bool) {
        self.is_slow = slow;
        press(&self.slow, slow);
    }

    fn draw(&self, dark: bool) {
        for button in [&self.next, &self.slow] {
            button.set_disabled(self.slide.is_none());
        }
        for (k, List { list, .. }) in self.lists.iter().enumerate() {
            list.toggle_attribute_with_force("hidden", k != self.recipe as usize).expect("the name is valid");
        }
        for (k, line) in self.lines().iter().enumerate() {
            line.set_disabled(self.slide.is_none());
            let current = if self.slide.is_some() && k == self.stage { "step" } else { "false" };
            set(line, "aria-current", current);
        }
        let canvas = Canvas::of(&self.map, dark);
        let Some(slide) = &self.slide else {
            self.scale.set_text_content(Some("—"));
            return;
        };
        let (scale, words) = match &slide.stages {
            Stages::Quadrature(stages) => {
                (quadrature::draw(&canvas, self.stage, stages), quadrature::words(self.stage, slide, stages))
            }
            Stages::MonteCarlo(stages) => {
                (monte_carlo::draw(&canvas, self.stage, stages), monte_carlo::words(self.stage, slide, stages))
            }
        };
        self.scale.set_text_content(Some(&scale));
        self.words.set_text_content(Some(&format!("Step {}. {words}", grouped(slide.step))));
    }

    /// World units under a pointer.
    fn under(&self, event: &PointerEvent) -> [f64; 2] {
        world(&self.map, EDGE, [event.client_x(), event.client_y()].map(f64::from))
    }
}

/// A point in words.
fn place([x, y]: [f64; 2]) -> String {
    format!("({x:.2}, {y:.2})").replace('-', "−")
}

/// Puts a copy of the page's run under glass.
async fn open(tools: Shared) {
    let Some(window) = with(&tools, |tools| tools.window.clone()) else { return };
    let standing = standing(&tools, &window).await;
    with(&tools, |tools| {
        let ticker = Rc::clone(&tools.ticker);
        let glass = &mut tools.glass;
        glass.close();
        let opened = standing.ok_or("There is no run to be looked at.".to_owned()).and_then(|standing| {
            let waking = Rc::clone(&ticker);
            glass.line = Some(Line::open(EXPLORER, Rc::new(move || waking.wake()))?);
            glass.recipe = standing.config.recipe;
            glass.opening = Some(Box::new(standing));
            Ok(())
        });
        let words = match &opened {
            Ok(()) => "Copying the page’s run.",
            Err(sentence) => sentence,
        };
        glass.words.set_text_content(Some(words));
        ticker.wake();
    });
}

pub fn wire(tools: &Shared, listeners: &mut Vec<Listener>) {
    let state = tools.borrow();
    let glass = &state.glass;
    // What a click does, and a frame shows.
    let mut click = |target: &HtmlButtonElement, act: Box<dyn Fn(&mut Tools)>| {
        let shared = Rc::clone(tools);
        listeners.push(Listener::new(target, "click", move |_: Event| {
            with(&shared, |tools| {
                act(tools);
                tools.ticker.wake();
            });
        }));
    };
    let now_ms = |tools: &Tools| tools.window.performance().map_or(0.0, |performance| performance.now());
    click(
        &glass.next,
        Box::new(move |tools| {
            let now_ms = now_ms(tools);
            tools.glass.set_slow(false);
            tools.glass.go_on(now_ms);
        }),
    );
    click(
        &glass.slow,
        Box::new(|tools| {
            let slow = !tools.glass.is_slow;
            tools.glass.set_slow(slow);
        }),
    );
    for (k, line) in glass.lists.iter().flat_map(|list| list.lines.iter().enumerate()) {
        click(
            line,
            Box::new(move |tools| {
                tools.glass.set_slow(false);
                (tools.glass.stage, tools.glass.drawn) = (k, None);
            }),
        );
    }
    for (button, half) in &glass.halves {
        let half = *half;
        click(
            button,
            Box::new(move |tools| {
                let glass = &mut tools.glass;
                glass.half = half;
                for (button, other) in &glass.halves {
                    press(button, *other == half);
                }
                // What is chosen is seen at once.
                if glass.slide.is_some() && !glass.is_waiting {
                    glass.step();
                }
            }),
        );
    }
    let shared = Rc::clone(tools);
    listeners.push(Listener::new(&glass.again, "click", move |_: Event| spawn_local(open(Rc::clone(&shared)))));
    let shared = Rc::clone(tools);
    listeners.push(Listener::new(&glass.map, "pointerdown", move |event: PointerEvent| {
        if event.is_primary() && event.button() == 0 {
            with(&shared, |tools| {
                let point = tools.glass.under(&event);
                tools.glass.look(point);
                tools.ticker.wake();
            });
        }
    }));
    let shared = Rc::clone(tools);
    listeners.push(Listener::new(&glass.map, "keydown", move |event: KeyboardEvent| {
        let by = match event.key().as_str() {
            "ArrowLeft" => [-NUDGE, 0.0],
            "ArrowRight" => [NUDGE, 0.0],
            "ArrowUp" => [0.0, NUDGE],
            "ArrowDown" => [0.0, -NUDGE],
            _ => return,
        };
        event.prevent_default();
        // The page's own keys move t and epsilon.
        event.stop_propagation();
        with(&shared, |tools| {
            let [x, y] = tools.glass.point;
            tools.glass.look([x + by[0], y + by[1]]);
            tools.ticker.wake();
        });
    }));
    // A closed panel costs nothing.
    let shared = Rc::clone(tools);
    listeners.push(Listener::new(&glass.panel, "toggle", move |_: Event| {
        let is_open = with(&shared, |tools| {
            let is_open = tools.glass.panel.has_attribute("open");
            if !is_open {
                tools.glass.close();
            }
            is_open
        });
        if is_open == Some(true) {
            spawn_local(open(Rc::clone(&shared)));
        }
    }));
}
