//! Looking closely at the map: a probe under the pointer, the coupling of a pressed point, particles.

use crate::program::coupling::Coupling;
use crate::program::explorer::Explorer;
use crate::program::map::{Map, Palette};
use crate::program::particles::{ODE, Particles, SDE};
use crate::program::probe::Probe;
use crate::program::{Shared, with};
use flowsketch_core::explore::Paths;
use flowsketch_core::lattice::VIEW;
use flowsketch_web::dom::element;
use flowsketch_web::listener::Listener;
use flowsketch_web::port::Port;
use flowsketch_web::ticker::Ticker;
use flowsketch_worker::explorer::Finding;
use flowsketch_worker::tools::{Scene, Told};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, Event, HtmlElement, KeyboardEvent, PointerEvent, Window};

/// A finger that moved so far scrolls the page and presses nothing, pixels of the window.
const SCROLLED: f64 = 10.0;
/// What the keys found is said when they have rested so long, milliseconds.
const REST_MS: f64 = 700.0;

/// What holds the probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hand {
    Pointer,
    /// A finger that pressed a point.
    Finger,
    Keys,
}

pub struct Closer {
    map: Map,
    panel: HtmlElement,
    spoken: HtmlElement,
    probe: Probe,
    coupling: Coupling,
    particles: Particles,
    hand: Option<Hand>,
    /// Where the probe is, or was last, world units.
    cursor: [f64; 2],
    /// A pointer that is down moves the pressed point.
    is_dragging: bool,
    /// Where a finger came down, in the window.
    finger: Option<[f64; 2]>,
    /// When the keys moved the probe, unless that was spoken of.
    moved_ms: Option<f64>,
    /// A sentence is to be said of the coupling that comes next.
    tells_coupling: bool,
    /// And when particles that were asked for are there.
    tells_particles: bool,
    /// Something is drawn that may have to go.
    is_drawn: bool,
}

impl Closer {
    /// Puts what it needs on the page.
    pub fn new(document: &Document) -> Self {
        let status: Element = element(document, "status");
        status.insert_adjacent_html("afterend", include_str!("closer.html")).expect("the markup is valid");
        let keys: Element = element(document, "keys");
        let list = keys.query_selector("dl").ok().flatten().expect("the keys are a list");
        list.insert_adjacent_html("beforeend", include_str!("closer-keys.html")).expect("the markup is valid");
        let note = keys.query_selector("p").ok().flatten().expect("there is a note about the pad");
        let words = "On the map, arrow keys move the probe (with <kbd>Shift</kbd>: fine), <kbd>Space</kbd> or \
                     <kbd>Enter</kbd> presses the point, <kbd>Esc</kbd> lets it go.";
        note.insert_adjacent_html("afterend", &format!("<p>{words}</p>")).expect("the markup is valid");
        Self {
            map: Map::new(document),
            panel: element(document, "closer"),
            spoken: element(document, "spoken"),
            probe: Probe::new(document),
            coupling: Coupling::new(document),
            particles: Particles::new(document),
            hand: None,
            cursor: [0.0; 2],
            is_dragging: false,
            finger: None,
            moved_ms: None,
            tells_coupling: false,
            tells_particles: false,
            is_drawn: false,
        }
    }

    /// Takes what the explorer found; what the others found is none of its.
    pub fn hear(&mut self, finding: Finding, explorer: &Explorer) {
        match finding {
            Finding::Probe { point, shown, exact, .. } => {
                self.probe.hear(point, explorer.shown(), &shown, exact.as_ref());
            }
            Finding::Coupling { .. } | Finding::NoCoupling { .. } => {
                self.coupling.hear(explorer.shown(), finding);
                if std::mem::take(&mut self.tells_coupling) {
                    self.say(&self.coupling.words());
                }
            }
            Finding::Particles { launch, frame, is_last } => {
                let are_there = self.particles.hear(launch, frame, is_last);
                if are_there && std::mem::take(&mut self.tells_particles) {
                    self.say("The particles are there.");
                }
            }
            Finding::Still { .. } | Finding::Laboratory(_) | Finding::Glass(_) | Finding::Past { .. } => {}
        }
    }

    /// Takes where the page's GPU moved particles, or that it moves none.
    pub fn follow(&mut self, paths: Option<Box<Paths>>, explorer: &Explorer) {
        self.particles.follow(paths, explorer);
    }

    /// Says something, politely.
    fn say(&self, words: &str) {
        self.spoken.set_text_content(Some(words));
    }

    /// Asks for what is not known yet, and draws what is; whether that can wait for no event.
    pub fn frame(
        &mut self,
        now_ms: f64,
        window: &Window,
        scene: &Scene,
        explorer: &Explorer,
        page: &Port<Told>,
    ) -> bool {
        let point = self.hand.filter(|_| scene.is_live).map(|_| self.cursor);
        self.probe.frame(point, scene.time, explorer);
        self.coupling.frame(scene.time, explorer);
        let waits = self.particles.frame(now_ms, scene, explorer, page);
        self.particles.tell(scene.time);
        self.draw(point, window, scene);
        if self.moved_ms.take_if(|moved| now_ms - *moved > REST_MS).is_some()
            && let Some(words) = self.probe.words()
        {
            self.say(&words);
        }
        waits || self.moved_ms.is_some()
    }

    fn draw(&mut self, point: Option<[f64; 2]>, window: &Window, scene: &Scene) {
        let is_wanted = point.is_some() || self.coupling.pin().is_some() || self.particles.are_shown();
        if !is_wanted && !self.is_drawn {
            return;
        }
        self.is_drawn = is_wanted;
        let (sheet, palette) = (self.map.clear(window.device_pixel_ratio()), Palette::of(scene.is_dark));
        self.particles.draw(&sheet, &palette, scene.time);
        self.coupling.draw(&sheet, &palette);
        if let Some(point) = point.filter(|point| self.coupling.pin() != Some(*point)) {
            sheet.aim(point, &palette);
        }
    }

    /// A point is pressed, or let go.
    fn press(&mut self, point: [f64; 2]) {
        self.coupling.press(point);
        self.open();
        self.tells_coupling = self.coupling.pin().is_some();
        if !self.tells_coupling {
            self.say("Let go.");
        }
    }

    fn let_go(&mut self) {
        if self.coupling.pin().is_some() {
            self.coupling.release();
            self.say("Let go.");
        }
        if self.hand == Some(Hand::Finger) {
            self.hand = None;
        }
    }

    /// Shows the numbers and buttons of what is on the map.
    fn open(&self) {
        self.panel.set_attribute("open", "").expect("the name of the attribute is valid");
    }

    fn toggle(&mut self, cloud: usize) {
        let is_on = self.particles.toggle(cloud);
        self.tells_particles |= is_on;
        self.open();
        let name = if cloud == ODE { "without noise" } else { "with noise" };
        self.say(&format!("Particles {name} {}.", if is_on { "set out" } else { "are gone" }));
    }

    /// A key on the map; whether it is one of its own.
    fn key(&mut self, event: &KeyboardEvent, now_ms: f64) -> bool {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return false;
        }
        let by = if event.shift_key() { 0.02 } else { 0.1 };
        let by = match event.key().as_str() {
            "ArrowLeft" => [-by, 0.0],
            "ArrowRight" => [by, 0.0],
            "ArrowUp" => [0.0, by],
            "ArrowDown" => [0.0, -by],
            " " | "Enter" => {
                if !event.repeat() {
                    self.press(self.cursor);
                }
                return true;
            }
            "Escape" => {
                self.let_go();
                return true;
            }
            _ => return false,
        };
        self.cursor = [0, 1].map(|axis| (self.cursor[axis] + by[axis]).clamp(-VIEW, VIEW));
        (self.hand, self.moved_ms) = (Some(Hand::Keys), Some(now_ms));
        true
    }
}

/// Runs `act` on it, and asks for a frame.
fn act(tools: &Shared, ticker: &Ticker, act: impl FnOnce(&mut Closer)) {
    with(tools, |tools| act(&mut tools.closer));
    ticker.wake();
}

pub fn wire(tools: &Shared, ticker: &Rc<Ticker>, listeners: &mut Vec<Listener>) {
    wire_pointer(tools, ticker, listeners);
    wire_keys(tools, ticker, listeners);
    let state = tools.borrow();
    let Closer { coupling, particles, .. } = &state.closer;
    let mut button = |element: &HtmlElement, kind, change: fn(&mut Closer)| {
        let (tools, ticker) = (Rc::clone(tools), Rc::clone(ticker));
        listeners.push(Listener::new(element, kind, move |_: Event| act(&tools, &ticker, change)));
    };
    button(&particles.toggles[ODE], "click", |closer| closer.toggle(ODE));
    button(&particles.toggles[SDE], "click", |closer| closer.toggle(SDE));
    button(&particles.directions[0], "click", |closer| closer.particles.turn(false));
    button(&particles.directions[1], "click", |closer| closer.particles.turn(true));
    button(&particles.count, "change", |closer| closer.particles.choose_count());
    button(&particles.trails, "change", |_| {});
    button(&coupling.let_go, "click", Closer::let_go);
    for (element, given) in &coupling.given_buttons {
        let (tools, ticker, given) = (Rc::clone(tools), Rc::clone(ticker), *given);
        listeners.push(Listener::new(element, "click", move |_: Event| {
            act(&tools, &ticker, |closer| closer.coupling.give(given));
        }));
    }
    // The map has another size: its pixels too.
    let waking = Rc::clone(ticker);
    listeners.push(Listener::new(&state.window, "resize", move |_: Event| waking.wake()));
}

fn wire_pointer(tools: &Shared, ticker: &Rc<Ticker>, listeners: &mut Vec<Listener>) {
    let canvas = tools.borrow().closer.map.canvas.clone();
    let place = |event: &PointerEvent| [f64::from(event.client_x()), f64::from(event.client_y())];
    let mut on = |kind, change: fn(&mut Closer, &PointerEvent, [f64; 2])| {
        let (tools, ticker) = (Rc::clone(tools), Rc::clone(ticker));
        listeners.push(Listener::new(&canvas, kind, move |event: PointerEvent| {
            act(&tools, &ticker, |closer| change(closer, &event, place(&event)));
        }));
    };
    on("pointerdown", |closer, event, place| {
        if !event.is_primary() || event.button() != 0 {
            return;
        }
        if event.pointer_type() == "touch" {
            closer.finger = Some(place);
            return;
        }
        // A pointer that is gone already cannot be captured, and need not be.
        _ = closer.map.canvas.set_pointer_capture(event.pointer_id());
        (closer.hand, closer.cursor) = (Some(Hand::Pointer), closer.map.world(place));
        closer.press(closer.cursor);
        closer.is_dragging = closer.coupling.pin().is_some();
    });
    on("pointermove", |closer, event, place| {
        if event.pointer_type() == "touch" {
            return;
        }
        let point = closer.map.world(place);
        (closer.hand, closer.cursor) = (Some(Hand::Pointer), point.map(|c| c.clamp(-VIEW, VIEW)));
        if closer.is_dragging {
            closer.coupling.hold(closer.cursor);
        }
    });
    on("pointerup", |closer, event, place| {
        closer.is_dragging = false;
        let near = |from: [f64; 2]| (place[0] - from[0]).hypot(place[1] - from[1]) < SCROLLED;
        if event.pointer_type() == "touch" && closer.finger.take().is_some_and(near) {
            closer.cursor = closer.map.world(place);
            closer.press(closer.cursor);
            closer.hand = closer.coupling.pin().map(|_| Hand::Finger);
        }
    });
    on("pointercancel", |closer, _, _| (closer.is_dragging, closer.finger) = (false, None));
    on("pointerleave", |closer, event, _| {
        if event.pointer_type() != "touch" && closer.hand == Some(Hand::Pointer) {
            closer.hand = None;
        }
    });
    // A pointer does not take the focus: the keys stay those of the page.
    listeners.push(Listener::new(&canvas, "mousedown", move |event: Event| event.prevent_default()));
}

fn wire_keys(tools: &Shared, ticker: &Rc<Ticker>, listeners: &mut Vec<Listener>) {
    let (canvas, document, window) = {
        let state = tools.borrow();
        (state.closer.map.canvas.clone(), state.document.clone(), state.window.clone())
    };
    let (shared, waking) = (Rc::clone(tools), Rc::clone(ticker));
    listeners.push(Listener::new(&canvas, "keydown", move |event: KeyboardEvent| {
        let now_ms = window.performance().map_or(0.0, |performance| performance.now());
        act(&shared, &waking, |closer| {
            if closer.key(&event, now_ms) {
                event.prevent_default();
                event.stop_propagation();
            }
        });
    }));
    let (shared, waking, own) = (Rc::clone(tools), Rc::clone(ticker), canvas.clone());
    listeners.push(Listener::new(&canvas, "focus", move |_: Event| {
        if own.matches(":focus-visible").unwrap_or(true) {
            act(&shared, &waking, |closer| closer.hand = Some(Hand::Keys));
        }
    }));
    let (shared, waking) = (Rc::clone(tools), Rc::clone(ticker));
    listeners.push(Listener::new(&canvas, "blur", move |_: Event| {
        act(&shared, &waking, |closer| closer.hand = closer.hand.filter(|hand| *hand != Hand::Keys));
    }));
    let (shared, waking) = (Rc::clone(tools), Rc::clone(ticker));
    listeners.push(Listener::new(&document, "keydown", move |event: KeyboardEvent| {
        let takes_text = "dialog, select, textarea, input:not([type=range]):not([type=checkbox])";
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let is_text = target.is_some_and(|target| target.closest(takes_text).ok().flatten().is_some());
        if is_text || event.ctrl_key() || event.meta_key() || event.alt_key() || event.repeat() {
            return;
        }
        match event.key().to_ascii_lowercase().as_str() {
            "o" => act(&shared, &waking, |closer| closer.toggle(ODE)),
            "s" => act(&shared, &waking, |closer| closer.toggle(SDE)),
            "escape" => act(&shared, &waking, Closer::let_go),
            _ => {}
        }
    }));
}
