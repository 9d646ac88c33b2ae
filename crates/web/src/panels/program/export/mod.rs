//! Files of the run: a separate worker makes them from a snapshot, and the browser saves them.

pub mod listeners;

use flowsketch_protocol::export::Piece;
use flowsketch_protocol::panels::Scene;
use flowsketch_web::dom::element;
use web_sys::{Document, HtmlButtonElement, HtmlElement};

/// The buttons by their ids, what they export, and the names of the files.
const FILES: [(&str, Option<Piece>, &str); 5] = [
    ("export-view", Some(Piece::View), "flow.png"),
    ("export-strip", Some(Piece::Strip), "strip.png"),
    ("export-fields", Some(Piece::Fields), "fields.npz"),
    ("export-weights", Some(Piece::Weights), "weights.json"),
    ("export-film", None, "flow.webm"),
];

/// Time between two frames of the film, milliseconds.
const PAUSE_MS: i32 = 10;
/// The film plays from t = 0 to 1 in this time, milliseconds.
const FILM_MS: f64 = 4_000.0;

pub struct ExportPanel {
    open: HtmlButtonElement,
    state: HtmlElement,
    /// A file is being made.
    busy: bool,
}

impl ExportPanel {
    pub fn new(document: &Document) -> Self {
        Self { open: element(document, "export"), state: element(document, "export-state"), busy: false }
    }

    /// Files can be exported as long as there is a flow.
    pub fn frame(&self, scene: &Scene) {
        if self.open.disabled() == scene.is_live {
            self.open.set_disabled(!scene.is_live);
        }
    }
}
