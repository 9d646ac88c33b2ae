//! The address of the page: read when it opens, and rewritten some time after the last change.

use crate::widgets::page::Page;
use flowsketch_core::measure::Import;
use flowsketch_protocol::decode;
use flowsketch_state::{LessonPlace, PageState};
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};

/// The address is rewritten this long after the last change, milliseconds.
const SETTLED_MS: f64 = 600.0;

/// Whether the address is behind the page.
pub struct Address {
    /// When something changed that the page's address does not say yet.
    changed_ms: Option<f64>,
    /// The lesson that is open beside the map.
    pub lesson: Option<LessonPlace>,
}

impl Address {
    /// As the page opens, with this lesson.
    pub fn of(lesson: Option<LessonPlace>) -> Self {
        Self { changed_ms: None, lesson }
    }

    /// The state of the page has changed.
    pub fn change(&mut self, now_ms: f64) {
        self.changed_ms = Some(now_ms);
    }

    /// The address is up to date, or cannot express the state.
    pub fn follows(&mut self) {
        self.changed_ms = None;
    }

    pub fn is_behind(&self) -> bool {
        self.changed_ms.is_some()
    }

    /// Whether it is behind, and nothing has changed for a while.
    pub fn is_due(&self, now_ms: f64) -> bool {
        self.changed_ms.is_some_and(|changed| now_ms - changed > SETTLED_MS)
    }
}

/// The state that the page's address asks for, and a sentence about what in it is not understood.
pub fn read(page: &Page) -> (PageState, Option<String>) {
    let location = page.window.location();
    let [query, fragment] = [location.search(), location.hash()].map(Result::unwrap_or_default);
    let strip = |text: &str, mark| text.strip_prefix(mark).unwrap_or(text).to_owned();
    PageState::decode(&strip(&query, '?'), &strip(&fragment, '#'))
}

/// Imported source and target, which a link cannot hold. The browser keeps them with the history entry: a reload
/// brings them back, a link does not.
pub fn kept(page: &Page) -> [Option<Import>; 2] {
    let state = page.window.history().and_then(|history| history.state());
    let bytes = state.ok().and_then(|state| state.dyn_into::<Uint8Array>().ok());
    bytes.and_then(|bytes| decode(&bytes.to_vec())).unwrap_or_default()
}

/// Writes the address, and `kept` into the state of the history entry.
pub fn replace(page: &Page, address: &str, kept: &JsValue) {
    // A browser refuses when this is called too often; the next change tries again.
    if let Ok(history) = page.window.history() {
        _ = history.replace_state_with_url(kept, "", Some(address));
    }
}
