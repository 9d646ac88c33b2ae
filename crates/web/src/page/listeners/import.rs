//! Sources that a person imports: files chosen, dropped or pasted, pasted points, and words. A separate worker reads
//! them: it is loaded only when needed, and delays nothing else.

use crate::listeners::keys::{self, Focus};
use crate::shared::{Shared, with};
use flowsketch_core::measure::Levels;
use flowsketch_protocol::worker::{Answer, Material, Request};
use flowsketch_web::dom::words;
use flowsketch_web::line::Line;
use flowsketch_web::listener::Listener;
use js_sys::{Function, Promise, Reflect};
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, ClipboardEvent, DataTransfer, DragEvent, Event, File, FileList, Window};

/// Lets a worker read a source, and takes it unless another is imported meanwhile. `file` is an image or points; `levels`
/// are given when the image on the pad is read again.
fn import(app: &Shared, material: Material, file: Option<File>, levels: Option<Levels>) {
    let Some((window, fit, count)) = with(app, |app| {
        app.tell("Reading the source.".into());
        app.import.count += 1;
        (app.page.window.clone(), app.import.fit.checked(), app.import.count)
    }) else {
        return;
    };
    let app = Rc::clone(app);
    spawn_local(async move {
        let request = Request::Import { material, fit, levels: levels.unwrap_or_default() };
        let mut bytes = file.clone().map(Blob::from);
        let imported = loop {
            match Line::answer(&window, &request, bytes.as_ref()).await {
                Ok((Answer::Imported(import), _)) => break import,
                Ok((Answer::Vector { text, size }, _)) => match raster(&window, &text, size).await {
                    Ok(pixels) => bytes = Some(pixels),
                    Err(error) => break Err(refusal(&words(&error))),
                },
                Ok(_) => break Err(refusal("the worker answered something else")),
                Err(words) => break Err(refusal(&words)),
            }
        };
        let is_behind = with(&app, |app| {
            app.import.is_reading = false;
            if app.import.count == count {
                app.take_imported(imported, file, levels.is_some());
            }
            std::mem::take(&mut app.import.is_behind)
        });
        if is_behind == Some(true) {
            read_again(&app);
        }
    });
}

/// The image of a vector image's text, as web/vector.js draws it.
async fn raster(window: &Window, text: &str, [width, height]: [u32; 2]) -> Result<Blob, JsValue> {
    let draw: Function = Reflect::get(window, &"rasterImage".into())?.dyn_into()?;
    let drawn: Promise = draw.call3(window, &text.into(), &width.into(), &height.into())?.dyn_into()?;
    Ok(JsFuture::from(drawn).await?.unchecked_into())
}

fn refusal(words: &str) -> String {
    format!("It cannot be read: {}.", words.trim_end_matches('.'))
}

/// Reads the image on the pad with the levels that its controls show now.
fn read_again(app: &Shared) {
    let image = with(app, |app| {
        let form = &mut app.import;
        form.is_behind = form.is_reading;
        let image = form.image.clone().filter(|_| !form.is_reading)?;
        form.is_reading = true;
        Some((image, form.levels()))
    });
    if let Some((image, levels)) = image.flatten() {
        import(app, Material::File(image.name()), Some(image), Some(levels));
    }
}

/// Imports one of `files`, and says so if there are more; returns whether there was one.
fn import_file(app: &Shared, files: Option<FileList>) -> bool {
    let Some(files) = files.filter(|files| files.length() > 0) else { return false };
    if files.length() > 1 {
        let count = files.length();
        with(app, |app| app.tell(format!("These are {count} files: a source is made of one. The source stays.")));
    } else if let Some(file) = files.get(0) {
        import(app, Material::File(file.name()), Some(file), None);
    }
    true
}

/// Imports what was pasted, text first: a spreadsheet puts a picture of the cells beside them.
fn import_pasted(app: &Shared, data: &DataTransfer) -> bool {
    let rows = data.get_data("text/plain").unwrap_or_default();
    if rows.trim().is_empty() {
        return import_file(app, data.files());
    }
    import(app, Material::Rows(rows), data.files().and_then(|files| files.get(0)), None);
    true
}

/// Imports what was dropped: a file, or text that is no address.
fn import_dropped(app: &Shared, data: &DataTransfer) {
    if import_file(app, data.files()) {
        return;
    }
    let [address, rows] = ["text/uri-list", "text/plain"].map(|kind| data.get_data(kind).unwrap_or_default());
    if !address.is_empty() {
        let sentence = "That is an address: this page loads nothing from others. Save it as a file, and drop the file.";
        with(app, |app| app.tell(sentence.into()));
    } else if !rows.trim().is_empty() {
        import(app, Material::Rows(rows), None, None);
    }
}

pub fn wire(app: &Shared, listeners: &mut Vec<Listener>) {
    let (document, file, word) = {
        let state = app.borrow();
        (state.page.document.clone(), state.import.file.clone(), state.import.word.clone())
    };
    let (shared, input) = (Rc::clone(app), file.clone());
    listeners.push(Listener::new(&file, "change", move |_: Event| {
        import_file(&shared, input.files());
        // The same file can be chosen again.
        input.set_value("");
    }));
    let form = word.form().expect("the word is in a form");
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&form, "submit", move |event: Event| {
        event.prevent_default();
        import(&shared, Material::Word(word.value().trim().into()), None, None);
    }));
    let levels = {
        let form = &app.borrow().import;
        [form.subtract.clone(), form.invert.clone(), form.level.clone()]
    };
    for input in levels {
        let shared = Rc::clone(app);
        listeners.push(Listener::new(&input, "input", move |_: Event| read_again(&shared)));
    }
    // Without this the browser would open the file in place of the page.
    listeners.push(Listener::new(&document, "dragover", |event: Event| event.prevent_default()));
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&document, "drop", move |event: DragEvent| {
        event.prevent_default();
        if let Some(data) = event.data_transfer() {
            import_dropped(&shared, &data);
        }
    }));
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&document, "paste", move |event: ClipboardEvent| {
        let focus = with(&shared, |app| keys::focus(&app.page.document, &app.page.pad));
        if let (true, Some(data)) = (!matches!(focus, Some(Focus::Text)), event.clipboard_data())
            && import_pasted(&shared, &data)
        {
            event.prevent_default();
        }
    }));
}
