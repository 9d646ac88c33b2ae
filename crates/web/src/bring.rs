//! Sources that a person brings: files chosen, dropped or pasted, pasted points, and words. A worker of its own reads them,
//! so that nothing of it is loaded before, and nothing waits for it.

use crate::app::App;
use crate::keys::{self, Focus};
use crate::wiring::{Shared, with};
use flowsketch_core::measure::Import;
use flowsketch_web::dom::element;
use flowsketch_web::line::Line;
use flowsketch_web::listener::Listener;
use flowsketch_worker::protocol::{Answer, Material, Request};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::{ClipboardEvent, DataTransfer, Document, DragEvent, Event, File, HtmlInputElement};

/// The controls, and how many things were brought: only the newest counts.
pub struct Bring {
    pub file: HtmlInputElement,
    fit: HtmlInputElement,
    word: HtmlInputElement,
    count: u32,
}

impl Bring {
    pub fn new(document: &Document) -> Self {
        let input = |id| element(document, id);
        Self { file: input("bring-file"), fit: input("bring-fit"), word: input("bring-word"), count: 0 }
    }
}

impl App {
    /// Takes what was read as the source; where it could not be, the source stays as it is.
    pub(crate) fn take_brought(&mut self, brought: Result<Import, String>) {
        match brought {
            Ok(import) => {
                self.speaker.acted();
                self.drawing.place(import);
                self.drawing_changed();
            }
            Err(sentence) => self.tell(format!("{sentence} The source stays as it was.")),
        }
    }
}

/// Has a source read, and takes it unless another was brought meanwhile.
fn bring(app: &Shared, material: Material, file: Option<File>) {
    let Some((window, fit, count)) = with(app, |app| {
        app.tell("Reading what you brought.".into());
        app.bring.count += 1;
        (app.page.window.clone(), app.bring.fit.checked(), app.bring.count)
    }) else {
        return;
    };
    let app = Rc::clone(app);
    spawn_local(async move {
        let request = Request::Bring { material, fit };
        let brought = match Line::answer(&window, &request, file.as_deref()).await {
            Ok((Answer::Brought(brought), _)) => brought,
            Ok(_) => Err("The worker answered something else.".into()),
            Err(words) => Err(format!("The worker that reads it failed: {}.", words.trim_end_matches('.'))),
        };
        with(&app, |app| {
            if app.bring.count == count {
                app.take_brought(brought);
            }
        });
    });
}

/// Has a file of `data` read, or else the text that is pasted; whether there was one.
fn bring_data(app: &Shared, data: Option<DataTransfer>, pasted: bool) -> bool {
    let Some(data) = data else { return false };
    if let Some(file) = data.files().and_then(|files| files.get(0)) {
        bring(app, Material::File(file.name()), Some(file));
        return true;
    }
    let rows = data.get_data("text/plain").unwrap_or_default();
    let is_there = pasted && !rows.trim().is_empty();
    if is_there {
        bring(app, Material::Rows(rows), None);
    }
    is_there
}

pub fn wire(app: &Shared, listeners: &mut Vec<Listener>) {
    let (document, file, word) = {
        let state = app.borrow();
        (state.page.document.clone(), state.bring.file.clone(), state.bring.word.clone())
    };
    let (shared, input) = (Rc::clone(app), file.clone());
    listeners.push(Listener::new(&file, "change", move |_: Event| {
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            bring(&shared, Material::File(file.name()), Some(file));
        }
        // The same file can be chosen again.
        input.set_value("");
    }));
    let form = word.form().expect("the word is in a form");
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&form, "submit", move |event: Event| {
        event.prevent_default();
        bring(&shared, Material::Word(word.value().trim().into()), None);
    }));
    // Without this the browser would open the file in place of the page.
    listeners.push(Listener::new(&document, "dragover", |event: Event| event.prevent_default()));
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&document, "drop", move |event: DragEvent| {
        event.prevent_default();
        bring_data(&shared, event.data_transfer(), false);
    }));
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&document, "paste", move |event: ClipboardEvent| {
        let focus = with(&shared, |app| keys::focus(&app.page.document, &app.page.pad));
        if !matches!(focus, Some(Focus::Text)) && bring_data(&shared, event.clipboard_data(), true) {
            event.prevent_default();
        }
    }));
}
