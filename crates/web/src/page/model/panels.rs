//! The panels, a second program of the page: loaded when the page has come to rest, and told what is on it.

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

/// They are loaded so long after the first measures, milliseconds: the first pictures have the machine to themselves.
pub const START_MS: f64 = 3_000.0;
const SCRIPT: &str = "./panels.js";

#[derive(Default)]
pub struct Panels {
    /// When the first measures came.
    pub since_ms: Option<f64>,
    pub loading: Option<Loading>,
    pub port: Option<Port<ToPage>>,
    pub told: Option<Scene>,
    /// They asked for particles and have no answer yet.
    pub wait_for_paths: bool,
}

/// A script under way, and what came of it.
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

    /// The potentials of what is shown are others.
    pub fn take(&self, flow: Box<ShownFlow>) {
        self.tell(&FromPage::Flow(flow));
    }

    /// Where particles went, or none if they do not move here.
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
