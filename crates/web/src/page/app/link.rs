//! The link of the page: updated some time after the last change, and copied.

use crate::action::Action;
use crate::app::App;
use crate::model::{address, target};
use flowsketch_core::measure::{Import, Replay};
use flowsketch_core::potentials::SecondPotential;
use flowsketch_protocol::encode;
use flowsketch_state::{PageState, Source, Target};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

impl App {
    /// Imported source and target as bytes, for [`address::kept`] to read back.
    fn keep(&self) -> JsValue {
        // Together with what was drawn on it since.
        let import = |name: &str| Some(Import { name: name.into(), density: self.source.drawing.density().ok()? });
        let source = if self.source.drawing.is_imported() { import(&self.source.name) } else { None };
        let target = self.target.other.as_deref().filter(|_| self.target.state == Target::Normal).cloned();
        if source.is_none() && target.is_none() {
            return JsValue::NULL;
        }
        Uint8Array::from(encode(&[source, target]).as_slice()).into()
    }

    /// What is on the page; none while there is no source.
    fn state(&self) -> Option<PageState> {
        let source = match self.source.drawing.preset() {
            Some(preset) => Source::Preset(preset),
            None if self.source.drawing.is_imported() => PageState::default().source,
            None => Source::Drawing(self.source.drawing.sketch()),
        };
        // As many decimals as the page shows.
        let time = (!self.display.playback.playing).then(|| (1e3 * self.display.playback.time).round() / 1e3);
        let is_there = self.source.density.is_some() && !self.source.blank && self.source.pad.pen.is_none();
        is_there.then(|| PageState {
            source,
            target: self.target.state.clone(),
            config: self.run.config.clone(),
            time,
            view: self.display.view,
            second_potential: self.second_potential(),
            arrows: self.controls.arrows.checked(),
            backend: self.compute.choice,
            lesson: self.address.lesson.clone(),
        })
    }

    /// Sets the page as a link says, but for the backend and the lesson; the run starts again only if it must. What a
    /// partial link does not name stays as it is.
    pub fn set_state(&mut self, query: &str, fragment: &str, is_partial: bool) {
        let own = if is_partial { self.state() } else { None };
        let (state, fault) = own.unwrap_or_default().changed(query, fragment);
        // An import is not in the state.
        let has_source =
            !is_partial || query.split('&').any(|part| part.starts_with("preset=")) || !fragment.is_empty();
        if let Some(sentence) = fault {
            return self.tell(sentence);
        }
        let is_same_target =
            state.target == self.target.state && (state.target != Target::Normal || self.target.other.is_none());
        if !is_same_target {
            let other = if let Target::Other(source) = state.target {
                target::of(&Replay::at_once(source.sketch()))
            } else {
                None
            };
            self.take_target(other);
        }
        match state.source {
            _ if !has_source => {}
            Source::Preset(preset) if self.source.drawing.preset() == Some(preset) => {}
            Source::Preset(preset) => self.act(Action::Preset(preset)),
            Source::Drawing(sketch) if self.source.drawing.sketch() == sketch => {}
            source => {
                self.source.drawing = Replay::at_once(source.sketch());
                self.drawing_changed();
            }
        }
        self.configure(state.config);
        self.controls.both.set_checked(state.second_potential == SecondPotential::Network);
        self.controls.arrows.set_checked(state.arrows);
        self.act(Action::Show(state.view));
        match state.time {
            Some(time) => self.set_time(time),
            None => self.display.playback.playing = !self.page.prefers("(prefers-reduced-motion: reduce)"),
        }
    }

    /// Updates the address if that is due; returns whether it is still behind.
    pub fn keep_link(&mut self, now_ms: f64) -> bool {
        if self.address.is_due(now_ms) && self.source.pad.pen.is_none() {
            // A drawing that is too long for a link leaves the address as it was.
            _ = self.write_link();
        }
        self.address.is_behind()
    }

    /// Updates the address to the state of the page, and returns the link.
    ///
    /// # Errors
    /// A sentence, when there is no link.
    pub fn write_link(&mut self) -> Result<String, String> {
        self.address.follows();
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
        address::replace(&self.page, &address, &self.keep());
        Ok(origin + &address)
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
        let but = match (self.source.drawing.is_imported(), is_target_lost) {
            (true, true) => " But it cannot hold your imports: it goes from 2spirals to the Normal.",
            (true, false) => " But it cannot hold your import: its source is 2spirals.",
            (false, true) => " But it cannot hold your import: its target is the Normal.",
            (false, false) => "",
        };
        self.tell(format!("{sentence}{but}"));
    }
}
