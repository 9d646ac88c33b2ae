//! The start of the program.

use crate::program::compare::Compare;
use crate::program::export::ExportPanel;
use crate::program::guide::{self, Guide};
use crate::program::history::History;
use crate::program::inspection_worker::InspectionWorker;
use crate::program::inspector::Inspector;
use crate::program::laboratory::Laboratory;
use crate::program::lessons::{self, Lessons};
use crate::program::panels::Panels;
use crate::program::shared::with;
use crate::program::step_inspector::StepInspectorPanel;
use crate::program::strip::Strip;
use crate::program::{compare, export, history, inspector, laboratory, step_inspector};
use flowsketch_protocol::panels::{FromPage, ToPage};
use flowsketch_web::port::{PANELS, Port};
use flowsketch_web::ticker::Ticker;
use std::cell::RefCell;
use std::rc::Rc;
use web_sys::{CustomEvent, CustomEventInit, Document, MessageChannel};

/// The markup of the panels that are sections of the page, in their order.
const MARKUP: &[&str] =
    &[markup!("step_inspector/panel.html"), markup!("compare/panel.html"), markup!("laboratory/panel.html")];

pub fn start() {
    let window = web_sys::window().expect("the program runs in a window");
    let document = window.document().expect("a window has a document");
    let channel = MessageChannel::new().expect("a page has message channels");
    let ticker = Ticker::new(&window);
    let waking = Rc::clone(&ticker);
    let page = Port::<FromPage>::new(channel.port1(), move || waking.wake());
    let sender = page.sender();
    std::panic::set_hook(Box::new(move |fault| {
        console_error_panic_hook::hook(fault);
        let sentence = "The panels have failed; all else works.";
        sender.send(&ToPage::Say(sentence.into()));
    }));
    show(&document);

    let worker = InspectionWorker::open(&ticker);
    let panels = Panels {
        strip: Strip::new(&document),
        inspector: Inspector::new(&document),
        export: ExportPanel::new(&document),
        laboratory: Laboratory::new(&document),
        compare: Compare::new(&document),
        step_inspector: StepInspectorPanel::new(&document),
        history: History::new(&document),
        guide: Guide::new(&document, &ticker),
        lessons: Lessons::new(&document, &window),
        window,
        document: document.clone(),
        ticker: Rc::clone(&ticker),
        page,
        scene: None,
        snapshots: vec![],
        worker,
    };
    let panels = Rc::new(RefCell::new(panels));
    let shared = Rc::clone(&panels);
    let waking = Rc::clone(&ticker);
    ticker.start(move |now_ms| {
        let waits = with(&shared, |panels| {
            let waits = panels.frame(now_ms);
            panels.open_first_lesson(&shared);
            waits
        });
        if waits == Some(true) {
            waking.wake();
        }
    });
    // The panels live as long as the page, and their listeners as long as they.
    let mut listeners = vec![];
    export::listeners::wire(&panels, &mut listeners);
    laboratory::listeners::wire(&panels, &mut listeners);
    compare::listeners::wire(&panels, &mut listeners);
    step_inspector::listeners::wire(&panels, &mut listeners);
    lessons::listeners::wire(&panels, &mut listeners);
    history::listeners::wire(&panels, &mut listeners);
    inspector::listeners::wire(&panels, &ticker, &mut listeners);
    std::mem::forget(listeners);

    let init = CustomEventInit::new();
    init.set_detail(&channel.port2());
    let event = CustomEvent::new_with_event_init_dict(PANELS, &init).expect("the name of the event is valid");
    document.dispatch_event(&event).expect("the event is not under way yet");
}

/// Puts the markup of the panels on the page.
fn show(document: &Document) {
    let body = document.body().expect("the page has a body");
    body.insert_adjacent_html("beforeend", markup!("export/panel.html")).expect("the markup is valid");
    // They are placed before the last section of the page's own.
    let main = document.query_selector("main").ok().flatten().expect("the page has its main part");
    main.insert_adjacent_html("afterbegin", lessons::MARKUP).expect("the markup is valid");
    let last = document.query_selector(".speed").ok().flatten().expect("the page has its panels");
    for panel in MARKUP {
        last.insert_adjacent_html("beforebegin", panel).expect("the markup is valid");
    }
    last.insert_adjacent_html("afterend", guide::WORDS).expect("the markup is valid");
}
