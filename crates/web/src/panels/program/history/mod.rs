//! The history of the page's run: entries kept while it trains, which can be shown over the map and continued from.

pub mod listeners;

use crate::program::inspection_worker::InspectionWorker;
use flowsketch_core::checkpoint::Checkpoint;
use flowsketch_core::style::Style;
use flowsketch_protocol::export::RunSnapshot;
use flowsketch_protocol::inspection::Question;
use flowsketch_protocol::panels::{Scene, ToPage};
use flowsketch_web::density_canvas;
use flowsketch_web::dom::{element, set};
use flowsketch_web::number::grouped;
use flowsketch_worker::history::{History as Entries, HistoryEntry};
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlButtonElement, HtmlCanvasElement, HtmlElement, HtmlInputElement};

/// Least time between two entries, milliseconds; a worker sends checkpoints no more often.
const INTERVAL_MS: f64 = 3_000.0;
/// Pixels of a side of the map of the past.
const SIDE: u32 = 480;

pub struct History {
    slider: HtmlInputElement,
    fork: HtmlButtonElement,
    now: HtmlButtonElement,
    state: HtmlElement,
    /// A canvas over the map, and a label on it, while an earlier step is shown.
    map: HtmlCanvasElement,
    mark: HtmlElement,
    entries: Entries,
    /// Source and target of the run.
    ends: [String; 2],
    /// When a checkpoint was requested last, and at which step.
    asked_ms: f64,
    asked_step: Option<u64>,
    /// The step that is shown; none while the map shows the run as it is.
    shown: Option<u64>,
    /// The step of the entry that the worker has, and t and theme of the picture that it was asked for.
    recalled: Option<u64>,
    drawn: Option<(f64, bool)>,
    is_waiting: bool,
    /// What the panel says now.
    said: String,
}

impl History {
    pub fn new(document: &Document) -> Self {
        // Below the map, so that one view has both.
        let inspector: Element = element(document, "inspector");
        inspector.insert_adjacent_html("afterend", markup!("history/panel.html")).expect("the markup is valid");
        let flow: Element = element(document, "flow");
        let made = |name: &str| document.create_element(name).expect("the name is that of an element");
        let (map, mark) = (made("canvas"), made("span"));
        set(&map, "id", "past");
        set(&map, "role", "img");
        set(&mark, "class", "past-mark");
        for element in [&mark, &map] {
            set(element, "hidden", "");
            flow.insert_adjacent_element("afterend", element).expect("the flow has a place on the page");
        }
        Self {
            slider: element(document, "history-moment"),
            fork: element(document, "history-fork"),
            now: element(document, "history-now"),
            state: element(document, "history-state"),
            map: map.unchecked_into(),
            mark: mark.unchecked_into(),
            entries: Entries::default(),
            ends: Default::default(),
            asked_ms: f64::NEG_INFINITY,
            asked_step: None,
            shown: None,
            recalled: None,
            drawn: None,
            is_waiting: false,
            said: String::new(),
        }
    }

    /// Takes a checkpoint that was requested.
    pub fn hear(&mut self, checkpoint: Option<Box<Checkpoint>>, scene: Option<&Scene>) {
        if let (Some(checkpoint), Some(scene)) = (checkpoint, scene)
            && checkpoint.step <= scene.step
        {
            self.entries.keep(HistoryEntry { config: scene.config.clone(), checkpoint: *checkpoint });
        }
    }

    /// A picture of the past has come.
    pub fn put(&mut self, side: u32, pixels: &[u8]) {
        self.is_waiting = false;
        if self.shown.is_some() && self.shown == self.recalled {
            if self.map.width() != side {
                self.map.set_width(side);
                self.map.set_height(side);
            }
            density_canvas::put(&self.map, side, pixels);
            self.reveal(true);
        }
    }

    fn reveal(&self, is_shown: bool) {
        self.map.set_hidden(!is_shown);
        self.mark.set_hidden(!is_shown);
    }

    /// Follows the run, and asks for the picture that is shown; returns the request for a checkpoint, if it is time for
    /// one, and whether another frame is needed without an event.
    pub fn frame(&mut self, now_ms: f64, scene: &Scene, worker: &InspectionWorker) -> (Option<ToPage>, bool) {
        let ends = [scene.source.clone(), scene.target.clone()];
        if self.ends != ends {
            self.ends = ends;
            self.entries.forget();
        }
        self.entries.follow(&scene.config, scene.step);
        if self.shown.is_some_and(|step| self.entries.entries().iter().all(|entry| entry.checkpoint.step != step)) {
            self.go_to_now();
        }
        self.say(scene);
        if let (Some(step), true, false) = (self.shown, self.shown == self.recalled, self.is_waiting) {
            let drawn = (scene.time, scene.is_dark);
            if self.drawn != Some(drawn) {
                (self.drawn, self.is_waiting) = (Some(drawn), true);
                let style = Style { dark: scene.is_dark, arrows: true, range: Style::RANGE };
                worker.ask(Question::Past { time: scene.time, side: SIDE, style });
            }
            let mark = format!("step {} of {}", grouped(step), grouped(scene.step));
            if self.mark.text_content().as_deref() != Some(&mark) {
                self.mark.set_text_content(Some(&mark));
                set(&self.map, "aria-label", &format!("Flow at {mark}"));
            }
        }
        let wants = scene.is_live && self.asked_step != Some(scene.step) && self.entries.wants(scene.step);
        if wants && now_ms - self.asked_ms >= INTERVAL_MS {
            (self.asked_ms, self.asked_step) = (now_ms, Some(scene.step));
            return (Some(ToPage::Checkpoint), false);
        }
        (None, wants)
    }

    /// Shows what is kept on the controls.
    fn say(&mut self, scene: &Scene) {
        let count = self.entries.entries().len();
        let said = match (count, self.shown) {
            (0, _) => "Nothing is kept yet.".to_owned(),
            (_, None) => format!("The map shows the run as it is now. {count} earlier states are kept."),
            (_, Some(step)) => {
                format!("The map shows step {} of {}; the numbers are of the run.", grouped(step), grouped(scene.step))
            }
        };
        if said != self.said {
            self.state.set_text_content(Some(&said));
            self.said = said;
        }
        // The last position is the present.
        let most = count.to_string();
        if self.slider.max() != most {
            self.slider.set_max(&most);
            self.slider.set_value(&self.place().to_string());
        }
        self.slider.set_disabled(count == 0);
        self.fork.set_disabled(self.shown.is_none());
        self.now.set_disabled(self.shown.is_none());
    }

    fn place(&self) -> usize {
        let entries = self.entries.entries();
        let place = entries.iter().position(|entry| Some(entry.checkpoint.step) == self.shown);
        place.unwrap_or(entries.len())
    }

    fn go_to_now(&mut self) {
        (self.shown, self.recalled, self.drawn) = (None, None, None);
        self.reveal(false);
        self.slider.set_value(&self.entries.entries().len().to_string());
    }

    fn entry(&self) -> Option<&HistoryEntry> {
        self.entries.entries().get(self.place())
    }

    /// The slider was moved; returns whether an entry is to be shown.
    fn moved(&mut self) -> bool {
        let place = self.slider.value_as_number() as usize;
        let step = self.entries.entries().get(place).map(|entry| entry.checkpoint.step);
        if step.is_none() {
            self.go_to_now();
        }
        self.shown = step;
        step.is_some()
    }

    /// Sends the entry shown to the worker, with the ends of the page's `snapshot`.
    fn recall(&mut self, snapshot: RunSnapshot, worker: &InspectionWorker) {
        if let Some(HistoryEntry { config, checkpoint }) = self.entry().cloned() {
            (self.recalled, self.drawn) = (Some(checkpoint.step), None);
            let snapshot = RunSnapshot { config, checkpoint: Some(Box::new(checkpoint)), ..snapshot };
            worker.ask(Question::Recall(Box::new(snapshot)));
        }
    }
}
