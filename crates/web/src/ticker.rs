//! Animation frames on demand, never more than one at a time.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::Window;

pub struct Ticker {
    window: Window,
    callback: OnceCell<Closure<dyn FnMut(f64)>>,
    requested: Cell<bool>,
}

impl Ticker {
    pub fn new(window: &Window) -> Rc<Self> {
        Rc::new(Self { window: window.clone(), callback: OnceCell::new(), requested: Cell::new(false) })
    }

    /// Calls `frame` with the time in milliseconds in each frame that was asked for.
    pub fn start(self: &Rc<Self>, mut frame: impl FnMut(f64) + 'static) {
        let ticker = Rc::clone(self);
        let callback = Closure::new(move |now_ms| {
            ticker.requested.set(false);
            frame(now_ms);
        });
        assert!(self.callback.set(callback).is_ok(), "the ticker is started once");
    }

    /// Asks for one frame, unless one is asked for already.
    pub fn wake(&self) {
        let Some(callback) = self.callback.get() else { return };
        if !self.requested.replace(true) {
            self.window
                .request_animation_frame(callback.as_ref().unchecked_ref())
                .expect("a window gives animation frames");
        }
    }
}
