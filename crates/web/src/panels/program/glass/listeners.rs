//! The step inspector is opened, stepped and closed.

use crate::program::glass::NUDGE;
use crate::program::panels::Panels;
use crate::program::shared::{Shared, snapshot, with};
use flowsketch_web::dom::press;
use flowsketch_web::line::{INSPECTION_WORKER, Line};
use flowsketch_web::listener::Listener;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Event, HtmlButtonElement, KeyboardEvent, PointerEvent};

/// Gives a copy of the page's run to the step inspector.
async fn open(panels: Shared) {
    let Some(window) = with(&panels, |panels| panels.window.clone()) else { return };
    let snapshot = snapshot(&panels, &window).await;
    with(&panels, |panels| {
        let ticker = Rc::clone(&panels.ticker);
        let glass = &mut panels.glass;
        glass.close();
        let opened = snapshot.ok_or("There is no run to be looked at.".to_owned()).and_then(|snapshot| {
            let waking = Rc::clone(&ticker);
            glass.line = Some(Line::open(INSPECTION_WORKER, Rc::new(move || waking.wake()))?);
            glass.recipe = snapshot.config.recipe;
            glass.opening = Some(Box::new(snapshot));
            Ok(())
        });
        let words = match &opened {
            Ok(()) => "Copying the page’s run.",
            Err(sentence) => sentence,
        };
        glass.elements.words.set_text_content(Some(words));
        ticker.wake();
    });
}

pub fn wire(panels: &Shared, listeners: &mut Vec<Listener>) {
    let state = panels.borrow();
    let glass = &state.glass;
    // What a click does, and a frame shows.
    let mut click = |target: &HtmlButtonElement, act: Box<dyn Fn(&mut Panels)>| {
        let shared = Rc::clone(panels);
        listeners.push(Listener::new(target, "click", move |_: Event| {
            with(&shared, |panels| {
                act(panels);
                panels.ticker.wake();
            });
        }));
    };
    let now_ms = |panels: &Panels| panels.window.performance().map_or(0.0, |performance| performance.now());
    click(
        &glass.elements.next,
        Box::new(move |panels| {
            let now_ms = now_ms(panels);
            panels.glass.set_slow(false);
            panels.glass.go_on(now_ms);
        }),
    );
    click(
        &glass.elements.slow,
        Box::new(|panels| {
            let slow = !panels.glass.is_slow;
            panels.glass.set_slow(slow);
        }),
    );
    for (k, line) in glass.elements.lists.iter().flat_map(|list| list.lines.iter().enumerate()) {
        click(
            line,
            Box::new(move |panels| {
                panels.glass.set_slow(false);
                (panels.glass.stage, panels.glass.drawn) = (k, None);
            }),
        );
    }
    for (button, half) in &glass.elements.halves {
        let half = *half;
        click(
            button,
            Box::new(move |panels| {
                let glass = &mut panels.glass;
                glass.half = half;
                for (button, other) in &glass.elements.halves {
                    press(button, *other == half);
                }
                // What is chosen is seen at once.
                if glass.slide.is_some() && !glass.is_waiting {
                    glass.step();
                }
            }),
        );
    }
    let shared = Rc::clone(panels);
    listeners
        .push(Listener::new(&glass.elements.again, "click", move |_: Event| spawn_local(open(Rc::clone(&shared)))));
    let shared = Rc::clone(panels);
    listeners.push(Listener::new(&glass.elements.map, "pointerdown", move |event: PointerEvent| {
        if event.is_primary() && event.button() == 0 {
            with(&shared, |panels| {
                let point = panels.glass.under(&event);
                panels.glass.look(point);
                panels.ticker.wake();
            });
        }
    }));
    let shared = Rc::clone(panels);
    listeners.push(Listener::new(&glass.elements.map, "keydown", move |event: KeyboardEvent| {
        let by = match event.key().as_str() {
            "ArrowLeft" => [-NUDGE, 0.0],
            "ArrowRight" => [NUDGE, 0.0],
            "ArrowUp" => [0.0, NUDGE],
            "ArrowDown" => [0.0, -NUDGE],
            _ => return,
        };
        event.prevent_default();
        // The page's own keys move t and epsilon.
        event.stop_propagation();
        with(&shared, |panels| {
            let [x, y] = panels.glass.point;
            panels.glass.look([x + by[0], y + by[1]]);
            panels.ticker.wake();
        });
    }));
    // A closed panel costs nothing.
    let shared = Rc::clone(panels);
    listeners.push(Listener::new(&glass.elements.panel, "toggle", move |_: Event| {
        let is_open = with(&shared, |panels| {
            let is_open = panels.glass.elements.panel.has_attribute("open");
            if !is_open {
                panels.glass.close();
            }
            is_open
        });
        if is_open == Some(true) {
            spawn_local(open(Rc::clone(&shared)));
        }
    }));
}
