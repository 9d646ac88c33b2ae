//! Drawing the source, choosing it, dragging ε and making half-steps.

use super::LineFigure;
use crate::program::panels::Panels;
use crate::program::shared::{Shared, with};
use flowsketch_core::explore::on_a_line::{HALF_WIDTH, cell_at};
use flowsketch_protocol::panels::ToPage;
use flowsketch_web::dom::client;
use flowsketch_web::listener::Listener;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, PointerEvent};

/// The part of a figure of that selector under an event.
fn within(event: &Event, selector: &str) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest(selector).ok().flatten()
}

/// Where a pointer is on an element as wide as the line: the cell, and the share of its height from below.
fn place(element: &Element, event: &PointerEvent) -> (usize, f64) {
    let [x, y] = client(event);
    let rectangle = element.get_bounding_client_rect();
    let across = (x - rectangle.left()) / rectangle.width();
    let up = (rectangle.bottom() - y) / rectangle.height();
    (cell_at(HALF_WIDTH * (2.0 * across - 1.0)), up.clamp(0.0, 1.0))
}

impl LineFigure {
    fn pointer_down(&mut self, event: &PointerEvent) {
        let Some(strip) = within(event, ".line-source").filter(|_| event.is_primary() && event.button() == 0) else {
            return;
        };
        event.prevent_default();
        // A pointer that is gone already cannot be captured, and need not be.
        _ = strip.set_pointer_capture(event.pointer_id());
        self.pointer_draws(&strip, event);
    }

    fn pointer_draws(&mut self, strip: &Element, event: &PointerEvent) {
        let (cell, height) = place(strip, event);
        self.draw_to(cell, height);
        self.stroke = Some((event.pointer_id(), cell, height));
    }

    fn pointer_moves(&mut self, event: &PointerEvent) {
        if self.stroke.as_ref().is_some_and(|(pointer, ..)| *pointer == event.pointer_id()) {
            let strip = self.elements.source.clone();
            self.pointer_draws(&strip, event);
        } else {
            let pair = within(event, ".line-pair");
            self.point_at(pair.map(|pair| place(&pair, event).0));
        }
    }

    fn pointer_up(&mut self, event: &PointerEvent) {
        self.stroke.take_if(|(pointer, ..)| *pointer == event.pointer_id());
    }

    fn click(&mut self, event: &Event) {
        if within(event, ".line-half").is_some() {
            self.half_step();
        } else if within(event, ".line-solve").is_some() {
            self.begin_solving();
        } else if within(event, ".line-zero").is_some() {
            self.restart();
        }
    }
}

pub fn wire(panels: &Shared, body: &Element, listeners: &mut Vec<Listener>) {
    let mut on = |kind: &'static str, act: fn(&mut LineFigure, &PointerEvent)| {
        let shared = Rc::clone(panels);
        listeners.push(Listener::new(body, kind, move |event: PointerEvent| {
            with(&shared, |panels| {
                if let Some(figure) = &mut panels.lessons.line {
                    act(figure, &event);
                    panels.ticker.wake();
                }
            });
        }));
    };
    on("pointerdown", LineFigure::pointer_down);
    on("pointermove", LineFigure::pointer_moves);
    on("pointerup", LineFigure::pointer_up);
    on("pointercancel", LineFigure::pointer_up);
    on("pointerleave", |figure, _| figure.point_at(None));
    on("click", |figure, event| figure.click(event));
    let shared = Rc::clone(panels);
    listeners.push(Listener::new(body, "input", move |event: Event| {
        with(&shared, |panels| changed(panels, &event));
    }));
}

fn changed(panels: &mut Panels, event: &Event) {
    let Some(figure) = &mut panels.lessons.line else { return };
    if within(event, ".line-epsilon").is_some() {
        let epsilon = figure.slider_epsilon();
        panels.ask(&ToPage::Epsilon(epsilon));
    } else if within(event, ".line-choice").is_some() {
        figure.choose();
    } else if within(event, ".line-printed").is_some() {
        figure.switch_form();
    }
    panels.ticker.wake();
}
