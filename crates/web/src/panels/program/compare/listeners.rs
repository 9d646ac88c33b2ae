//! The start and end of a comparison, and its buttons.

use crate::program::panels::Panels;
use crate::program::shared::{Shared, snapshot, with};
use flowsketch_protocol::panels::ToPage;
use flowsketch_web::dom::press;
use flowsketch_web::listener::Listener;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::Event;

/// Begins a comparison from a snapshot of the page's run, which then pauses.
async fn begin(panels: Shared) {
    let Some(window) = with(&panels, |panels| panels.window.clone()) else { return };
    let snapshot = snapshot(&panels, &window).await;
    with(&panels, |panels| {
        panels.compare.is_starting = false;
        let snapshot = snapshot.ok_or("There is no run to compare with.".to_owned());
        let ticker = Rc::clone(&panels.ticker);
        match snapshot.and_then(|snapshot| panels.compare.begin(snapshot, &ticker)) {
            Ok(()) => panels.ask(&ToPage::Hold(true)),
            Err(sentence) => panels.compare.elements.state.set_text_content(Some(&sentence)),
        }
        panels.ticker.wake();
    });
}

/// Ends a comparison, if there is one; the page's run and flow go on as before.
fn end(panels: &mut Panels) {
    if panels.compare.end() {
        panels.ask(&ToPage::Hold(false));
    }
}

pub fn wire(panels: &Shared, listeners: &mut Vec<Listener>) {
    let state = panels.borrow();
    let compare = &state.compare;
    let shared = Rc::clone(panels);
    listeners.push(Listener::new(&compare.elements.form, "submit", move |event: Event| {
        event.prevent_default();
        let starts = with(&shared, |panels| {
            if panels.compare.both.is_some() {
                end(panels);
                return false;
            }
            !std::mem::replace(&mut panels.compare.is_starting, true)
        });
        if starts == Some(true) {
            spawn_local(begin(Rc::clone(&shared)));
        }
    }));
    let shared = Rc::clone(panels);
    listeners.push(Listener::new(&compare.elements.what, "change", move |_: Event| {
        with(&shared, |panels| {
            panels.compare.suggested = None;
            panels.ticker.wake();
        });
    }));
    for (button, axis) in &compare.elements.axes {
        let (shared, axis) = (Rc::clone(panels), *axis);
        listeners.push(Listener::new(button, "click", move |_: Event| {
            with(&shared, |panels| {
                panels.compare.axis = axis;
                for (button, other) in &panels.compare.elements.axes {
                    press(button, *other == axis);
                }
                panels.compare.draw();
            });
        }));
    }
    // Nothing is computed that nobody sees: closing the panel ends the comparison, hiding the page pauses it.
    let shared = Rc::clone(panels);
    listeners.push(Listener::new(&compare.elements.panel, "toggle", move |_: Event| {
        with(&shared, |panels| {
            if !panels.compare.elements.panel.has_attribute("open") {
                end(panels);
            }
            panels.ticker.wake();
        });
    }));
    let shared = Rc::clone(panels);
    listeners.push(Listener::new(&state.document, "visibilitychange", move |_: Event| {
        with(&shared, |panels| {
            if panels.document.hidden() {
                panels.compare.rest();
            }
            panels.ticker.wake();
        });
    }));
}
