//! The entry of the lessons, their buttons, and what can be pressed in a step.

use crate::program::lessons::present::Stroke;
use crate::program::lessons::reader::{self, Lesson};
use crate::program::lessons::{COMPUTING, Lessons, Sets, line, present};
use crate::program::panels::Panels;
use crate::program::shared::{Shared, snapshot, with};
use flowsketch_protocol::inspection::{About, Question};
use flowsketch_protocol::panels::ToPage;
use flowsketch_state::LessonPlace;
use flowsketch_web::listener::Listener;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, Event, HtmlInputElement, KeyboardEvent, Response, Window};

const FAILED: &str = "The lessons could not be loaded: is there a network?";

impl Panels {
    fn ask_all(&self, asked: Vec<ToPage>) {
        for asked in asked {
            self.ask(&asked);
        }
    }

    fn show_step(&mut self, at: usize, sets: Sets) {
        let asked = self.lessons.show_step(&self.document, self.scene.as_ref(), at, sets);
        self.ask_all(asked);
        self.ticker.wake();
    }

    fn go_back(&mut self) {
        self.show_step(self.lessons.at.saturating_sub(1), Sets::Always);
    }

    fn present(&self, on: bool) {
        present::switch(&self.document, &self.lessons.elements.present, on);
    }

    /// Opens the lesson that the address names, when the page's state comes for the first time.
    pub fn open_first_lesson(&mut self, panels: &Shared) {
        let Some(scene) = self.scene.as_ref().filter(|_| !self.lessons.has_started) else { return };
        self.lessons.has_started = true;
        let search = self.window.location().search().unwrap_or_default();
        if search.contains("present") {
            self.present(true);
        }
        let Some(LessonPlace { name, step }) = scene.lesson.clone() else { return };
        // An address that was written by the page says the state too, which the reader may have changed.
        let sets = if search.contains("v=") { Sets::Never } else { Sets::Always };
        spawn_local(open(Rc::clone(panels), name, step.max(1) as usize - 1, sets));
    }
}

async fn text(window: &Window, address: &str) -> Option<String> {
    let response: Response = JsFuture::from(window.fetch_with_str(address)).await.ok()?.dyn_into().ok()?;
    let text = if response.ok() { response.text().ok()? } else { return None };
    JsFuture::from(text).await.ok()?.as_string()
}

async fn open_list(panels: Shared) {
    let Some(window) = with(&panels, |panels| panels.window.clone()) else { return };
    let list = text(&window, "lessons/index.html").await.and_then(|text| reader::list(&text));
    with(&panels, |panels| match &list {
        Some(list) => {
            panels.lessons.show_list(list);
            panels.ask(&ToPage::Lesson(None));
        }
        None => panels.ask(&ToPage::Say(FAILED.into())),
    });
}

async fn open(panels: Shared, name: String, at: usize, sets: Sets) {
    let Some(window) = with(&panels, |panels| panels.window.clone()) else { return };
    // The name has only letters, digits and hyphens, or is one of the list.
    let text = text(&window, &format!("lessons/{name}.html")).await;
    let lesson = text.and_then(|text| Lesson::read(&name, &text));
    with(&panels, |panels| match lesson {
        Some(lesson) => {
            panels.lessons.lesson = Some(lesson);
            panels.show_step(at, sets);
        }
        None => {
            panels.ask(&ToPage::Lesson(None));
            panels.ask(&ToPage::Say(format!("There is no lesson {name}, or it could not be loaded.")));
        }
    });
}

/// Judges the state that the reader made.
async fn check(panels: Shared, claim: String) {
    let Some(window) = with(&panels, |panels| panels.window.clone()) else { return };
    let Some(snapshot) = snapshot(&panels, &window).await else {
        with(&panels, |panels| panels.lessons.note("There is no flow yet: wait for the first picture."));
        return;
    };
    let about = About::Page {
        source: Box::new(snapshot.source),
        target: snapshot.target,
        epsilon: snapshot.config.epsilon,
        time: snapshot.view.time,
    };
    with(&panels, |panels| {
        panels.lessons.note(COMPUTING);
        panels.worker.ask(Question::Judge { about, claims: vec![claim] });
    });
}

/// Something in the panel was pressed; returns whether that was for the panel.
fn pressed(shared: &Shared, target: &Element) -> bool {
    let within = |selector: &str| target.closest(selector).ok().flatten();
    if let Some(row) = within("[data-lesson]").filter(|_| within("a").is_some()) {
        let name = row.get_attribute("data-lesson").unwrap_or_default();
        spawn_local(open(Rc::clone(shared), name, 0, Sets::Always));
    } else if let Some(link) = within("a.set") {
        let address = link.get_attribute("href").unwrap_or_default();
        let query = address.split_once('?').map_or("", |(_, query)| query).to_owned();
        with(shared, |panels| {
            let asked = panels.lessons.set_link(&query, "", true, panels.scene.as_ref());
            panels.ask(&asked);
            panels.ticker.wake();
        });
    } else if let Some(choice) = within(".choice") {
        with(shared, |panels| {
            let choices = reader::choices(&panels.lessons.elements.body);
            let number = choices.iter().position(|known| *known == choice).unwrap_or_default();
            if let Some(question) = panels.lessons.judge_choice(number) {
                panels.worker.ask(question);
            }
        });
    } else if within(".check-state").is_some() {
        let until = within(".question").and_then(|question| question.get_attribute("data-until"));
        spawn_local(check(Rc::clone(shared), until.unwrap_or_default()));
    } else {
        return false;
    }
    true
}

/// The next step; after the last one, the list of all lessons.
fn go_on(shared: &Shared) {
    let is_over = with(shared, |panels| {
        let Some(lesson) = &panels.lessons.lesson else { return false };
        if panels.lessons.at + 1 < lesson.steps.len() {
            panels.show_step(panels.lessons.at + 1, Sets::IfOwn);
            return false;
        }
        panels.lessons.finish();
        true
    });
    if is_over == Some(true) {
        spawn_local(open_list(Rc::clone(shared)));
    }
}

/// A pointer or a key that touches the page ends what the step still moves, before the page hears of it.
fn wire_touch(panels: &Shared) {
    let state = panels.borrow();
    let shared = Rc::clone(panels);
    let heard = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        with(&shared, |panels| {
            if !panels.lessons.elements.aside.contains(target.as_deref()) {
                let asked = panels.lessons.end_glide();
                panels.ask_all(asked);
            }
        });
    })
    .into_js_value();
    for kind in ["pointerdown", "keydown"] {
        let added = state.window.add_event_listener_with_callback_and_bool(kind, heard.unchecked_ref(), true);
        added.expect("a window takes listeners");
    }
}

/// Keys step the lesson before the page hears them.
fn wire_keys(panels: &Shared) {
    let state = panels.borrow();
    let shared = Rc::clone(panels);
    let heard = Closure::<dyn FnMut(KeyboardEvent)>::new(move |event: KeyboardEvent| {
        let stroke = with(&shared, |panels| {
            let lesson = panels.lessons.lesson.is_some().then_some(panels.lessons.elements.aside.as_ref());
            present::stroke(&panels.document, lesson, &event)
        });
        match stroke.flatten() {
            Some(Stroke::Next) => go_on(&shared),
            Some(Stroke::Back) => _ = with(&shared, Panels::go_back),
            Some(Stroke::Leave) => _ = with(&shared, |panels| panels.present(false)),
            None => return,
        }
        event.prevent_default();
        event.stop_propagation();
    })
    .into_js_value();
    let added = state.window.add_event_listener_with_callback_and_bool("keydown", heard.unchecked_ref(), true);
    added.expect("a window takes listeners");
}

pub fn wire(panels: &Shared, listeners: &mut Vec<Listener>) {
    wire_keys(panels);
    wire_touch(panels);
    let state = panels.borrow();
    let Lessons { elements, .. } = &state.lessons;
    line::listeners::wire(panels, &elements.body, listeners);
    let entry = state.document.get_element_by_id("learn").expect("the page has an entry to the lessons");
    for element in [&entry, elements.list.as_ref()] {
        let shared = Rc::clone(panels);
        listeners.push(Listener::new(element, "click", move |event: Event| {
            event.prevent_default();
            spawn_local(open_list(Rc::clone(&shared)));
        }));
    }
    let shared = Rc::clone(panels);
    listeners.push(Listener::new(&elements.body, "click", move |event: Event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if target.is_some_and(|target| pressed(&shared, &target)) {
            event.prevent_default();
        }
    }));
    let shared = Rc::clone(panels);
    listeners.push(Listener::new(&elements.body, "change", move |event: Event| {
        let Some(field) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else { return };
        with(&shared, |panels| {
            if let Some(epsilon) = reader::translate(&panels.lessons.elements.body, &field) {
                panels.ask(&ToPage::Epsilon(epsilon));
            }
        });
    }));
    let mut button = |element: &web_sys::EventTarget, act: fn(&mut Panels)| {
        let shared = Rc::clone(panels);
        listeners.push(Listener::new(element, "click", move |_: Event| _ = with(&shared, act)));
    };
    button(&elements.present, |panels| {
        panels.present(!present::is_on(&panels.document));
    });
    button(&elements.close, |panels| {
        panels.present(false);
        let asked = panels.lessons.close();
        panels.ask_all(asked);
    });
    button(&elements.back, Panels::go_back);
    button(&elements.again, |panels| panels.show_step(panels.lessons.at, Sets::Always));
    let shared = Rc::clone(panels);
    listeners.push(Listener::new(&elements.next, "click", move |_: Event| go_on(&shared)));
}
