//! Looking closely at the map: a probe under the pointer, the coupling of a pressed point, particles.

pub mod listeners;

use crate::program::coupling::Coupling;
use crate::program::inspection_worker::InspectionWorker;
use crate::program::map::{Map, Palette};
use crate::program::particles::{ODE, Particles};
use crate::program::probe::Probe;
use flowsketch_core::explore::Trajectories;
use flowsketch_core::lattice::VIEW;
use flowsketch_protocol::inspection::Finding;
use flowsketch_protocol::panels::{FromPage, Scene};
use flowsketch_web::dom::element;
use flowsketch_web::port::Port;
use web_sys::{Document, Element, HtmlElement, KeyboardEvent, Window};

/// A finger that moved this far scrolls the page and presses nothing, pixels of the window.
const SCROLLED: f64 = 10.0;
/// The values under a probe that keys moved are spoken after this long without a key, milliseconds.
const REST_MS: f64 = 700.0;

/// What moves the probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hand {
    Pointer,
    /// A finger that pressed a point.
    Finger,
    Keys,
}

pub struct Inspector {
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
    /// When the keys moved the probe, until the values there are spoken.
    moved_ms: Option<f64>,
    /// Whether the next coupling is to be spoken.
    tells_coupling: bool,
    /// Whether it is to be spoken that the particles are there.
    tells_particles: bool,
    /// Whether something is drawn that may have to be cleared.
    is_drawn: bool,
}

impl Inspector {
    /// Adds its markup to the page.
    pub fn new(document: &Document) -> Self {
        let status: Element = element(document, "status");
        status.insert_adjacent_html("afterend", markup!("inspector/panel.html")).expect("the markup is valid");
        let keys: Element = element(document, "keys");
        let list = keys.query_selector("dl").ok().flatten().expect("the keys are a list");
        list.insert_adjacent_html("beforeend", markup!("inspector/keys.html")).expect("the markup is valid");
        let note = keys.query_selector("p").ok().flatten().expect("there is a note about the pad");
        let words = "On the map, arrow keys move the probe (with <kbd>Shift</kbd>: fine), <kbd>Space</kbd> or \
                     <kbd>Enter</kbd> presses the point, <kbd>Esc</kbd> lets it go.";
        note.insert_adjacent_html("afterend", &format!("<p>{words}</p>")).expect("the markup is valid");
        Self {
            map: Map::new(document),
            panel: element(document, "inspector"),
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

    /// Takes what the worker found; findings for other panels are ignored.
    pub fn hear(&mut self, finding: Finding, worker: &InspectionWorker) {
        match finding {
            Finding::Probe { point, shown, exact, .. } => {
                self.probe.hear(point, worker.shown(), &shown, exact.as_ref());
            }
            Finding::Coupling { .. } | Finding::NoCoupling { .. } => {
                self.coupling.hear(worker.shown(), finding);
                if std::mem::take(&mut self.tells_coupling) {
                    self.say(&self.coupling.words());
                }
            }
            Finding::Particles { config, frame, is_last } => {
                let are_there = self.particles.hear(config, frame, is_last);
                if are_there && std::mem::take(&mut self.tells_particles) {
                    self.say("The particles are there.");
                }
            }
            Finding::Still { .. }
            | Finding::Laboratory(_)
            | Finding::StepInspector(_)
            | Finding::Past { .. }
            | Finding::Judged(_) => {}
        }
    }

    /// Takes the paths of particles from the page's GPU; none if it moves none.
    pub fn follow(&mut self, paths: Option<Box<Trajectories>>, worker: &InspectionWorker) {
        self.particles.follow(paths, worker);
    }

    /// Says something to screen readers, in a polite live region.
    fn say(&self, words: &str) {
        self.spoken.set_text_content(Some(words));
    }

    /// Asks for what is not known yet, and draws what is; returns whether another frame is needed without an event.
    pub fn frame(
        &mut self,
        now_ms: f64,
        window: &Window,
        scene: &Scene,
        worker: &InspectionWorker,
        page: &Port<FromPage>,
    ) -> bool {
        let point = self.hand.filter(|_| scene.is_live).map(|_| self.cursor);
        self.probe.frame(point, scene.time, worker);
        self.coupling.frame(scene.time, worker);
        let waits = self.particles.frame(now_ms, scene, worker, page);
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

    /// Opens the section with the numbers and buttons of what is on the map.
    fn open(&self) {
        self.panel.set_attribute("open", "").expect("the name of the attribute is valid");
    }

    fn toggle(&mut self, cloud: usize) {
        let is_on = self.particles.toggle(cloud);
        self.tells_particles |= is_on;
        self.open();
        let name = if cloud == ODE { "without noise" } else { "with noise" };
        self.say(&format!("Particles {name} {}.", if is_on { "start" } else { "are removed" }));
    }

    /// A key on the map; returns whether it has a meaning here.
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
