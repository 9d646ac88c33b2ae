//! One training step in slow motion: a copy of the page's run in a worker of its own, stage by stage.

use crate::program::{Shared, Tools, standing, with};
use flowsketch_core::glass::{Average, Field, Half, Slide};
use flowsketch_core::style::Style;
use flowsketch_web::dom::{element, press, set, world};
use flowsketch_web::ink;
use flowsketch_web::line::{EXPLORER, Inbox, Line};
use flowsketch_web::listener::Listener;
use flowsketch_web::number::{grouped, shown};
use flowsketch_worker::explorer::{Finding, Question};
use flowsketch_worker::glass::{Ask, Found};
use flowsketch_worker::protocol::{Answer, Request};
use flowsketch_worker::take::Standing;
use flowsketch_worker::tools::Scene;
use std::f64::consts::TAU;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    CanvasRenderingContext2d, Document, Element, Event, HtmlButtonElement, HtmlCanvasElement, HtmlElement,
    KeyboardEvent, PointerEvent,
};

/// World units from the middle of the map to its edge.
const EDGE: f64 = 4.5;
/// In slow motion each stage stays so long, milliseconds.
const STAGE_MS: f64 = 2_500.0;
/// By how much a key moves y, world units.
const NUDGE: f64 = 0.3;

/// The lines of the algorithm, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Batch,
    Potential,
    Transform,
    Slope,
    MovePhi,
    Miss,
    MovePsi,
}

const STAGES: [Stage; 7] =
    [Stage::Batch, Stage::Potential, Stage::Transform, Stage::Slope, Stage::MovePhi, Stage::Miss, Stage::MovePsi];

pub struct GlassPanel {
    panel: Element,
    map: HtmlCanvasElement,
    scale: HtmlElement,
    lines: Vec<HtmlButtonElement>,
    words: HtmlElement,
    next: HtmlButtonElement,
    slow: HtmlButtonElement,
    again: HtmlButtonElement,
    halves: [(HtmlButtonElement, Half); 3],
    line: Option<Line>,
    /// What the worker is asked once it listens.
    opening: Option<Box<Standing>>,
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

impl GlassPanel {
    pub fn new(document: &Document) -> Self {
        let lines = document.query_selector_all("#glass-lines button").expect("the selector is valid");
        let halves = [("glass-both", Half::Both), ("glass-phi", Half::Phi), ("glass-psi", Half::Psi)];
        Self {
            panel: element(document, "glass"),
            map: element(document, "glass-map"),
            scale: element(document, "glass-scale"),
            lines: (0..lines.length()).filter_map(|k| lines.get(k)).map(JsCast::unchecked_into).collect(),
            words: element(document, "glass-words"),
            next: element(document, "glass-next"),
            slow: element(document, "glass-slow"),
            again: element(document, "glass-again"),
            halves: halves.map(|(id, half)| (element(document, id), half)),
            line: None,
            opening: None,
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
                Answer::Explored(Finding::Glass(Found::Slide(slide))) => {
                    (self.slide, self.stage, self.is_waiting, self.since_ms) = (Some(slide), 0, false, now_ms);
                    self.drawn = None;
                }
                Answer::Explored(Finding::Glass(Found::Average(average))) => {
                    if let Some(slide) = &mut self.slide {
                        slide.average = average;
                        self.drawn = None;
                    }
                }
                Answer::Explored(Finding::Glass(Found::Refused(sentence))) => return Err(sentence),
                // It is asked nothing else.
                _ => {}
            }
        }
        Ok(())
    }

    fn ask(&self, ask: Ask) {
        if let Some(line) = &self.line {
            line.ask(&Request::Explore(Question::Glass(ask)));
        }
    }

    fn step(&mut self) {
        self.is_waiting = true;
        self.ask(Ask::Step { half: self.half, point: self.point });
    }

    /// The next stage; after the last one the next step.
    fn go_on(&mut self, now_ms: f64) {
        if self.is_waiting || self.slide.is_none() {
            return;
        }
        if self.stage + 1 < STAGES.len() {
            (self.stage, self.since_ms, self.drawn) = (self.stage + 1, now_ms, None);
        } else {
            self.step();
        }
    }

    /// Looks at the average around another point.
    fn look(&mut self, point: [f64; 2]) {
        self.point = point.map(|c| c.clamp(-EDGE, EDGE));
        if self.slide.is_some() {
            self.ask(Ask::Average(self.point));
            self.stage = STAGES.iter().position(|stage| *stage == Stage::Transform).unwrap_or_default();
            self.drawn = None;
        }
    }

    fn close(&mut self) {
        (self.line, self.opening, self.slide, self.is_waiting) = (None, None, None, false);
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
        for (k, line) in self.lines.iter().enumerate() {
            line.set_disabled(self.slide.is_none());
            let current = if self.slide.is_some() && k == self.stage { "step" } else { "false" };
            set(line, "aria-current", current);
        }
        let canvas = Canvas::of(&self.map, dark);
        let Some(slide) = &self.slide else {
            self.scale.set_text_content(Some("—"));
            return;
        };
        let stage = STAGES[self.stage];
        let scale = match stage {
            Stage::Batch => {
                canvas.points(&slide.batch);
                "Dots: the points.".into()
            }
            Stage::Potential => canvas.level(&slide.phi),
            Stage::Transform => canvas.average(&slide.average),
            Stage::Slope => canvas.difference(&slide.slope, ""),
            Stage::MovePhi => canvas.difference(&slide.phi_change, " units of cost"),
            Stage::Miss => canvas.difference(&slide.miss, " units of cost"),
            Stage::MovePsi => canvas.difference(&slide.psi_change, " units of cost"),
        };
        self.scale.set_text_content(Some(&scale));
        let words = format!("Step {}. {}", grouped(slide.step), words(stage, slide, self.half));
        self.words.set_text_content(Some(&words));
    }

    /// World units under a pointer.
    fn place(&self, event: &PointerEvent) -> [f64; 2] {
        world(&self.map, EDGE, [event.client_x(), event.client_y()].map(f64::from))
    }
}

/// What a stage does, in a line.
fn words(stage: Stage, slide: &Slide, half: Half) -> String {
    let fixed = |value: f64| format!("{value:.2}").replace('-', "−");
    match stage {
        Stage::Batch => {
            format!("{} fresh points of the source, spread evenly over its mass.", grouped(slide.batch.len() as u64))
        }
        Stage::Potential => {
            let nodes = grouped(slide.phi.values.len() as u64);
            format!("φ at the points, and at {nodes} nodes of a lattice that is shifted at random in each step.")
        }
        Stage::Transform => {
            let Average { y, transform, .. } = &slide.average;
            let place = format!("({}, {})", fixed(y[0]), fixed(y[1]));
            format!(
                "At y = {place} (the cross) each node counts by its φ and by how near it is: the larger its disc, the more. \
                That average gives the transform there, {} units of cost. Choose another y on the map, or with the arrow keys.",
                shown(*transform)
            )
        }
        Stage::Slope => {
            "Where the source has more mass than the flow at t = 0, φ shall rise; where it has less, fall.".into()
        }
        Stage::MovePhi if half == Half::Psi => "This step leaves φ alone.".into(),
        Stage::MovePhi => {
            let [before, after] = slide.dual.map(shown);
            let rate = shown(slide.learning_rate);
            format!(
                "The network follows as it can, at a learning rate of {rate}: J at these points goes from {before} to {after}."
            )
        }
        Stage::Miss => {
            "How far ψ is below the transform of φ: what its network is fitted to, at the nodes of the second lattice."
                .into()
        }
        Stage::MovePsi if half == Half::Phi => "This step leaves ψ alone.".into(),
        Stage::MovePsi => {
            let [before, after] = slide.loss.map(shown);
            format!("The mean square of what ψ misses, in nats², goes from {before} to {after}.")
        }
    }
}

/// The map, in world units.
struct Canvas {
    context: CanvasRenderingContext2d,
    pixels: f64,
    dark: bool,
}

impl Canvas {
    /// Empty.
    fn of(map: &HtmlCanvasElement, dark: bool) -> Self {
        let context = ink::context(map).expect("a canvas without another context has a 2-D one");
        let side = f64::from(map.width());
        context.clear_rect(0.0, 0.0, side, side);
        Self { context, pixels: side / (2.0 * EDGE), dark }
    }

    fn at(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [self.pixels * (x + EDGE), self.pixels * (EDGE - y)]
    }

    fn colour(&self, [r, g, b]: [u8; 3]) {
        self.context.set_fill_style_str(&format!("rgb({r},{g},{b})"));
    }

    fn ink(&self) -> &'static str {
        if self.dark { "#e9ebee" } else { "#1a1d21" }
    }

    fn disc(&self, point: [f64; 2], radius: f64) {
        let [x, y] = self.at(point);
        self.context.begin_path();
        // An angle from 0 to 2π is always valid.
        _ = self.context.arc(x, y, radius, 0.0, TAU);
        self.context.fill();
    }

    fn points(&self, points: &[[f32; 2]]) {
        self.context.set_fill_style_str(self.ink());
        points.iter().for_each(|point| self.disc(point.map(f64::from), 1.7));
    }

    /// A cell for each node.
    fn cells(&self, field: &Field, colour: impl Fn(f64) -> [u8; 3]) {
        // Neighbours overlap a little, so that no line shows between them.
        let side = self.pixels * field.spacing + 0.7;
        for (point, value) in nodes(field) {
            let [x, y] = self.at(point);
            self.colour(colour(value));
            self.context.fill_rect(x - 0.5 * side, y - 0.5 * side, side, side);
        }
    }

    fn level(&self, field: &Field) -> String {
        let low = nodes(field).map(|(_, value)| value).fold(f64::INFINITY, f64::min);
        let high = nodes(field).map(|(_, value)| value).fold(f64::NEG_INFINITY, f64::max);
        let range = (high - low).max(f64::MIN_POSITIVE);
        self.cells(field, |value| Style::colour(self.dark, (value - low) / range));
        format!("Colours from {} to {} units of cost.", shown(low), shown(high))
    }

    fn difference(&self, field: &Field, unit: &str) -> String {
        let most = nodes(field).map(|(_, value)| value.abs()).fold(f64::MIN_POSITIVE, f64::max);
        self.cells(field, |value| Style::difference_colour(self.dark, 0.5 + 0.5 * value / most));
        if most <= f64::MIN_POSITIVE {
            return "No change.".into();
        }
        format!("Colours from {} to {}{unit}; warm ones are above 0.", shown(-most), shown(most))
    }

    fn average(&self, average: &Average) -> String {
        let field = &average.weights;
        let most = nodes(field).map(|(_, share)| share).fold(f64::MIN_POSITIVE, f64::max);
        let largest = 0.5 * self.pixels * field.spacing;
        self.context.set_fill_style_str(if self.dark { "#86bbf7" } else { "#174f8a" });
        for (point, share) in nodes(field) {
            self.disc(point, (largest * (share / most).sqrt()).max(0.7));
        }
        let [x, y] = self.at(average.y);
        self.context.set_stroke_style_str(if self.dark { "#ffb65c" } else { "#b04a00" });
        self.context.set_line_width(3.0);
        self.context.begin_path();
        for [dx, dy] in [[8.0, 0.0], [0.0, 8.0]] {
            self.context.move_to(x - dx, y - dy);
            self.context.line_to(x + dx, y + dy);
        }
        self.context.stroke();
        format!("The largest disc is {} of the average.", shown(most))
    }
}

fn nodes(field: &Field) -> impl Iterator<Item = ([f64; 2], f64)> {
    let Field { origin, spacing, count, values } = field;
    values.iter().enumerate().map(move |(k, &value)| {
        let point = [origin[0] + spacing * (k / count) as f64, origin[1] + spacing * (k % count) as f64];
        (point, f64::from(value))
    })
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
    for (k, line) in glass.lines.iter().enumerate() {
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
                let point = tools.glass.place(&event);
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
