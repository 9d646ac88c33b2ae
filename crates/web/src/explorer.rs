//! A second worker that looks closely at the flow shown, started when the page has come to rest, and the film strip that
//! it draws.

use crate::app::App;
use crate::ink::put;
use crate::on_worker::{Inbox, Line};
use crate::page::{element, set};
use crate::sentence::Training;
use crate::ticker::Ticker;
use flowsketch_core::explore::{STILLS, ShownFlow};
use flowsketch_core::style::Style;
use flowsketch_worker::explorer::{Finding, Question};
use flowsketch_worker::protocol::{Answer, Request};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Document, HtmlButtonElement, HtmlCanvasElement};

/// The worker is started so long after the first measures, milliseconds: the first pictures have the machine to
/// themselves.
const START_MS: f64 = 3_000.0;
/// While it trains the strip is drawn at most this often, milliseconds.
const STRIP_MS: f64 = 1_000.0;
/// Pixels of a side of its pictures.
const SIDE: u32 = 160;

pub struct Explorer {
    line: Option<Line>,
    is_listening: bool,
    failure: Option<String>,
    /// When the first measures came.
    since_ms: Option<f64>,
    /// The flow that was told last, unless it was passed on, and how many were told.
    flow: Option<Box<ShownFlow>>,
    flows: u32,
    strip: Strip,
}

struct Strip {
    stills: Vec<(HtmlButtonElement, HtmlCanvasElement)>,
    /// The one that is marked.
    nearest: Option<usize>,
    /// The flow, and the colours, that the strip is of.
    drawn: Option<(u32, bool)>,
    /// When it was begun, and the next of its pictures; the one before that is under way.
    began_ms: f64,
    next: usize,
    is_waiting: bool,
}

impl Explorer {
    pub fn new(document: &Document) -> Self {
        let still = |k: usize| {
            let button: HtmlButtonElement = element(document, &format!("still-{k}"));
            let canvas: HtmlCanvasElement =
                button.first_element_child().expect("a still has its canvas").unchecked_into();
            canvas.set_width(SIDE);
            canvas.set_height(SIDE);
            (button, canvas)
        };
        let stills = (0..STILLS.len()).map(still).collect();
        let strip = Strip { stills, nearest: None, drawn: None, began_ms: 0.0, next: STILLS.len(), is_waiting: false };
        Self { line: None, is_listening: false, failure: None, since_ms: None, flow: None, flows: 0, strip }
    }

    /// The buttons of the film strip, in the order of [`STILLS`].
    pub fn stills(&self) -> impl Iterator<Item = &HtmlButtonElement> {
        self.strip.stills.iter().map(|(button, _)| button)
    }

    /// Whether the potentials of what is shown are wanted.
    pub fn wants_flow(&self) -> bool {
        self.is_listening && self.failure.is_none()
    }

    /// The potentials of what is shown are others.
    pub fn take(&mut self, flow: Box<ShownFlow>) {
        (self.flow, self.flows) = (Some(flow), self.flows + 1);
    }

    fn open(&mut self, ticker: &Rc<Ticker>) {
        let ticker = Rc::clone(ticker);
        match Line::open(Rc::new(move || ticker.wake())) {
            Ok(line) => self.line = Some(line),
            Err(words) => self.failure = Some(words),
        }
    }

    fn receive(&mut self) {
        let Some(line) = &self.line else { return };
        let Inbox { answers, failure, .. } = line.take();
        for answer in answers {
            match answer {
                Answer::Ready => self.is_listening = true,
                Answer::Explored(Finding::Still { number, side, pixels }) => {
                    self.strip.is_waiting = false;
                    if let Some((_, canvas)) = self.strip.stills.get(number as usize) {
                        put(canvas, side, &pixels);
                    }
                }
                // This one has no run, and is asked nothing else.
                _ => {}
            }
        }
        if failure.is_some() {
            (self.line, self.failure) = (None, failure);
        }
    }
}

impl Strip {
    /// The next picture to ask for, where one is due: all of a strip are of one flow.
    fn ask(&mut self, now_ms: f64, of: (u32, bool), training: bool) -> Option<Question> {
        if self.is_waiting {
            return None;
        }
        if self.next == STILLS.len() {
            if self.drawn == Some(of) || (training && now_ms - self.began_ms < STRIP_MS && self.drawn.is_some()) {
                return None;
            }
            (self.drawn, self.began_ms, self.next) = (Some(of), now_ms, 0);
        }
        let number = self.next;
        (self.next, self.is_waiting) = (number + 1, true);
        let style = Style { dark: of.1, arrows: false, range: Style::RANGE };
        Some(Question::Still { number: number as u32, time: STILLS[number], side: SIDE, style })
    }

    fn mark(&mut self, time: f64) {
        let nearest = (0..STILLS.len()).min_by(|&a, &b| (STILLS[a] - time).abs().total_cmp(&(STILLS[b] - time).abs()));
        if self.nearest != nearest {
            self.nearest = nearest;
            for (k, (button, _)) in self.stills.iter().enumerate() {
                set(button, "aria-current", if nearest == Some(k) { "true" } else { "false" });
            }
        }
    }
}

impl App {
    /// Takes what the explorer found, and asks it what is next; whether that can wait for no event.
    pub(crate) fn explore(&mut self, now_ms: f64) -> bool {
        let Self { explorer, .. } = self;
        explorer.strip.mark(self.time);
        if explorer.failure.is_some() || self.report.is_none() {
            return false;
        }
        let since_ms = *explorer.since_ms.get_or_insert(now_ms);
        if explorer.line.is_none() {
            if now_ms - since_ms < START_MS {
                return true;
            }
            explorer.open(&self.ticker);
        }
        explorer.receive();
        if let Some(words) = &explorer.failure {
            let words = words.trim_end_matches('.');
            self.speaker.tell(format!("The worker that draws the film strip failed ({words}); all else goes on."));
            return false;
        }
        let Some(line) = explorer.line.as_ref().filter(|_| explorer.is_listening) else { return false };
        let of = (explorer.flows, self.dark);
        // A strip that is begun keeps its flow.
        if explorer.strip.next == STILLS.len()
            && let Some(flow) = explorer.flow.take()
        {
            line.ask(&Request::Explore(Question::Flow(flow)));
        }
        if explorer.flows > 0
            && let Some(question) = explorer.strip.ask(now_ms, of, self.training == Training::On)
        {
            line.ask(&Request::Explore(question));
        }
        false
    }
}
