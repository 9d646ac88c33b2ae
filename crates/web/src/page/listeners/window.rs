//! Keys, and events of the window: visibility, address, errors, colour scheme.

use crate::app::App;
use crate::capability;
use crate::listeners::keys::{self, Focus};
use crate::shared::{Shared, with};
use crate::widgets::page::stop;
use flowsketch_web::listener::Listener;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Event, KeyboardEvent, MediaQueryList};

pub fn wire(app: &Shared, listeners: &mut Vec<Listener>) {
    let (window, document) = {
        let state = app.borrow();
        (state.page.window.clone(), state.page.document.clone())
    };
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&document, "keydown", move |event: KeyboardEvent| {
        with(&shared, |app| {
            let focus = keys::focus(&app.page.document, &app.page.pad);
            if focus == Focus::Pad
                && let Some(key) = keys::pad_key(&event)
            {
                event.prevent_default();
                app.pad_key(key);
            } else if let Some(action) = keys::action(&event, focus, app.controls.characters.checked()) {
                event.prevent_default();
                app.act(action);
            }
        });
    }));

    // Nothing runs while the page is hidden.
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&document, "visibilitychange", move |_: Event| {
        with(&shared, App::visibility_changed);
    }));

    // A link that differs only in its fragment, the drawing, does not make the browser load the page again.
    let location = window.location();
    listeners.push(Listener::new(&window, "hashchange", move |_: Event| _ = location.reload()));

    // An error that is not a panic can leave the state borrowed, and so unusable: say so.
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&window, "error", move |_: Event| {
        if shared.try_borrow_mut().is_err() {
            stop(&document, &capability::fault());
        }
    }));

    let schemes = window.match_media("(prefers-color-scheme: dark)").ok().flatten();
    if let Some(schemes) = schemes {
        let shared = Rc::clone(app);
        listeners.push(Listener::new::<Event>(schemes.unchecked_ref::<MediaQueryList>(), "change", move |_| {
            with(&shared, App::theme_changed);
        }));
    }
}
