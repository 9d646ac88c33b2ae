//! The link of the page: read as it opens, kept up to date when what a person does has settled, and copied.

use crate::app::App;
use crate::page::Page;
use flowsketch_core::measure::Import;
use flowsketch_state::{PageState, Source, Target};
use flowsketch_worker::protocol::{decode, encode};
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};

/// So long after the last change the address of the page is that of its state, milliseconds.
const SETTLED_MS: f64 = 600.0;

/// The state that the page's address asks for, or that it starts with and the sentence why.
pub fn read(page: &Page) -> (PageState, Option<String>) {
    let location = page.window.location();
    let [query, fragment] = [location.search(), location.hash()].map(Result::unwrap_or_default);
    let strip = |text: &str, mark| text.strip_prefix(mark).unwrap_or(text).to_owned();
    match PageState::decode(&strip(&query, '?'), &strip(&fragment, '#')) {
        Ok(state) => (state, None),
        Err(sentence) => (PageState::default(), Some(sentence)),
    }
}

/// What no link holds, source and target that were brought, kept by the browser beside the address: a reload brings them
/// back, and a link does not.
pub fn kept(page: &Page) -> [Option<Import>; 2] {
    let state = page.window.history().and_then(|history| history.state());
    let bytes = state.ok().and_then(|state| state.dyn_into::<Uint8Array>().ok());
    bytes.and_then(|bytes| decode(&bytes.to_vec())).unwrap_or_default()
}

impl App {
    /// What [`kept`] gives back.
    fn keep(&self) -> JsValue {
        // Of what was drawn on since, the whole.
        let import = |name: &str| Some(Import { name: name.into(), density: self.drawing.density().ok()? });
        let source = if self.drawing.is_imported() { import(&self.source_name) } else { None };
        let target = self.target.other.as_deref().filter(|_| self.target.state == Target::Normal).cloned();
        if source.is_none() && target.is_none() {
            return JsValue::NULL;
        }
        Uint8Array::from(encode(&[source, target]).as_slice()).into()
    }

    /// What is on the page; none while there is no source.
    fn state(&self) -> Option<PageState> {
        let source = match self.drawing.preset() {
            Some(preset) => Source::Preset(preset),
            None if self.drawing.is_imported() => PageState::default().source,
            None => Source::Drawing(self.drawing.sketch()),
        };
        // As many decimals as the page shows.
        let time = (!self.playing).then(|| (1e3 * self.time).round() / 1e3);
        let is_there = self.source.is_some() && !self.blank && self.pad.pen.is_none();
        is_there.then(|| PageState {
            source,
            target: self.target.state.clone(),
            config: self.config.clone(),
            time,
            view: self.view,
            completion: self.completion(),
            arrows: self.controls.arrows.checked(),
            backend: self.choice,
        })
    }

    /// Makes the address of the page that of its state, once what changed it has settled; whether it waits for that.
    pub(crate) fn keep_link(&mut self, now_ms: f64) -> bool {
        if self.changed_ms.is_some_and(|changed| now_ms - changed > SETTLED_MS) && self.pad.pen.is_none() {
            // A drawing that is too long for a link leaves the address as it was.
            _ = self.write_link();
        }
        self.changed_ms.is_some()
    }

    /// Makes the address of the page that of its state, and answers with it.
    ///
    /// # Errors
    /// A sentence, when there is no link.
    pub fn write_link(&mut self) -> Result<String, String> {
        self.changed_ms = None;
        let state = self.state().ok_or("There is nothing to link to: draw a shape or choose a preset.")?;
        let [query, fragment] = state.encode()?;
        let location = self.page.window.location();
        let [mut address, origin] = [location.pathname(), location.origin()].map(Result::unwrap_or_default);
        for (mark, part) in [('?', query), ('#', fragment)] {
            if !part.is_empty() {
                address.push(mark);
                address.push_str(&part);
            }
        }
        // A browser that is asked too often refuses; the next change asks again.
        if let Ok(history) = self.page.window.history() {
            _ = history.replace_state_with_url(&self.keep(), "", Some(&address));
        }
        Ok(origin + &address)
    }

    /// Says something that a person's action came to.
    pub fn tell(&mut self, sentence: String) {
        self.speaker.acted();
        self.speaker.tell(sentence);
        self.speak(self.page.now_ms());
        self.ticker.wake();
    }

    /// The link was copied, or else is shown to be copied by hand.
    pub fn shared(&mut self, link: &str, copied: bool) {
        if !copied {
            self.page.show_link(link);
        }
        let sentence = match copied {
            true => "The link is copied: it opens the page as it is now.",
            false => "The browser does not let the page copy the link: copy it from the window that is open.",
        };
        let is_target_lost = self.target.other.is_some() && self.target.state == Target::Normal;
        let but = match (self.drawing.is_imported(), is_target_lost) {
            (true, _) => " But it cannot hold what you brought: its source is 2spirals.",
            (_, true) => " But it cannot hold what you brought: its target is the Normal.",
            _ => "",
        };
        self.tell(format!("{sentence}{but}"));
    }
}
