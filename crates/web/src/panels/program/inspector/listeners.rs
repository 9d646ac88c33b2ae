//! Pointers and keys on the map.

use crate::program::inspector::{Hand, Inspector, SCROLLED};
use crate::program::particles::{ODE, SDE};
use crate::program::shared::{Shared, with};
use flowsketch_core::lattice::VIEW;
use flowsketch_web::dom::client;
use flowsketch_web::listener::Listener;
use flowsketch_web::ticker::Ticker;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent, PointerEvent};

/// Runs `act` on it, and asks for a frame.
fn act(panels: &Shared, ticker: &Ticker, act: impl FnOnce(&mut Inspector)) {
    with(panels, |panels| act(&mut panels.inspector));
    ticker.wake();
}

pub fn wire(panels: &Shared, ticker: &Rc<Ticker>, listeners: &mut Vec<Listener>) {
    wire_pointer(panels, ticker, listeners);
    wire_keys(panels, ticker, listeners);
    let state = panels.borrow();
    let Inspector { coupling, particles, .. } = &state.inspector;
    let mut button = |element: &HtmlElement, kind, change: fn(&mut Inspector)| {
        let (panels, ticker) = (Rc::clone(panels), Rc::clone(ticker));
        listeners.push(Listener::new(element, kind, move |_: Event| act(&panels, &ticker, change)));
    };
    button(&particles.toggles[ODE], "click", |inspector| inspector.toggle(ODE));
    button(&particles.toggles[SDE], "click", |inspector| inspector.toggle(SDE));
    button(&particles.directions[0], "click", |inspector| inspector.particles.turn(false));
    button(&particles.directions[1], "click", |inspector| inspector.particles.turn(true));
    button(&particles.count, "change", |inspector| inspector.particles.choose_count());
    button(&particles.trails, "change", |_| {});
    button(&coupling.let_go, "click", Inspector::let_go);
    for (element, given) in &coupling.given_buttons {
        let (panels, ticker, given) = (Rc::clone(panels), Rc::clone(ticker), *given);
        listeners.push(Listener::new(element, "click", move |_: Event| {
            act(&panels, &ticker, |inspector| inspector.coupling.give(given));
        }));
    }
    // With another size the map needs another number of pixels.
    let waking = Rc::clone(ticker);
    listeners.push(Listener::new(&state.window, "resize", move |_: Event| waking.wake()));
}

fn wire_pointer(panels: &Shared, ticker: &Rc<Ticker>, listeners: &mut Vec<Listener>) {
    let canvas = panels.borrow().inspector.map.canvas.clone();
    let mut on = |kind, change: fn(&mut Inspector, &PointerEvent, [f64; 2])| {
        let (panels, ticker) = (Rc::clone(panels), Rc::clone(ticker));
        listeners.push(Listener::new(&canvas, kind, move |event: PointerEvent| {
            act(&panels, &ticker, |inspector| change(inspector, &event, client(&event)));
        }));
    };
    on("pointerdown", |inspector, event, place| {
        if !event.is_primary() || event.button() != 0 {
            return;
        }
        if event.pointer_type() == "touch" {
            inspector.finger = Some(place);
            return;
        }
        // A pointer that is gone already cannot be captured, and need not be.
        _ = inspector.map.canvas.set_pointer_capture(event.pointer_id());
        (inspector.hand, inspector.cursor) = (Some(Hand::Pointer), inspector.map.world(place));
        inspector.press(inspector.cursor);
        inspector.is_dragging = inspector.coupling.pin().is_some();
    });
    on("pointermove", |inspector, event, place| {
        if event.pointer_type() == "touch" {
            return;
        }
        let point = inspector.map.world(place);
        (inspector.hand, inspector.cursor) = (Some(Hand::Pointer), point.map(|c| c.clamp(-VIEW, VIEW)));
        if inspector.is_dragging {
            inspector.coupling.hold(inspector.cursor);
        }
    });
    on("pointerup", |inspector, event, place| {
        inspector.is_dragging = false;
        let near = |from: [f64; 2]| (place[0] - from[0]).hypot(place[1] - from[1]) < SCROLLED;
        if event.pointer_type() == "touch" && inspector.finger.take().is_some_and(near) {
            inspector.cursor = inspector.map.world(place);
            inspector.press(inspector.cursor);
            inspector.hand = inspector.coupling.pin().map(|_| Hand::Finger);
        }
    });
    on("pointercancel", |inspector, _, _| (inspector.is_dragging, inspector.finger) = (false, None));
    on("pointerleave", |inspector, event, _| {
        if event.pointer_type() != "touch" && inspector.hand == Some(Hand::Pointer) {
            inspector.hand = None;
        }
    });
    // A pointer does not take the focus: the keys still act on the page.
    listeners.push(Listener::new(&canvas, "mousedown", move |event: Event| event.prevent_default()));
}

fn wire_keys(panels: &Shared, ticker: &Rc<Ticker>, listeners: &mut Vec<Listener>) {
    let (canvas, document, window) = {
        let state = panels.borrow();
        (state.inspector.map.canvas.clone(), state.document.clone(), state.window.clone())
    };
    let (shared, waking) = (Rc::clone(panels), Rc::clone(ticker));
    listeners.push(Listener::new(&canvas, "keydown", move |event: KeyboardEvent| {
        let now_ms = window.performance().map_or(0.0, |performance| performance.now());
        act(&shared, &waking, |inspector| {
            if inspector.key(&event, now_ms) {
                event.prevent_default();
                event.stop_propagation();
            }
        });
    }));
    let (shared, waking, own) = (Rc::clone(panels), Rc::clone(ticker), canvas.clone());
    listeners.push(Listener::new(&canvas, "focus", move |_: Event| {
        if own.matches(":focus-visible").unwrap_or(true) {
            act(&shared, &waking, |inspector| inspector.hand = Some(Hand::Keys));
        }
    }));
    let (shared, waking) = (Rc::clone(panels), Rc::clone(ticker));
    listeners.push(Listener::new(&canvas, "blur", move |_: Event| {
        act(&shared, &waking, |inspector| inspector.hand = inspector.hand.filter(|hand| *hand != Hand::Keys));
    }));
    let (shared, waking) = (Rc::clone(panels), Rc::clone(ticker));
    listeners.push(Listener::new(&document, "keydown", move |event: KeyboardEvent| {
        let takes_text = "dialog, select, textarea, input:not([type=range]):not([type=checkbox])";
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let is_text = target.is_some_and(|target| target.closest(takes_text).ok().flatten().is_some());
        if is_text || event.ctrl_key() || event.meta_key() || event.alt_key() || event.repeat() {
            return;
        }
        match event.key().to_ascii_lowercase().as_str() {
            "o" => act(&shared, &waking, |inspector| inspector.toggle(ODE)),
            "s" => act(&shared, &waking, |inspector| inspector.toggle(SDE)),
            "escape" => act(&shared, &waking, Inspector::let_go),
            _ => {}
        }
    }));
}
