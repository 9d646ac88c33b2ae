//! Sources that a person imports: files chosen, dropped or pasted, pasted points, and words. A separate worker reads
//! them: it is loaded only when needed, and delays nothing else.

use crate::listeners::keys::{self, Focus};
use crate::shared::{Shared, with};
use flowsketch_protocol::worker::{Answer, Material, Request};
use flowsketch_web::line::Line;
use flowsketch_web::listener::Listener;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::{ClipboardEvent, DataTransfer, DragEvent, Event, File};

/// Lets a worker read a source, and takes it unless another is imported meanwhile.
fn import(app: &Shared, material: Material, file: Option<File>) {
    let Some((window, fit, count)) = with(app, |app| {
        app.tell("Reading the source.".into());
        app.import.count += 1;
        (app.page.window.clone(), app.import.fit.checked(), app.import.count)
    }) else {
        return;
    };
    let app = Rc::clone(app);
    spawn_local(async move {
        let request = Request::Import { material, fit };
        let imported = match Line::answer(&window, &request, file.as_deref()).await {
            Ok((Answer::Imported(import), _)) => import,
            Ok(_) => Err("The worker answered something else.".into()),
            Err(words) => Err(format!("The worker that reads it failed: {}.", words.trim_end_matches('.'))),
        };
        with(&app, |app| {
            if app.import.count == count {
                app.take_import(imported);
            }
        });
    });
}

/// Imports a file of `data`, or else the text that is pasted; returns whether there was one.
fn import_data(app: &Shared, data: Option<DataTransfer>, pasted: bool) -> bool {
    let Some(data) = data else { return false };
    if let Some(file) = data.files().and_then(|files| files.get(0)) {
        import(app, Material::File(file.name()), Some(file));
        return true;
    }
    let rows = data.get_data("text/plain").unwrap_or_default();
    let is_there = pasted && !rows.trim().is_empty();
    if is_there {
        import(app, Material::Rows(rows), None);
    }
    is_there
}

pub fn wire(app: &Shared, listeners: &mut Vec<Listener>) {
    let (document, file, word) = {
        let state = app.borrow();
        (state.page.document.clone(), state.import.file.clone(), state.import.word.clone())
    };
    let (shared, input) = (Rc::clone(app), file.clone());
    listeners.push(Listener::new(&file, "change", move |_: Event| {
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            import(&shared, Material::File(file.name()), Some(file));
        }
        // The same file can be chosen again.
        input.set_value("");
    }));
    let form = word.form().expect("the word is in a form");
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&form, "submit", move |event: Event| {
        event.prevent_default();
        import(&shared, Material::Word(word.value().trim().into()), None);
    }));
    // Without this the browser would open the file in place of the page.
    listeners.push(Listener::new(&document, "dragover", |event: Event| event.prevent_default()));
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&document, "drop", move |event: DragEvent| {
        event.prevent_default();
        import_data(&shared, event.data_transfer(), false);
    }));
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&document, "paste", move |event: ClipboardEvent| {
        let focus = with(&shared, |app| keys::focus(&app.page.document, &app.page.pad));
        if !matches!(focus, Some(Focus::Text)) && import_data(&shared, event.clipboard_data(), true) {
            event.prevent_default();
        }
    }));
}
