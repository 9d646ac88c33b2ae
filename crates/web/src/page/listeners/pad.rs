//! Pointers on the drawing pad, and its focus.

use crate::app::App;
use crate::shared::{Shared, with};
use crate::widgets::pad::Kind;
use flowsketch_web::dom::client;
use flowsketch_web::listener::Listener;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Event, EventTarget, HtmlElement, PointerEvent};

pub fn wire(app: &Shared, listeners: &mut Vec<Listener>) {
    let pad = app.borrow().page.pad.clone();
    let target: EventTarget = pad.clone().into();

    let (shared, canvas) = (Rc::clone(app), pad.clone());
    listeners.push(Listener::new(&target, "pointerdown", move |event: PointerEvent| {
        // Button 5 is the eraser end of a pen.
        if !matches!(event.button(), 0 | 5) {
            return;
        }
        let (id, eraser) = (event.pointer_id(), event.button() == 5);
        let draws = with(&shared, |app| app.pen_down(id, kind(&event), event.is_primary(), client(&event), eraser));
        if draws == Some(true) {
            // A pointer that is gone already cannot be captured, and need not be.
            _ = canvas.set_pointer_capture(id);
        }
    }));

    let shared = Rc::clone(app);
    listeners.push(Listener::new(&target, "pointermove", move |event: PointerEvent| {
        let points = points(&event);
        with(&shared, |app| app.pen_moved(event.pointer_id(), kind(&event), &points));
    }));

    for event in ["pointerup", "lostpointercapture"] {
        let shared = Rc::clone(app);
        listeners.push(Listener::new(&target, event, move |event: PointerEvent| {
            with(&shared, |app| app.pen_up(event.pointer_id()));
        }));
    }
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&target, "pointercancel", move |event: PointerEvent| {
        with(&shared, |app| app.pen_taken(event.pointer_id()));
    }));
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&target, "contextmenu", move |event: Event| {
        if with(&shared, App::menu_opens) == Some(false) {
            event.prevent_default();
        }
    }));
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&target, "pointerleave", move |_: PointerEvent| {
        with(&shared, |app| app.pointer_left());
    }));

    // A pointer that draws does not take the focus: the keys still act on the page.
    let document = app.borrow().page.document.clone();
    listeners.push(Listener::new(&target, "mousedown", move |event: Event| {
        event.prevent_default();
        if let Some(active) = document.active_element().and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            _ = active.blur();
        }
    }));
    let (shared, canvas) = (Rc::clone(app), pad);
    listeners.push(Listener::new(&target, "focus", move |_: Event| {
        if canvas.matches(":focus-visible").unwrap_or(true) {
            with(&shared, |app| app.pad_focused());
        }
    }));
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&target, "blur", move |_: Event| {
        with(&shared, App::pad_left);
    }));
}

fn kind(event: &PointerEvent) -> Kind {
    match event.pointer_type().as_str() {
        "pen" => Kind::Stylus,
        "touch" => Kind::Touch,
        _ => Kind::Mouse,
    }
}

/// Where a pointer was since the last event: all the places the browser knows, so that a fast stroke stays smooth.
fn points(event: &PointerEvent) -> Vec<[f64; 2]> {
    // Older browsers have no coalesced events, and events made by scripts contain none.
    if !js_sys::Reflect::has(event, &"getCoalescedEvents".into()).unwrap_or(false) {
        return vec![client(event)];
    }
    let places: Vec<_> =
        event.get_coalesced_events().iter().map(|event| client(event.unchecked_ref::<PointerEvent>())).collect();
    if places.is_empty() { vec![client(event)] } else { places }
}
