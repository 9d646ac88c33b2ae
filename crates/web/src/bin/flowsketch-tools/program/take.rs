//! Files of the run: a worker of its own makes them from where it stands, and the browser saves them.

use crate::program::{Shared, Tools, standing, with};
use flowsketch_web::dom::{element, pause, set};
use flowsketch_web::line::Line;
use flowsketch_web::listener::Listener;
use flowsketch_web::number::grouped;
use flowsketch_worker::protocol::{Answer, Request};
use flowsketch_worker::take::Piece;
use flowsketch_worker::tools::{Asked, Scene};
use js_sys::Promise;
use std::f64::consts::PI;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Blob, BlobEvent, Document, Event, HtmlButtonElement, HtmlCanvasElement, HtmlDialogElement, HtmlElement,
    MediaRecorder, MediaRecorderOptions, Url, Window,
};

/// The buttons by their ids, what they take, and the names of the files.
const FILES: [(&str, Option<Piece>, &str); 5] = [
    ("take-view", Some(Piece::View), "flow.png"),
    ("take-strip", Some(Piece::Strip), "strip.png"),
    ("take-fields", Some(Piece::Fields), "fields.npz"),
    ("take-weights", Some(Piece::Weights), "weights.json"),
    ("take-film", None, "flow.webm"),
];

/// Between two looks at what is waited for, milliseconds.
const PAUSE_MS: i32 = 10;
/// The film plays from t = 0 to 1 in this time, milliseconds.
const FILM_MS: f64 = 4_000.0;

pub struct Take {
    open: HtmlButtonElement,
    state: HtmlElement,
    /// A file is being made.
    busy: bool,
}

impl Take {
    pub fn new(document: &Document) -> Self {
        Self { open: element(document, "export"), state: element(document, "take-state"), busy: false }
    }

    /// Files can be taken as long as there is a flow.
    pub fn frame(&self, scene: &Scene) {
        if self.open.disabled() == scene.is_live {
            self.open.set_disabled(!scene.is_live);
        }
    }
}

async fn take(tools: &Shared, window: &Window, piece: Option<Piece>, name: &str) -> Result<String, String> {
    let Some(piece) = piece else {
        save(tools, &film(tools, window).await?, name);
        return Ok(format!("{name} is saved."));
    };
    let standing = standing(tools, window).await.ok_or("There is no run to take something from.")?;
    let step = standing.progress.as_ref().map_or(0, |progress| progress.step);
    match Line::answer(window, &Request::Take { piece, standing: Box::new(standing) }, None).await {
        Ok((Answer::Taken(None), Some(file))) => {
            save(tools, &file, name);
            Ok(format!("{name} is saved, of step {}.", grouped(step)))
        }
        Ok((Answer::Taken(Some(sentence)), _)) => Err(sentence),
        Ok(_) => Err("The worker answered something else.".into()),
        Err(words) => Err(format!("The worker failed: {words}")),
    }
}

/// Lets the browser save a file.
fn save(tools: &Shared, file: &Blob, name: &str) {
    with(tools, |tools| {
        let address = Url::create_object_url_with_blob(file).expect("a file has an address");
        let link = tools.document.create_element("a").expect("a is an element");
        set(&link, "href", &address);
        set(&link, "download", name);
        link.unchecked_into::<HtmlElement>().click();
    });
}

/// The canvas of the flow while t goes from 0 to 1, gently at both ends, recorded by the browser.
async fn film(tools: &Shared, window: &Window) -> Result<Blob, String> {
    let cannot = "This browser records no WebM of a canvas.";
    let (canvas, before) = with(tools, |tools| {
        let canvas: HtmlCanvasElement = element(&tools.document, "flow");
        (canvas, tools.scene.as_ref().map(|scene| (scene.time, scene.is_playing)))
    })
    .ok_or(cannot)?;
    let (time, is_playing) = before.ok_or(cannot)?;
    let go = |time| _ = with(tools, |tools| tools.ask(&Asked::Time(time)));
    go(0.0);
    let recorder = canvas.capture_stream().ok().and_then(|stream| {
        let options = MediaRecorderOptions::new();
        options.set_mime_type("video/webm");
        MediaRecorder::new_with_media_stream_and_media_recorder_options(&stream, &options).ok()
    });
    let mut recorded = None;
    if let Some(recorder) = recorder.filter(|recorder| recorder.start().is_ok()) {
        let clock = || window.performance().map_or(f64::INFINITY, |performance| performance.now());
        let start = clock();
        loop {
            pause(window, PAUSE_MS).await;
            let way = ((clock() - start) / FILM_MS).min(1.0);
            go(0.5 - 0.5 * (PI * way).cos());
            if way == 1.0 {
                break;
            }
        }
        let data = Promise::new(&mut |done, _| recorder.set_ondataavailable(Some(&done)));
        if recorder.stop().is_ok() {
            recorded = JsFuture::from(data).await.ok();
        }
    }
    go(time);
    with(tools, |tools| tools.ask(&Asked::Play(is_playing)));
    recorded.and_then(|event| event.unchecked_into::<BlobEvent>().data()).ok_or_else(|| cannot.into())
}

pub fn wire(tools: &Shared, listeners: &mut Vec<Listener>) {
    let state = tools.borrow();
    let document = &state.document;
    let dialog: HtmlDialogElement = element(document, "take");
    // Showing it twice is an error that nobody needs to hear of.
    listeners.push(Listener::new(&state.take.open, "click", move |_: Event| _ = dialog.show_modal()));
    for (id, piece, name) in FILES {
        let shared = Rc::clone(tools);
        let button: HtmlElement = element(document, id);
        listeners.push(Listener::new(&button, "click", move |_: Event| {
            let tools = Rc::clone(&shared);
            let begin = |tools: &mut Tools| {
                let begun = !std::mem::replace(&mut tools.take.busy, true);
                if begun {
                    tools.take.state.set_text_content(Some("Making the file."));
                }
                begun.then(|| tools.window.clone())
            };
            if let Some(window) = with(&tools, begin).flatten() {
                spawn_local(async move {
                    let (Ok(outcome) | Err(outcome)) = take(&tools, &window, piece, name).await;
                    with(&tools, |tools| {
                        tools.take.busy = false;
                        tools.take.state.set_text_content(Some(&outcome));
                    });
                });
            }
        }));
    }
}
