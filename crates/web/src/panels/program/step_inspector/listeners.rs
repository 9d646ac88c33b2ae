//! The step inspector is opened, stepped and closed.

use crate::program::panels::Panels;
use crate::program::shared::{Shared, snapshot, with};
use crate::program::step_inspector::NUDGE;
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
        let step_inspector = &mut panels.step_inspector;
        step_inspector.close();
        let opened = snapshot.ok_or("There is no run to be looked at.".to_owned()).and_then(|snapshot| {
            let waking = Rc::clone(&ticker);
            step_inspector.line = Some(Line::open(INSPECTION_WORKER, Rc::new(move || waking.wake()))?);
            step_inspector.recipe = snapshot.config.recipe;
            step_inspector.opening = Some(Box::new(snapshot));
            Ok(())
        });
        let words = match &opened {
            Ok(()) => "Copying the page’s run.",
            Err(sentence) => sentence,
        };
        step_inspector.elements.words.set_text_content(Some(words));
        ticker.wake();
    });
}

pub fn wire(panels: &Shared, listeners: &mut Vec<Listener>) {
    let state = panels.borrow();
    let step_inspector = &state.step_inspector;
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
        &step_inspector.elements.next,
        Box::new(move |panels| {
            let now_ms = now_ms(panels);
            panels.step_inspector.set_slow(false);
            panels.step_inspector.go_on(now_ms);
        }),
    );
    click(
        &step_inspector.elements.slow,
        Box::new(|panels| {
            let slow = !panels.step_inspector.is_slow;
            panels.step_inspector.set_slow(slow);
        }),
    );
    for (k, line) in step_inspector.elements.lists.iter().flat_map(|list| list.lines.iter().enumerate()) {
        click(
            line,
            Box::new(move |panels| {
                panels.step_inspector.set_slow(false);
                (panels.step_inspector.stage, panels.step_inspector.drawn) = (k, None);
            }),
        );
    }
    for (button, updated) in &step_inspector.elements.halves {
        let updated = *updated;
        click(
            button,
            Box::new(move |panels| {
                let step_inspector = &mut panels.step_inspector;
                step_inspector.updated = updated;
                for (button, other) in &step_inspector.elements.halves {
                    press(button, *other == updated);
                }
                // The choice takes effect at once.
                if step_inspector.trace.is_some() && !step_inspector.is_waiting {
                    step_inspector.step();
                }
            }),
        );
    }
    let shared = Rc::clone(panels);
    listeners.push(Listener::new(&step_inspector.elements.again, "click", move |_: Event| {
        spawn_local(open(Rc::clone(&shared)))
    }));
    let shared = Rc::clone(panels);
    listeners.push(Listener::new(&step_inspector.elements.map, "pointerdown", move |event: PointerEvent| {
        if event.is_primary() && event.button() == 0 {
            with(&shared, |panels| {
                let point = panels.step_inspector.under(&event);
                panels.step_inspector.look(point);
                panels.ticker.wake();
            });
        }
    }));
    let shared = Rc::clone(panels);
    listeners.push(Listener::new(&step_inspector.elements.map, "keydown", move |event: KeyboardEvent| {
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
            let [x, y] = panels.step_inspector.point;
            panels.step_inspector.look([x + by[0], y + by[1]]);
            panels.ticker.wake();
        });
    }));
    // A closed panel costs nothing.
    let shared = Rc::clone(panels);
    listeners.push(Listener::new(&step_inspector.elements.panel, "toggle", move |_: Event| {
        let is_open = with(&shared, |panels| {
            let is_open = panels.step_inspector.elements.panel.has_attribute("open");
            if !is_open {
                panels.step_inspector.close();
            }
            is_open
        });
        if is_open == Some(true) {
            spawn_local(open(Rc::clone(&shared)));
        }
    }));
}
