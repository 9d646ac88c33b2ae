//! The start of the program, in several short tasks, and the opening of devices.

use crate::app::App;
use crate::app::frame::Next;
use crate::backend::Backend;
use crate::capability::{self, CpuReason};
use crate::device::device;
use crate::listeners;
use crate::model::address;
use crate::model::display::THUMBNAIL_SIDE;
use crate::replay::{placed, replay};
use crate::shared::{Shared, with};
use crate::widgets::page::{Page, stop};
use flowsketch_core::lattice::{Lattice, VIEW};
use flowsketch_core::measure::Preset;
use flowsketch_state::{Choice, Source, Target};
use flowsketch_web::dom::pause;
use flowsketch_web::ticker::Ticker;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// Pause between two tasks of the start, milliseconds.
const PAUSE_MS: i32 = 20;
/// An adapter that has not answered for so long, milliseconds, is not waited for.
const ADAPTER_MS: i32 = 4_000;

pub fn start() {
    let window = web_sys::window().expect("the program runs in a window");
    let document = window.document().expect("a window has a document");
    std::panic::set_hook(Box::new(move |fault| {
        console_error_panic_hook::hook(fault);
        stop(&document, &capability::fault());
    }));
    let page = Page::new(window.clone());

    let (state, refused) = address::read(&page);

    let ticker = Ticker::new(&window);
    let app = Rc::new(RefCell::new(App::new(page, Rc::clone(&ticker), &state, refused)));
    let shared = Rc::clone(&app);
    ticker.start(move |now_ms| {
        let next = with(&shared, |app| app.frame(now_ms));
        match next {
            Some(Next::Frame) => with(&shared, |app| app.ticker.wake()).unwrap_or_default(),
            Some(Next::Open) => spawn_local(open(Rc::clone(&shared))),
            Some(Next::Rest) | None => {}
        }
    });
    listeners::listen(&app);
    ticker.wake();

    spawn_local(begin(app, state.source, state.target));
}

/// Loads the first source, opens the first device, and draws the presets: each a task of its own, so that the page
/// stays responsive.
async fn begin(app: Shared, source: Source, target: Target) {
    let window = app.borrow().page.window.clone();
    pause(&window, PAUSE_MS).await;
    let [kept_source, kept_target] = address::kept(&app.borrow().page);
    let target = match (target, kept_target) {
        (Target::Other(target), _) => Some(replay(&window, target).await),
        (Target::Normal, kept) => kept.map(placed),
    };
    if let Some(target) = target {
        with(&app, |app| app.start_to(&target));
        pause(&window, PAUSE_MS).await;
    }
    let drawing = match kept_source {
        Some(import) => placed(import),
        None => replay(&window, source).await,
    };
    with(&app, |app| app.start(drawing));
    pause(&window, PAUSE_MS).await;
    spawn_local(open(Rc::clone(&app)));
    for preset in Preset::ALL {
        pause(&window, PAUSE_MS).await;
        let values = preset.on_lattice(&Lattice::centred(VIEW, THUMBNAIL_SIDE as usize));
        with(&app, |app| app.display.add_thumbnail(&app.controls.presets, &values));
    }
}

/// Opens a device, the first or another, or else a worker. An adapter that answers late takes the run over from the worker.
async fn open(app: Shared) {
    let (window, choice, is_for_processor) = {
        let state = app.borrow();
        (state.page.window.clone(), state.compute.choice, state.target.other.is_some())
    };
    let has_answered = Rc::new(Cell::new(false));
    if choice == Choice::Auto {
        let (app, window, has_answered) = (Rc::clone(&app), window.clone(), Rc::clone(&has_answered));
        spawn_local(async move {
            pause(&window, ADAPTER_MS).await;
            if !has_answered.get() {
                with(&app, |app| app.compute_in_worker(CpuReason::Silent));
            }
        });
    }
    let device = device(&window, choice, || with(&app, |app| app.canvas_for_device())).await;
    has_answered.set(true);
    let is_late = with(&app, |app| app.compute.reason == Some(CpuReason::Silent)) == Some(true);
    let device = match device {
        Ok(_) if is_for_processor => Err(CpuReason::Target),
        device => device,
    };
    match device {
        Ok((gpu, stage)) => {
            with(&app, |app| app.compute_on(&gpu, stage));
            let name = capability::adapter_name(&window).await;
            with(&app, |app| {
                if let Some(Backend::Gpu(_)) = app.compute.backend {
                    app.readout.name_adapter(&gpu, name);
                }
            });
        }
        // It computes already.
        Err(why) if is_late => _ = with(&app, |app| app.compute_in_worker_because(why)),
        Err(why) => _ = with(&app, |app| app.compute_in_worker(why)),
    }
}
