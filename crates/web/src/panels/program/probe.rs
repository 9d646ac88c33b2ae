//! The values of the flow at the point under the pointer.

use crate::program::inspection_worker::InspectionWorker;
use flowsketch_core::potentials::Shown;
use flowsketch_core::sampling::Local;
use flowsketch_protocol::inspection::Question;
use flowsketch_web::dom::element;
use flowsketch_web::number::shown;
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlElement};

/// Where log ρ is below this, the mass counts as none, and v is not meaningful.
const LEAST_LOG_RHO: f64 = -40.0;
/// A potential below this counts as −∞.
const LEAST_POTENTIAL: f64 = -1e6;

pub struct Probe {
    table: HtmlElement,
    point: HtmlElement,
    /// The flow shown, and the exact one.
    rows: [HtmlElement; 2],
    /// The point, t and the flow that were asked about last.
    asked: Option<([f64; 2], f64, u32)>,
    is_waiting: bool,
    found: Option<([f64; 2], Local)>,
}

impl Probe {
    pub fn new(document: &Document) -> Self {
        Self {
            table: element(document, "reading"),
            point: element(document, "reading-point"),
            rows: ["reading-shown", "reading-exact"].map(|id| element(document, id)),
            asked: None,
            is_waiting: false,
            found: None,
        }
    }

    /// Asks about `point`, unless that is known or another question is under way; without one nothing is shown.
    pub fn frame(&mut self, point: Option<[f64; 2]>, time: f64, worker: &InspectionWorker) {
        let Some(point) = point else {
            if self.asked.take().is_some() {
                self.found = None;
                self.table.set_hidden(true);
            }
            return;
        };
        if let Some(flow) = worker.at().filter(|_| !self.is_waiting)
            && self.asked != Some((point, time, flow))
        {
            (self.asked, self.is_waiting) = (Some((point, time, flow)), true);
            worker.ask(Question::Probe { time, point });
        }
    }

    /// Shows what was found.
    pub fn hear(&mut self, point: [f64; 2], of: Option<Shown>, read: &Local, exact: Option<&Local>) {
        self.is_waiting = false;
        // The pointer has left meanwhile.
        if self.asked.is_none() {
            return;
        }
        self.found = Some((point, *read));
        self.point.set_text_content(Some(&pair(point, 2)));
        fill(&self.rows[0], if of == Some(Shown::Exact) { "exact" } else { "learned" }, read);
        self.rows[1].set_hidden(exact.is_none());
        if let Some(exact) = exact {
            fill(&self.rows[1], "exact", exact);
        }
        self.table.set_hidden(false);
    }

    /// The values in words.
    pub fn words(&self) -> Option<String> {
        let (point, local) = self.found?;
        let [rho, _, v, ..] = texts(&local);
        Some(format!("At {}: density {rho}, velocity {v}.", pair(point, 2)))
    }
}

/// ρ, log ρ, v, φ and ψ.
fn texts(local: &Local) -> [String; 5] {
    let potential = |value: f64| if value < LEAST_POTENTIAL { "−∞".into() } else { fixed(value, 3) };
    let (rho, log, v) = if local.log_rho > LEAST_LOG_RHO {
        (shown(local.log_rho.exp()), fixed(local.log_rho, 2), pair(local.velocity, 2))
    } else {
        ("0".into(), "−∞".into(), "—".into())
    };
    [rho, log, v, potential(local.phi), potential(local.psi)]
}

fn fill(row: &Element, name: &str, local: &Local) {
    let cells = row.children();
    let texts = std::iter::once(name.to_owned()).chain(texts(local));
    for (k, text) in texts.enumerate() {
        let cell: HtmlElement = cells.item(k as u32).expect("a row has a cell for each number").unchecked_into();
        cell.set_text_content(Some(&text));
    }
}

fn fixed(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    // −0 is shown as 0.
    let text = if text.contains(|digit| matches!(digit, '1'..='9')) { &text } else { text.trim_start_matches('-') };
    text.replace('-', "−")
}

/// A point or a vector.
pub fn pair([x, y]: [f64; 2], digits: usize) -> String {
    format!("({}, {})", fixed(x, digits), fixed(y, digits))
}
