//! Buttons, and the boxes of the settings.

use crate::action::Action;
use crate::app::App;
use crate::shared::{Shared, with};
use crate::speed;
use flowsketch_core::config::Recipe;
use flowsketch_core::explore::STILLS;
use flowsketch_core::measure::Tool;
use flowsketch_state::View;
use flowsketch_web::listener::Listener;
use std::rc::Rc;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Event, HtmlElement};

pub fn wire(app: &Shared, listeners: &mut Vec<Listener>) {
    wire_actions(app, listeners);
    wire_share(app, listeners);
    wire_settings(app, listeners);
    wire_speed(app, listeners);
}

fn wire_actions(app: &Shared, listeners: &mut Vec<Listener>) {
    let state = app.borrow();
    let controls = &state.controls;
    let mut actions: Vec<(&HtmlElement, Action)> = vec![
        (&controls.draw, Action::Tool(Tool::Draw)),
        (&controls.erase, Action::Tool(Tool::Erase)),
        (&controls.undo, Action::Undo),
        (&controls.redo, Action::Redo),
        (&controls.clear, Action::Clear),
        (&controls.train, Action::Train),
        (&controls.step, Action::Step),
        (&controls.reset, Action::Reset),
        (&controls.play, Action::Play),
        (&controls.theme, Action::Theme),
        (&controls.help, Action::Help),
        (&controls.learned, Action::Show(View::Learned)),
        (&controls.exact, Action::Show(View::Exact)),
        (&controls.difference, Action::Show(View::Difference)),
        (&controls.both, Action::Redraw),
        (&controls.arrows, Action::Redraw),
        (&controls.quadrature, Action::Recipe(Recipe::Quadrature)),
        (&controls.paper, Action::Recipe(Recipe::MonteCarlo)),
        (&controls.settings.default_values, Action::Values(Recipe::Quadrature)),
        (&controls.settings.paper_values, Action::Values(Recipe::MonteCarlo)),
    ];
    actions.extend(controls.presets.iter().map(|preset| (preset.button.as_ref(), Action::Preset(preset.preset))));
    actions.extend(controls.stills.iter().zip(STILLS).map(|(still, time)| (still.as_ref(), Action::Time(time))));
    for (element, action) in actions {
        let app = Rc::clone(app);
        listeners.push(Listener::new(element, "click", move |_: Event| {
            with(&app, |app| app.act(action));
        }));
    }
}

/// Copies the link within the click itself: the browser refuses it later.
fn wire_share(app: &Shared, listeners: &mut Vec<Listener>) {
    let button = app.borrow().controls.share.clone();
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&button, "click", move |_: Event| {
        let Some((link, window)) = with(&shared, |app| (app.write_link(), app.page.window.clone())) else { return };
        match link {
            Ok(link) => {
                // There is no clipboard unless the page comes over https or from localhost.
                let clipboard = window.navigator().clipboard();
                let copying = (!clipboard.is_undefined()).then(|| clipboard.write_text(&link));
                let shared = Rc::clone(&shared);
                spawn_local(async move {
                    let copied = match copying {
                        Some(copying) => JsFuture::from(copying).await.is_ok(),
                        None => false,
                    };
                    with(&shared, |app| app.shared(&link, copied));
                });
            }
            Err(sentence) => _ = with(&shared, |app| app.tell(sentence)),
        }
    }));
}

/// When one box of the settings changes, all are read.
fn wire_settings(app: &Shared, listeners: &mut Vec<Listener>) {
    let fields = app.borrow().controls.settings.fields.clone();
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&fields, "change", move |_: Event| {
        with(&shared, App::settings_changed);
    }));
}

/// One button measures, and stops it.
fn wire_speed(app: &Shared, listeners: &mut Vec<Listener>) {
    let button = app.borrow().speed.button.clone();
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&button, "click", move |_: Event| {
        if let Some(stop) = with(&shared, App::measure_or_stop).flatten() {
            spawn_local(speed::measure(Rc::clone(&shared), stop));
        }
    }));
}
