//! The panels, a second program: loaded some seconds after the first picture, and kept informed of the page's state.

use flowsketch_core::explore::Trajectories;
use flowsketch_core::shown::ShownFlow;
use flowsketch_protocol::panels::{FromPage, Scene, ToPage};
use flowsketch_web::dom::set;
use flowsketch_web::listener::Listener;
use flowsketch_web::port::{PANELS, Port};
use flowsketch_web::ticker::Ticker;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{CustomEvent, Document, Event};

/// Delay from the first measurement to loading the panels, milliseconds, so that they do not slow the first pictures.
pub const START_MS: f64 = 3_000.0;
const SCRIPT: &str = "./panels.js";

#[derive(Default)]
pub struct Panels {
    /// When the first measurement came.
    pub since_ms: Option<f64>,
    pub loading: Option<Loading>,
    pub port: Option<Port<ToPage>>,
    /// The scene sent last.
    pub told: Option<Scene>,
    /// The panels asked for particles and have no answer yet.
    pub wait_for_paths: bool,
}

/// A script that is being loaded, and the outcome.
pub struct Loading {
    pub outcome: Rc<RefCell<Option<Outcome>>>,
    _listeners: [Listener; 2],
}

pub enum Outcome {
    Ready(Port<ToPage>),
    Failed,
}

impl Panels {
    /// Whether the potentials of what is shown are wanted.
    pub fn want_flow(&self) -> bool {
        self.port.is_some()
    }

    /// Sends the new potentials of the flow shown to the panels.
    pub fn take(&self, flow: Box<ShownFlow>) {
        self.tell(&FromPage::Flow(flow));
    }

    /// Sends the trajectories of the particles; none if this backend moves no particles.
    pub fn take_paths(&mut self, paths: Option<Box<Trajectories>>) {
        self.wait_for_paths = false;
        self.tell(&FromPage::Trajectories(paths));
    }

    pub fn tell(&self, message: &FromPage) {
        if let Some(port) = &self.port {
            port.send(message);
        }
    }

    pub fn load(&mut self, document: &Document, ticker: &Rc<Ticker>) {
        let outcome = Rc::<RefCell<Option<_>>>::default();
        let script = document.create_element("script").expect("script is an element");
        set(&script, "type", "module");
        set(&script, "src", SCRIPT);
        let (own, waking) = (Rc::clone(&outcome), Rc::clone(ticker));
        let opened = Listener::new(document, PANELS, move |event: CustomEvent| {
            let ticker = Rc::clone(&waking);
            let port = Port::new(event.detail().unchecked_into(), move || ticker.wake());
            *own.borrow_mut() = Some(Outcome::Ready(port));
            waking.wake();
        });
        let (own, waking) = (Rc::clone(&outcome), Rc::clone(ticker));
        let failed = Listener::new(&script, "error", move |_: Event| {
            *own.borrow_mut() = Some(Outcome::Failed);
            waking.wake();
        });
        document.body().expect("the page has a body").append_child(&script).expect("a body takes a script");
        self.loading = Some(Loading { outcome, _listeners: [opened, failed] });
    }
}
