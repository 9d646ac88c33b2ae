//! The part of the page that a step points at.

use flowsketch_web::dom::set;
use web_sys::{Document, Element, ScrollIntoViewOptions, ScrollLogicalPosition};

#[derive(Default)]
pub struct Outline {
    part: Option<Element>,
}

impl Outline {
    /// Outlines the part of that selector, opens what is folded, and brings it into view; none if it is empty.
    pub fn show(&mut self, document: &Document, selector: &str) {
        self.clear();
        // Beside a narrow page's sheet the map comes first.
        if let Some(map) = document.query_selector(".stage").ok().flatten() {
            into_view(&map);
        }
        let Some(part) = document.query_selector(selector).ok().flatten() else { return };
        // The part itself may be folded, or the rest of its measures.
        let fold =
            if part.tag_name() == "DETAILS" { Some(part.clone()) } else { part.query_selector(".more").ok().flatten() };
        if let Some(fold) = fold {
            set(&fold, "open", "");
        }
        _ = part.class_list().add_1("pointed");
        into_view(&part);
        self.part = Some(part);
    }

    pub fn clear(&mut self) {
        if let Some(part) = self.part.take() {
            _ = part.class_list().remove_1("pointed");
        }
    }
}

/// Scrolls as little as must be.
fn into_view(part: &Element) {
    let options = ScrollIntoViewOptions::new();
    options.set_block(ScrollLogicalPosition::Nearest);
    part.scroll_into_view_with_scroll_into_view_options(&options);
}
