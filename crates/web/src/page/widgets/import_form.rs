//! The controls by which a person imports a source.

use flowsketch_web::dom::element;
use web_sys::{Document, HtmlInputElement};

/// The controls, and how many imports were begun: only the newest counts.
pub struct ImportForm {
    pub file: HtmlInputElement,
    pub fit: HtmlInputElement,
    pub word: HtmlInputElement,
    pub count: u32,
}

impl ImportForm {
    pub fn new(document: &Document) -> Self {
        let input = |id| element(document, id);
        Self { file: input("import-file"), fit: input("import-fit"), word: input("import-word"), count: 0 }
    }
}
