//! The choice of the target.

use crate::app::App;
use crate::shared::{Shared, with};
use flowsketch_web::listener::Listener;
use std::rc::Rc;
use web_sys::Event;

pub fn wire(app: &Shared, listeners: &mut Vec<Listener>) {
    let select = app.borrow().target.select.clone();
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&select, "change", move |_: Event| {
        with(&shared, App::target_chosen);
    }));
}
