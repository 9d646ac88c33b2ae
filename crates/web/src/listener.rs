//! Event listeners that are owned: dropping one removes it from its target.

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, EventTarget};

pub struct Listener {
    target: EventTarget,
    kind: &'static str,
    callback: Closure<dyn FnMut(Event)>,
}

impl Listener {
    /// Calls `callback` for events of this kind on `target`. `E` must be the type of these events.
    pub fn new<E: JsCast>(target: &EventTarget, kind: &'static str, mut callback: impl FnMut(E) + 'static) -> Self {
        let callback = Closure::<dyn FnMut(Event)>::new(move |event: Event| callback(event.unchecked_into()));
        target
            .add_event_listener_with_callback(kind, callback.as_ref().unchecked_ref())
            .expect("a listener can be added to any target");
        Self { target: target.clone(), kind, callback }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // If it cannot be removed, nothing can be done about it.
        _ = self.target.remove_event_listener_with_callback(self.kind, self.callback.as_ref().unchecked_ref());
    }
}
