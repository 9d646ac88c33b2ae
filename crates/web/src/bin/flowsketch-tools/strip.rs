//! The film strip: small pictures of the flow shown at four times.

use crate::explorer::Explorer;
use flowsketch_core::explore::STILLS;
use flowsketch_core::style::Style;
use flowsketch_web::dom::{element, set};
use flowsketch_web::ink;
use flowsketch_worker::explorer::Question;
use flowsketch_worker::tools::Scene;
use wasm_bindgen::JsCast;
use web_sys::{Document, HtmlButtonElement, HtmlCanvasElement};

/// While it trains the strip is drawn at most this often, milliseconds.
const STRIP_MS: f64 = 1_000.0;
/// Pixels of a side of its pictures.
const SIDE: u32 = 160;

pub struct Strip {
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

impl Strip {
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
        Self { stills, nearest: None, drawn: None, began_ms: 0.0, next: STILLS.len(), is_waiting: false }
    }

    /// Shows one of its pictures.
    pub fn put(&mut self, number: usize, side: u32, pixels: &[u8]) {
        self.is_waiting = false;
        if let Some((_, canvas)) = self.stills.get(number) {
            ink::put(canvas, side, pixels);
        }
    }

    /// Marks the picture of the present time and asks for the next one, where one is due: all of a strip are of one flow.
    /// Whether that can wait for no event.
    pub fn frame(&mut self, now_ms: f64, scene: &Scene, explorer: &mut Explorer) -> bool {
        self.mark(scene.time);
        let Some(flow) = explorer.flow().filter(|_| !self.is_waiting) else { return false };
        let of = (flow, scene.is_dark);
        if self.next == STILLS.len() {
            if self.drawn == Some(of) {
                return false;
            }
            if scene.is_training && self.drawn.is_some() && now_ms - self.began_ms < STRIP_MS {
                return true;
            }
            explorer.turn();
            (self.drawn, self.began_ms, self.next) = (Some(of), now_ms, 0);
        }
        let number = self.next;
        (self.next, self.is_waiting) = (number + 1, true);
        let style = Style { dark: scene.is_dark, arrows: false, range: Style::RANGE };
        explorer.ask(Question::Still { number: number as u32, time: STILLS[number], side: SIDE, style });
        false
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
