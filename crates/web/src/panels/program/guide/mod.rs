//! Explanations in place: what the map's corners and arrows are, how good the learned flow is in one sentence, and the
//! terms of the page.

use crate::verdict::verdict;
use flowsketch_core::style::ARROW_TIME;
use flowsketch_web::dom::element;
use flowsketch_web::number::setting;
use flowsketch_web::ticker::Ticker;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Document, Element, HtmlElement, MutationObserver, MutationObserverInit};

const MEASURES: &str = markup!("guide/measures.html");
pub const WORDS: &str = markup!("guide/words.html");
/// Explanations of the settings, shown under the pointer.
const TITLES: [(&str, &str); 12] = [
    ("quadrature", "Averages over the noise are sums on two lattices, without bias; few and quick evaluations"),
    (
        "paper",
        "The paper’s Algorithm 1: averages over the noise are means of fresh random draws; 48 times the work a step",
    ),
    (
        "learning-rate",
        "The optimiser’s step size at first. By quadrature it falls as 1 / (1 + evaluations / 500000); the paper’s is constant.",
    ),
    ("batch", "Points of the source in one step; by the paper’s recipe as many of the target"),
    ("draws", "Random points around each point of a batch"),
    ("penalty", "Weight of the squared difference of each potential from the other’s transform"),
    ("seed", "Of the initial weights, features, batches and draws"),
    ("default-values", "All values of the default recipe, with epsilon 0.2 and seed 0"),
    ("paper-values", "All values of the paper, with epsilon 1 and seed 0"),
    ("average", "A moving average of the weights, of decay 0.995, is shown and measured; off: the weights themselves"),
    ("features", "Both networks see 28 random sines and cosines of the point, not its coordinates alone"),
    (
        "base",
        "Both networks are added to the closed-form potentials of Gaussians with the means and covariances of source and target",
    ),
];
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
        part("#waiting").insert_adjacent_html("beforebegin", markup!("guide/map.html")).expect("the markup is valid");
        for (id, title) in TITLES {
            element::<HtmlElement>(document, id).set_title(title);
        }
        part(".story h2").insert_adjacent_html("afterend", markup!("guide/story.html")).expect("the markup is valid");
        let arrow_time = setting(f64::from(ARROW_TIME));
        for place in [".arrow-share", "#arrow-time"] {
            part(place).set_text_content(Some(&arrow_time));
        }
        // Formula and explanation of each row, in the order of the rows.
        let rows = document.query_selector_all(".metrics > details").expect("the selector is valid");
        for (k, measure) in MEASURES.lines().enumerate() {
            let row: Element = rows.get(k as u32).expect("a row for each measure").unchecked_into();
            row.insert_adjacent_html("beforeend", measure).expect("the markup is valid");
        }
        part(".plot").insert_adjacent_html("afterbegin", markup!("guide/verdict.html")).expect("the markup is valid");
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
