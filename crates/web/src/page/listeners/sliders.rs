//! Sliders and their number boxes.

use crate::app::App;
use crate::shared::{Shared, with};
use crate::widgets::controls::{Controls, Slider};
use flowsketch_web::listener::Listener;
use std::rc::Rc;
use web_sys::Event;

/// Keeps each slider and its number box equal, and applies their value.
pub fn wire(app: &Shared, listeners: &mut Vec<Listener>) {
    type Which = fn(&Controls) -> &Slider;
    type Change = fn(&mut App, f64);
    let brush: [Which; 2] = [|controls| &controls.size, |controls| &controls.softness];
    let mut sliders: Vec<(Which, Change)> =
        vec![(|controls| &controls.epsilon, App::set_epsilon), (|controls| &controls.time, App::set_time)];
    sliders.extend(brush.map(|which| (which, (|app, _| app.brush_changed()) as Change)));
    for (which, change) in sliders {
        let (range, field) = {
            let state = app.borrow();
            let slider = which(&state.controls);
            slider.set(slider.range_value());
            (slider.range.clone(), slider.field.clone())
        };
        let shared = Rc::clone(app);
        listeners.push(Listener::new(&range, "input", move |_: Event| {
            with(&shared, |app| {
                let value = which(&app.controls).range_value();
                which(&app.controls).set(value);
                change(app, value);
            });
        }));
        let shared = Rc::clone(app);
        listeners.push(Listener::new(&field, "change", move |_: Event| {
            with(&shared, |app| {
                // An entry that is not a number is reset.
                let slider = which(&app.controls);
                let value = slider.field_value().unwrap_or_else(|| slider.range_value());
                slider.set(value);
                change(app, value);
            });
        }));
    }
    let state = app.borrow();
    state.controls.epsilon.set(state.run.config.epsilon);
    state.controls.time.set(state.display.playback.time);
}
