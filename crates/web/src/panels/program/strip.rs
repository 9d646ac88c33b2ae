//! The film strip: small pictures of the flow shown at four times.

use crate::program::inspection_worker::InspectionWorker;
use crate::program::round::{Due, Round};
use flowsketch_core::explore::STILLS;
use flowsketch_core::style::Style;
use flowsketch_protocol::inspection::Question;
use flowsketch_protocol::panels::Scene;
use flowsketch_web::density_canvas;
use flowsketch_web::dom::{element, set};
use wasm_bindgen::JsCast;
use web_sys::{Document, HtmlButtonElement, HtmlCanvasElement};

/// Pixels of a side of its pictures.
const SIDE: u32 = 160;

pub struct Strip {
    stills: Vec<(HtmlButtonElement, HtmlCanvasElement)>,
    /// The one that is marked.
    nearest: Option<usize>,
    round: Round,
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
        Self { stills, nearest: None, round: Round::of(STILLS.len()) }
    }

    /// Shows one of its pictures.
    pub fn put(&mut self, number: usize, side: u32, pixels: &[u8]) {
        self.round.came();
        if let Some((_, canvas)) = self.stills.get(number) {
            density_canvas::put(canvas, side, pixels);
        }
    }

    /// Marks the picture of the present time, and asks for the next one if it is due; returns whether another frame is
    /// needed without an event.
    pub fn frame(&mut self, now_ms: f64, scene: &Scene, worker: &mut InspectionWorker) -> bool {
        self.mark(scene.time);
        match self.round.due(now_ms, worker, scene.is_dark, scene.is_training) {
            Due::Picture(number) => {
                let style = Style { dark: scene.is_dark, arrows: false, range: Style::RANGE };
                worker.ask(Question::Still { number: number as u32, time: STILLS[number], side: SIDE, style });
                false
            }
            Due::Later => true,
            Due::Nothing => false,
        }
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
