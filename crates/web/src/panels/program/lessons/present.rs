//! Presenting: for a projector, the map, one strip of controls and the lesson alone, in large type. The keys of a clicker
//! step the lesson, wherever the focus is.

use flowsketch_web::dom::{press, set};
use web_sys::{Document, Element, KeyboardEvent};

const MARK: &str = "data-present";

/// What a key does while presenting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    Next,
    Back,
    Leave,
}

fn root(document: &Document) -> Element {
    document.document_element().expect("a document has a root")
}

pub fn is_on(document: &Document) -> bool {
    root(document).has_attribute(MARK)
}

pub fn switch(document: &Document, button: &Element, on: bool) {
    press(button, on);
    if on {
        set(&root(document), MARK, "");
    } else {
        root(document).remove_attribute(MARK).expect("an attribute can be removed");
    }
}

/// What a key does; none for keys that are typed into a field, and for all that are not of a clicker.
pub fn stroke(document: &Document, event: &KeyboardEvent) -> Option<Stroke> {
    let is_in_field =
        document.active_element().is_some_and(|element| matches!(&*element.tag_name(), "INPUT" | "SELECT"));
    if !is_on(document) || event.ctrl_key() || event.alt_key() || event.meta_key() {
        return None;
    }
    match event.key().as_str() {
        "Escape" => Some(Stroke::Leave),
        _ if is_in_field => None,
        "PageDown" | "ArrowRight" => Some(Stroke::Next),
        "PageUp" | "ArrowLeft" => Some(Stroke::Back),
        _ => None,
    }
}
