//! Pointers on the drawing pad, and its focus.

use crate::app::App;
use crate::shared::{Shared, with};
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
        if !event.is_primary() || !matches!(event.button(), 0 | 5) {
            return;
        }
        // A pointer that is gone already cannot be captured, and need not be.
        _ = canvas.set_pointer_capture(event.pointer_id());
        let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
        with(&shared, |app| app.pen_down(event.pointer_id(), x, y, event.button() == 5));
    }));

    let shared = Rc::clone(app);
    listeners.push(Listener::new(&target, "pointermove", move |event: PointerEvent| {
        let points = points(&event);
        with(&shared, |app| app.pen_moved(event.pointer_id(), &points));
    }));

    for kind in ["pointerup", "pointercancel", "lostpointercapture"] {
        let shared = Rc::clone(app);
        listeners.push(Listener::new(&target, kind, move |event: PointerEvent| {
            with(&shared, |app| app.pen_up(event.pointer_id()));
        }));
    }
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

/// Where a pointer was since the last event: all the places the browser knows, so that a fast stroke stays smooth.
fn points(event: &PointerEvent) -> Vec<[f64; 2]> {
    let at = |event: &PointerEvent| [f64::from(event.client_x()), f64::from(event.client_y())];
    // Older browsers have no coalesced events, and events made by scripts contain none.
    if !js_sys::Reflect::has(event, &"getCoalescedEvents".into()).unwrap_or(false) {
        return vec![at(event)];
    }
    let places: Vec<_> = event.get_coalesced_events().iter().map(|event| at(event.unchecked_ref())).collect();
    if places.is_empty() { vec![at(event)] } else { places }
}
