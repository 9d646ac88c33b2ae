//! Dragging the ellipse or typing its numbers, after which it becomes the source.

use crate::program::laboratory::NAME;
use crate::program::panels::Panels;
use crate::program::shared::{Shared, with};
use flowsketch_core::measure::{Density, Import};
use flowsketch_protocol::laboratory::TIMES;
use flowsketch_protocol::panels::ToPage;
use flowsketch_web::listener::Listener;
use std::rc::Rc;
use web_sys::{Event, PointerEvent};

impl Panels {
    /// The ellipse becomes the source of the page.
    fn take_gaussian(&self) {
        let density = Density::gaussian(&self.laboratory.shape.moments()).expect("the ellipse is on the map");
        self.ask(&ToPage::Source(Box::new(Import { name: NAME.into(), density })));
    }
}

pub fn wire(panels: &Shared, listeners: &mut Vec<Listener>) {
    let state = panels.borrow();
    let laboratory = &state.laboratory;
    let map = laboratory.elements.map.clone();
    let shared = Rc::clone(panels);
    listeners.push(Listener::new(&map, "pointerdown", move |event: PointerEvent| {
        with(&shared, |panels| {
            let laboratory = &mut panels.laboratory;
            let handle = laboratory.nearest(laboratory.place(&event));
            if let Some(handle) = handle.filter(|_| event.is_primary() && event.button() == 0) {
                event.prevent_default();
                // A pointer that is gone already cannot be captured, and need not be.
                _ = laboratory.elements.map.set_pointer_capture(event.pointer_id());
                laboratory.drag = Some((event.pointer_id(), handle));
            }
        });
    }));
    let shared = Rc::clone(panels);
    listeners.push(Listener::new(&map, "pointermove", move |event: PointerEvent| {
        with(&shared, |panels| {
            let laboratory = &mut panels.laboratory;
            if let Some((_, handle)) = laboratory.drag.filter(|(pointer, _)| *pointer == event.pointer_id()) {
                laboratory.shape = laboratory.shape.dragged(handle, laboratory.place(&event));
                panels.ticker.wake();
            }
        });
    }));
    for kind in ["pointerup", "pointercancel"] {
        let shared = Rc::clone(panels);
        listeners.push(Listener::new(&map, kind, move |event: PointerEvent| {
            with(&shared, |panels| {
                if panels.laboratory.drag.take_if(|(pointer, _)| *pointer == event.pointer_id()).is_some() {
                    panels.take_gaussian();
                }
            });
        }));
    }
    for field in &laboratory.elements.fields {
        let shared = Rc::clone(panels);
        listeners.push(Listener::new(field, "change", move |_: Event| {
            with(&shared, |panels| {
                panels.laboratory.read();
                panels.take_gaussian();
            });
        }));
    }
    let shared = Rc::clone(panels);
    listeners.push(Listener::new(&laboratory.elements.take, "click", move |_: Event| {
        with(&shared, |panels| panels.take_gaussian());
    }));
    for (k, column) in laboratory.elements.columns.iter().enumerate() {
        let shared = Rc::clone(panels);
        listeners.push(Listener::new(&column.button, "click", move |_: Event| {
            with(&shared, |panels| {
                panels.laboratory.column = k;
                panels.ask(&ToPage::Time(TIMES[k]));
                panels.ticker.wake();
            });
        }));
    }
    let shared = Rc::clone(panels);
    listeners.push(Listener::new(&laboratory.elements.panel, "toggle", move |_: Event| {
        with(&shared, |panels| panels.ticker.wake());
    }));
}
