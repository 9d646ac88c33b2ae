//! The elements of index.html that the program uses.

use flowsketch_web::dom::{element, set};
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlCanvasElement, HtmlDialogElement, HtmlElement, HtmlInputElement, Window};

/// A field for each element: a table, not state, and so longer than other structs.
pub struct Page {
    pub window: Window,
    pub document: Document,
    pub pad: HtmlCanvasElement,
    pub brush: HtmlElement,
    pub flow: HtmlCanvasElement,
    pub legend: HtmlCanvasElement,
    pub ticks: HtmlElement,
    pub legend_density: HtmlElement,
    pub legend_difference: HtmlElement,
    pub audited: HtmlElement,
    pub source_name: HtmlElement,
    /// Why the run has diverged, if it has.
    pub divergence: HtmlElement,
    pub keys: HtmlDialogElement,
    link: HtmlDialogElement,
    link_text: HtmlInputElement,
    waiting: HtmlElement,
    alert: HtmlElement,
    status: HtmlElement,
}

impl Page {
    pub fn new(window: Window) -> Self {
        let document = window.document().expect("a window has a document");
        Self {
            pad: element(&document, "pad"),
            brush: element(&document, "brush"),
            flow: element(&document, "flow"),
            legend: element(&document, "legend"),
            ticks: element(&document, "ticks"),
            legend_density: element(&document, "legend-density"),
            legend_difference: element(&document, "legend-difference"),
            audited: element(&document, "audited"),
            source_name: element(&document, "source-name"),
            divergence: element(&document, "divergence"),
            keys: element(&document, "keys"),
            link: element(&document, "link"),
            link_text: element(&document, "link-text"),
            waiting: element(&document, "waiting"),
            alert: element(&document, "alert"),
            status: element(&document, "status"),
            window,
            document,
        }
    }

    /// Replaces the sentence under the flow.
    pub fn say(&self, sentence: &str) {
        self.status.set_text_content(Some(sentence));
    }

    /// Shows a link in a window of its own, selected, to be copied by hand.
    pub fn show_link(&self, link: &str) {
        self.link_text.set_value(link);
        // An error only means that it is open already.
        _ = self.link.show_modal();
        self.link_text.select();
    }

    /// The flow is live: nothing covers it any more.
    pub fn uncover(&self) {
        self.waiting.set_hidden(true);
        self.alert.set_hidden(true);
    }

    /// Covers the flow with a message about what went wrong, a paragraph for each sentence.
    pub fn alarm(&self, sentences: &[String]) {
        alarm(&self.document, sentences);
    }

    /// Replaces the canvas of the flow: a canvas that a GPU has drawn on allows no other context.
    pub fn renew_flow(&mut self) {
        self.put_flow(&self.another_flow());
    }

    /// A canvas like that of the flow, not on the page yet.
    pub fn another_flow(&self) -> HtmlCanvasElement {
        self.flow.clone_node().expect("a canvas can be cloned").unchecked_into()
    }

    /// Puts this canvas in the place of the flow's.
    pub fn put_flow(&mut self, canvas: &HtmlCanvasElement) {
        if *canvas != self.flow {
            self.flow.replace_with_with_node_1(canvas).expect("the canvas is on the page");
            self.flow = canvas.clone();
        }
    }

    /// Milliseconds on the clock of animation frames.
    pub fn now_ms(&self) -> f64 {
        self.window.performance().map_or(0.0, |performance| performance.now())
    }

    pub fn prefers(&self, query: &str) -> bool {
        self.window.match_media(query).ok().flatten().is_some_and(|list| list.matches())
    }

    /// Whether the page is dark now, by the person's choice here or else by the system's.
    pub fn is_dark(&self) -> bool {
        match self.root().get_attribute("data-theme").as_deref() {
            Some(theme) => theme == "dark",
            None => self.prefers("(prefers-color-scheme: dark)"),
        }
    }

    pub fn set_dark(&self, dark: bool) {
        set(&self.root(), "data-theme", if dark { "dark" } else { "light" });
    }

    fn root(&self) -> Element {
        self.document.document_element().expect("a page has a root")
    }
}

/// Covers the flow with an alert. It needs no [`Page`], so that the panic hook can call it.
pub fn alarm(document: &Document, sentences: &[String]) {
    let alert: HtmlElement = element(document, "alert");
    element::<HtmlElement>(document, "waiting").set_hidden(true);
    alert.set_hidden(false);
    alert.set_text_content(None);
    for sentence in sentences {
        let paragraph = document.create_element("p").expect("p is an element");
        paragraph.set_text_content(Some(sentence));
        alert.append_child(&paragraph).expect("an alert takes paragraphs");
    }
}

/// After a fault of the program: says so, and disables all controls.
pub fn stop(document: &Document, sentences: &[String]) {
    alarm(document, sentences);
    while let Some(control) = document.query_selector("button:enabled, input:enabled, select:enabled").ok().flatten() {
        set(&control, "disabled", "");
    }
}
