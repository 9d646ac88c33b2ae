//! The part of the page that a step points at.

use flowsketch_web::dom::set;
use web_sys::{Document, Element, ScrollIntoViewOptions, ScrollLogicalPosition};

/// Names of parts in a lesson, and where they are.
const PARTS: [(&str, &str); 17] = [
    ("pad", ".source > .square"),
    ("presets", ".presets"),
    ("target", ".target"),
    ("epsilon", ".training > .slider"),
    ("train", ".training > .row"),
    ("recipe", ".recipe"),
    ("settings", ".training > details"),
    ("views", ".views"),
    ("map", ".stage"),
    ("time", ".time"),
    ("strip", ".strip"),
    ("measures", ".numbers"),
    ("inspector", ".inspector"),
    ("step-inspector", "#step-inspector"),
    ("compare", "#compare"),
    ("laboratory", "#laboratory"),
    ("history", "#history"),
];

#[derive(Default)]
pub struct Outline {
    part: Option<Element>,
}

impl Outline {
    /// Outlines the part of that name, opens it if it is folded, and brings it into view.
    pub fn show(&mut self, document: &Document, name: &str) {
        self.clear();
        // Beside a narrow page's sheet the map comes first.
        if let Some(map) = document.query_selector(".stage").ok().flatten() {
            into_view(&map);
        }
        let Some((_, selector)) = PARTS.iter().find(|(known, _)| *known == name) else { return };
        let Some(part) = document.query_selector(selector).ok().flatten() else { return };
        // What is folded opens; the measures of a lesson may be among those that are.
        let folded =
            if name == "measures" { document.query_selector(".more").ok().flatten() } else { Some(part.clone()) };
        if let Some(folded) = folded.filter(|folded| folded.tag_name() == "DETAILS") {
            set(&folded, "open", "");
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
