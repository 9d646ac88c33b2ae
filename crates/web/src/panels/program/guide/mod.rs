//! Explanations in place: what the map's corners and arrows are, how good the learned flow is in one sentence, and the
//! terms of the page.

use crate::verdict::verdict;
use flowsketch_web::dom::element;
use flowsketch_web::ticker::Ticker;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Document, Element, HtmlElement, MutationObserver, MutationObserverInit};

pub const WORDS: &str = include_str!("words.html");
/// The L1 errors of the density at the three times that are audited.
const ERRORS: &str = "data[data-metric^=l1_rho]";

pub struct Guide {
    verdict: HtmlElement,
    /// The page shows these numbers already, so that no message need repeat them.
    errors: Vec<Element>,
}

impl Guide {
    /// Puts the explanations on the page; `ticker` wakes whenever a number of panel 3 changes.
    pub fn new(document: &Document, ticker: &Rc<Ticker>) -> Self {
        let part = |selector: &str| document.query_selector(selector).ok().flatten().expect("the page has its parts");
        part("#waiting").insert_adjacent_html("beforebegin", include_str!("map.html")).expect("the markup is valid");
        part(".arrow-share").set_text_content(part("#arrow-time").text_content().as_deref());
        part(".plot").insert_adjacent_html("afterbegin", include_str!("verdict.html")).expect("the markup is valid");
        let waking = Rc::clone(ticker);
        let heard = Closure::<dyn FnMut()>::new(move || waking.wake()).into_js_value();
        let observer = MutationObserver::new(heard.unchecked_ref()).expect("browsers observe changes");
        let init = MutationObserverInit::new();
        init.set_attributes(true);
        init.set_subtree(true);
        observer.observe_with_options(&part(".metrics"), &init).expect("the options are valid");
        let found = document.query_selector_all(ERRORS).expect("the selector is valid");
        let errors = (0..found.length()).filter_map(|k| found.get(k)).map(JsCast::unchecked_into).collect();
        Self { verdict: element(document, "verdict"), errors }
    }

    /// Says how good the flow is by the newest numbers on the page.
    pub fn frame(&self) {
        let errors: Vec<_> =
            self.errors.iter().filter_map(|error| error.get_attribute("value")?.parse().ok()).collect();
        let text = if errors.len() == self.errors.len() { verdict(&errors) } else { String::new() };
        if self.verdict.text_content().as_ref() != Some(&text) {
            self.verdict.set_text_content(Some(&text));
        }
    }
}
