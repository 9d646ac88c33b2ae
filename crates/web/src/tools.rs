//! The tools, a second program of the page: loaded when the page has come to rest, told what is on it, and obeyed.

use crate::app::{Action, App};
use crate::backend::Backend;
use crate::sentence::Training;
use flowsketch_core::cpu::session::Progress;
use flowsketch_core::explore::{Paths, ShownFlow};
use flowsketch_web::dom::set;
use flowsketch_web::listener::Listener;
use flowsketch_web::number::grouped;
use flowsketch_web::port::{Port, TOOLS};
use flowsketch_web::ticker::Ticker;
use flowsketch_worker::take::Standing;
use flowsketch_worker::tools::{Asked, Scene, Told};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{CustomEvent, Document, Event};

/// They are loaded so long after the first measures, milliseconds: the first pictures have the machine to themselves.
const START_MS: f64 = 3_000.0;
const SCRIPT: &str = "./tools.js";

#[derive(Default)]
pub struct Tools {
    /// When the first measures came.
    since_ms: Option<f64>,
    loading: Option<Loading>,
    port: Option<Port<Asked>>,
    told: Option<Scene>,
    /// They asked for particles and have no answer yet.
    wait_for_paths: bool,
}

/// A script under way, and what came of it.
struct Loading {
    outcome: Rc<RefCell<Option<Outcome>>>,
    _listeners: [Listener; 2],
}

enum Outcome {
    Ready(Port<Asked>),
    Failed,
}

impl Tools {
    /// Whether the potentials of what is shown are wanted.
    pub fn want_flow(&self) -> bool {
        self.port.is_some()
    }

    /// The potentials of what is shown are others.
    pub fn take(&self, flow: Box<ShownFlow>) {
        self.tell(&Told::Flow(flow));
    }

    /// Where particles went, or none if they do not move here.
    pub fn take_paths(&mut self, paths: Option<Box<Paths>>) {
        self.wait_for_paths = false;
        self.tell(&Told::Paths(paths));
    }

    fn tell(&self, message: &Told) {
        if let Some(port) = &self.port {
            port.send(message);
        }
    }

    fn load(&mut self, document: &Document, ticker: &Rc<Ticker>) {
        let outcome = Rc::<RefCell<Option<_>>>::default();
        let script = document.create_element("script").expect("script is an element");
        set(&script, "type", "module");
        set(&script, "src", SCRIPT);
        let (own, waking) = (Rc::clone(&outcome), Rc::clone(ticker));
        let opened = Listener::new(document, TOOLS, move |event: CustomEvent| {
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

impl App {
    /// Does what the tools ask for, tells them what is new, or loads them; whether that can wait for no event.
    pub(crate) fn attend(&mut self, now_ms: f64) -> bool {
        if self.tools.port.is_none() {
            return self.await_tools(now_ms);
        }
        for asked in self.tools.port.as_ref().map(Port::take).unwrap_or_default() {
            self.obey(asked);
        }
        let scene = self.on_page();
        if self.tools.told.as_ref() != Some(&scene) {
            self.tools.tell(&Told::Scene(Box::new(scene.clone())));
            self.tools.told = Some(scene);
        }
        // Nothing moves them, or what did is lost.
        if self.tools.wait_for_paths && !self.run.as_ref().is_some_and(Backend::has_particles) {
            self.tools.take_paths(None);
        }
        self.tools.wait_for_paths
    }

    fn await_tools(&mut self, now_ms: f64) -> bool {
        let Some(loading) = &self.tools.loading else {
            if self.report.is_none() {
                return false;
            }
            let since_ms = *self.tools.since_ms.get_or_insert(now_ms);
            if now_ms - since_ms < START_MS {
                return true;
            }
            self.tools.load(&self.page.document, &self.ticker);
            return false;
        };
        match loading.outcome.take() {
            Some(Outcome::Ready(port)) => {
                self.tools.port = Some(port);
                self.ticker.wake();
            }
            Some(Outcome::Failed) => {
                self.speaker.tell("What looks closely at the flow could not be loaded; all else goes on.");
            }
            None => {}
        }
        false
    }

    fn obey(&mut self, asked: Asked) {
        match asked {
            Asked::Time(time) => self.act(Action::Time(time)),
            Asked::Play(playing) if playing != self.playing => self.act(Action::Play),
            Asked::Train(training) if training != (self.training == Training::On) => self.act(Action::Train),
            Asked::Play(_) | Asked::Train(_) => {}
            Asked::Epsilon(epsilon) => {
                self.set_epsilon(epsilon);
                self.changed();
            }
            Asked::Source(import) => self.take_brought(Ok(*import)),
            Asked::Say(sentence) => self.tell(sentence),
            Asked::Progress => {
                let progress = self.run.as_ref().and_then(Backend::progress).filter(|_| !self.source_waits);
                self.tools.tell(&Told::Progress(progress.map(Box::new)));
            }
            Asked::Launch(launch) => {
                self.tools.wait_for_paths = true;
                if let Some(run) = &mut self.run {
                    run.launch(self.shown, launch);
                }
            }
            Asked::Fork(progress) => self.fork(*progress),
            Asked::Standing => self.tools.tell(&Told::Standing(self.standing().map(Box::new))),
        }
    }

    /// The run goes on from a moment of its past.
    fn fork(&mut self, progress: Progress) {
        let (Some(run), Some(source), false) = (&mut self.run, &self.source, self.source_waits) else { return };
        let step = progress.step;
        run.go_on_from(source, self.target.density(), progress);
        self.restarted();
        self.step = step;
        self.train();
        self.refresh();
        self.tell(format!("Training goes on from step {}.", grouped(step)));
    }

    fn on_page(&self) -> Scene {
        Scene {
            is_live: self.run.is_some() && self.report.is_some(),
            source: self.source_name.clone(),
            target: self.target.name().into(),
            config: self.config.clone(),
            step: self.step,
            is_training: self.training == Training::On,
            time: self.time,
            is_playing: self.playing,
            shown: self.shown,
            is_dark: self.dark,
        }
    }

    /// The run as it stands. While the worker trains it tells so every three seconds.
    fn standing(&self) -> Option<Standing> {
        let progress = self.run.as_ref()?.progress().filter(|_| !self.source_waits).map(Box::new);
        Some(Standing {
            config: self.config.clone(),
            source: self.source.clone()?,
            name: self.source_name.clone(),
            target: self.target.other.clone(),
            progress,
            look: self.wanted(0.0).look,
        })
    }
}
