//! Files of the run: a worker of its own makes them from where it stands, and the browser saves them.

use crate::app::App;
use crate::listener::Listener;
use crate::number::grouped;
use crate::on_worker::Line;
use crate::page::{element, set};
use crate::wiring::{Shared, pause, with};
use flowsketch_worker::protocol::{Answer, Request};
use flowsketch_worker::take::{Piece, Standing};
use js_sys::Promise;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Blob, BlobEvent, Document, Event, HtmlButtonElement, HtmlDialogElement, HtmlElement, MediaRecorder,
    MediaRecorderOptions, Url,
};

/// The buttons by their ids, what they take, and the names of the files.
const FILES: [(&str, Option<Piece>, &str); 5] = [
    ("take-view", Some(Piece::View), "flow.png"),
    ("take-strip", Some(Piece::Strip), "strip.png"),
    ("take-fields", Some(Piece::Fields), "fields.npz"),
    ("take-weights", Some(Piece::Weights), "weights.json"),
    ("take-film", None, "flow.webm"),
];

pub struct Take {
    pub open: HtmlButtonElement,
    state: HtmlElement,
    /// A file is being made.
    busy: bool,
}

impl Take {
    pub fn new(document: &Document) -> Self {
        Self { open: element(document, "export"), state: element(document, "take-state"), busy: false }
    }
}

impl App {
    /// The run as it stands. While the worker trains it tells so every three seconds.
    fn standing(&self) -> Option<Box<Standing>> {
        let progress = self.run.as_ref()?.progress().filter(|_| !self.source_waits).map(Box::new);
        Some(Box::new(Standing {
            config: self.config.clone(),
            source: self.source.clone()?,
            name: self.source_name.clone(),
            progress,
            look: self.wanted(0.0).look,
        }))
    }
}

async fn take(app: &Shared, piece: Option<Piece>, name: &str) -> Result<String, String> {
    let Some(piece) = piece else {
        save(app, &film(app).await?, name);
        return Ok(format!("{name} is saved."));
    };
    let none = "There is no run to take something from.";
    let (window, standing) = with(app, |app| (app.page.window.clone(), app.standing())).ok_or(none)?;
    let standing = standing.ok_or(none)?;
    let step = standing.progress.as_ref().map_or(0, |progress| progress.step);
    match Line::answer(&window, &Request::Take { piece, standing }, None).await {
        Ok((Answer::Taken(None), Some(file))) => {
            save(app, &file, name);
            Ok(format!("{name} is saved, of step {}.", grouped(step)))
        }
        Ok((Answer::Taken(Some(sentence)), _)) => Err(sentence),
        Ok(_) => Err("The worker answered something else.".into()),
        Err(words) => Err(format!("The worker failed: {words}")),
    }
}

/// Lets the browser save a file.
fn save(app: &Shared, file: &Blob, name: &str) {
    with(app, |app| {
        let address = Url::create_object_url_with_blob(file).expect("a file has an address");
        let link = app.page.document.create_element("a").expect("a is an element");
        set(&link, "href", &address);
        set(&link, "download", name);
        link.unchecked_into::<HtmlElement>().click();
    });
}

/// The canvas while the flow plays from t = 0 to 1, recorded by the browser.
async fn film(app: &Shared) -> Result<Blob, String> {
    const PAUSE_MS: i32 = 40;
    const MOST_PAUSES: usize = 1_500;
    let cannot = "This browser records no WebM of a canvas.";
    let (window, canvas, before) = with(app, |app| {
        let before = (app.time, app.playing);
        (app.time, app.playing, app.phase) = (0.0, true, None);
        app.ticker.wake();
        (app.page.window.clone(), app.page.flow.clone(), before)
    })
    .ok_or(cannot)?;
    let recorder = canvas.capture_stream().ok().and_then(|stream| {
        let options = MediaRecorderOptions::new();
        options.set_mime_type("video/webm");
        MediaRecorder::new_with_media_stream_and_media_recorder_options(&stream, &options).ok()
    });
    let mut recorded = None;
    if let Some(recorder) = recorder.filter(|recorder| recorder.start().is_ok()) {
        for _ in 0..MOST_PAUSES {
            pause(&window, PAUSE_MS).await;
            if with(app, |app| app.phase.is_some_and(|phase| phase >= 1.0)) != Some(false) {
                break;
            }
        }
        let data = Promise::new(&mut |done, _| recorder.set_ondataavailable(Some(&done)));
        if recorder.stop().is_ok() {
            recorded = JsFuture::from(data).await.ok();
        }
    }
    with(app, |app| {
        (app.time, app.playing, app.phase) = (before.0, before.1, None);
        app.controls.time.set(before.0);
        app.refresh();
        app.ticker.wake();
    });
    recorded.and_then(|event| event.unchecked_into::<BlobEvent>().data()).ok_or_else(|| cannot.into())
}

pub fn wire(app: &Shared, listeners: &mut Vec<Listener>) {
    let state = app.borrow();
    let document = &state.page.document;
    let dialog: HtmlDialogElement = element(document, "take");
    listeners.push(Listener::new(&state.take.open, "click", move |_: Event| _ = dialog.show_modal()));
    for (id, piece, name) in FILES {
        let shared = Rc::clone(app);
        let button: HtmlElement = element(document, id);
        listeners.push(Listener::new(&button, "click", move |_: Event| {
            let app = Rc::clone(&shared);
            let begin = |app: &mut App| {
                let begun = !std::mem::replace(&mut app.take.busy, true);
                if begun {
                    app.take.state.set_text_content(Some("Making the file."));
                }
                begun
            };
            if with(&app, begin) == Some(true) {
                spawn_local(async move {
                    let (Ok(outcome) | Err(outcome)) = take(&app, piece, name).await;
                    with(&app, |app| {
                        app.take.busy = false;
                        app.take.state.set_text_content(Some(&outcome));
                    });
                });
            }
        }));
    }
}
