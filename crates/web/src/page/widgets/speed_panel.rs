//! The section that measures the speed of this machine.

use flowsketch_web::dom::element;
use std::cell::Cell;
use std::rc::Rc;
use web_sys::{Document, HtmlButtonElement, HtmlElement};

/// The section of the page, and whether it measures.
pub struct SpeedPanel {
    pub button: HtmlButtonElement,
    progress: HtmlElement,
    table: HtmlElement,
    rows: HtmlElement,
    /// While it measures: the flag that stops it.
    stop: Option<Rc<Cell<bool>>>,
}

impl SpeedPanel {
    pub fn new(document: &Document) -> Self {
        Self {
            button: element(document, "measure"),
            progress: element(document, "measure-progress"),
            table: element(document, "measure-table"),
            rows: element(document, "measure-rows"),
            stop: None,
        }
    }

    pub fn is_on(&self) -> bool {
        self.stop.is_some()
    }

    pub fn add(&self, row: &str) {
        self.rows.insert_adjacent_html("beforeend", row).expect("a table takes rows");
        self.table.set_hidden(false);
    }

    /// It measures from now on; returns the flag that stops it.
    pub fn begin(&mut self) -> Rc<Cell<bool>> {
        let stop = Rc::<Cell<bool>>::default();
        self.stop = Some(Rc::clone(&stop));
        self.rows.set_inner_html("");
        self.table.set_hidden(true);
        self.button.set_text_content(Some("Stop measuring"));
        stop
    }

    /// Stops measuring; returns whether it did measure.
    pub fn stop(&self) -> bool {
        self.stop.as_ref().inspect(|stop| stop.set(true)).is_some()
    }

    /// It no longer measures.
    pub fn end(&mut self, sentence: &str) {
        self.stop = None;
        self.say(sentence);
        self.button.set_text_content(Some("Measure"));
    }

    pub fn say(&self, sentence: &str) {
        self.progress.set_text_content(Some(sentence));
    }
}
