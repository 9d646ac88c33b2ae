//! The slider over the past, and what its buttons do.

use crate::program::panels::Panels;
use crate::program::shared::{Shared, snapshot, with};
use flowsketch_protocol::panels::ToPage;
use flowsketch_web::listener::Listener;
use flowsketch_worker::history::HistoryEntry;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::Event;

/// Shows the entry that the slider is at, unless it was moved on meanwhile.
async fn recall(panels: Shared, step: Option<u64>) {
    let Some(window) = with(&panels, |panels| panels.window.clone()) else { return };
    let snapshot = snapshot(&panels, &window).await;
    with(&panels, |panels| {
        let Panels { history, worker, .. } = panels;
        if let Some(snapshot) = snapshot.filter(|_| history.shown == step) {
            history.recall(snapshot, worker);
            panels.ticker.wake();
        }
    });
}

pub fn wire(panels: &Shared, listeners: &mut Vec<Listener>) {
    let state = panels.borrow();
    let history = &state.history;
    let shared = Rc::clone(panels);
    listeners.push(Listener::new(&history.slider, "input", move |_: Event| {
        let step = with(&shared, |panels| {
            panels.ticker.wake();
            panels.history.moved().then_some(panels.history.shown)
        });
        if let Some(step) = step.flatten() {
            spawn_local(recall(Rc::clone(&shared), step));
        }
    }));
    let shared = Rc::clone(panels);
    listeners.push(Listener::new(&history.fork, "click", move |_: Event| {
        with(&shared, |panels| {
            if let Some(HistoryEntry { checkpoint, .. }) = panels.history.entry().cloned() {
                panels.ask(&ToPage::Fork(Box::new(checkpoint)));
                panels.history.go_to_now();
                panels.ticker.wake();
            }
        });
    }));
    let shared = Rc::clone(panels);
    listeners.push(Listener::new(&history.now, "click", move |_: Event| {
        with(&shared, |panels| {
            panels.history.go_to_now();
            panels.ticker.wake();
        });
    }));
}
