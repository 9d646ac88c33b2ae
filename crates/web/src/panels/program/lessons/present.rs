//! Presenting: for a projector, the map, one strip of controls and the lesson alone, in large type. The keys of a clicker
//! step the lesson, wherever the focus is.

use flowsketch_web::dom::{press, set};
use web_sys::{Document, Element, KeyboardEvent};

const MARK: &str = "data-present";

/// What a key does.
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

/// What a key does; `lesson` is the panel while a lesson is open. Page Up and Down step it while the focus is there; while
/// presenting, they and the arrows do wherever the focus is, except in a field.
pub fn stroke(document: &Document, lesson: Option<&Element>, event: &KeyboardEvent) -> Option<Stroke> {
    if event.ctrl_key() || event.alt_key() || event.meta_key() {
        return None;
    }
    let (key, focus) = (event.key(), document.active_element());
    let is_presenting = is_on(document);
    if key == "Escape" && is_presenting {
        return Some(Stroke::Leave);
    }
    let lesson = lesson?;
    let is_in_field = focus.as_ref().is_some_and(|focus| matches!(&*focus.tag_name(), "INPUT" | "SELECT"));
    let pages = is_presenting && !is_in_field || lesson.contains(focus.as_deref());
    match key.as_str() {
        "PageDown" if pages => Some(Stroke::Next),
        "PageUp" if pages => Some(Stroke::Back),
        "ArrowRight" if is_presenting && !is_in_field => Some(Stroke::Next),
        "ArrowLeft" if is_presenting && !is_in_field => Some(Stroke::Back),
        _ => None,
    }
}
