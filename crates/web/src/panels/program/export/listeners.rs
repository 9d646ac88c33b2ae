//! The buttons of files, and the files they make.

use crate::program::export::{FILES, FILM_MS, PAUSE_MS};
use crate::program::panels::Panels;
use crate::program::shared::{Shared, snapshot, with};
use flowsketch_protocol::export::Piece;
use flowsketch_protocol::panels::ToPage;
use flowsketch_protocol::worker::{Answer, Request};
use flowsketch_web::dom::{element, pause, set};
use flowsketch_web::line::Line;
use flowsketch_web::listener::Listener;
use flowsketch_web::number::grouped;
use flowsketch_worker::webm::with_duration;
use js_sys::{Array, Promise, Uint8Array};
use std::f64::consts::PI;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Blob, BlobEvent, BlobPropertyBag, Event, HtmlCanvasElement, HtmlDialogElement, HtmlElement, MediaRecorder,
    MediaRecorderOptions, Url, Window,
};

async fn export(panels: &Shared, window: &Window, piece: Option<Piece>, name: &str) -> Result<String, String> {
    let Some(piece) = piece else {
        save(panels, &film(panels, window).await?, name);
        return Ok(format!("{name} is saved."));
    };
    let snapshot = snapshot(panels, window).await.ok_or("There is no run to export.")?;
    let step = snapshot.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.step);
    match Line::answer(window, &Request::Export { piece, snapshot: Box::new(snapshot) }, None).await {
        Ok((Answer::Exported(None), Some(file))) => {
            save(panels, &file, name);
            Ok(format!("{name} is saved, of step {}.", grouped(step)))
        }
        Ok((Answer::Exported(Some(sentence)), _)) => Err(sentence),
        Ok(_) => Err("The worker answered something else.".into()),
        Err(words) => Err(format!("The worker failed: {words}")),
    }
}

/// Lets the browser save a file.
fn save(panels: &Shared, file: &Blob, name: &str) {
    with(panels, |panels| {
        let address = Url::create_object_url_with_blob(file).expect("a file has an address");
        let link = panels.document.create_element("a").expect("a is an element");
        set(&link, "href", &address);
        set(&link, "download", name);
        link.unchecked_into::<HtmlElement>().click();
    });
}

/// A recording of the flow's canvas by the browser, while t goes from 0 to 1 and slows down at both ends.
async fn film(panels: &Shared, window: &Window) -> Result<Blob, String> {
    let cannot = "This browser records no WebM of a canvas.";
    let (canvas, before) = with(panels, |panels| {
        let canvas: HtmlCanvasElement = element(&panels.document, "flow");
        (canvas, panels.scene.as_ref().map(|scene| (scene.time, scene.is_playing)))
    })
    .ok_or(cannot)?;
    let (time, is_playing) = before.ok_or(cannot)?;
    let go = |time| _ = with(panels, |panels| panels.ask(&ToPage::Time(time)));
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
    with(panels, |panels| panels.ask(&ToPage::Play(is_playing)));
    let film = recorded.and_then(|event| event.unchecked_into::<BlobEvent>().data()).ok_or(cannot)?;
    Ok(timed(&film).await.unwrap_or(film))
}

/// The film with its duration, which recorders leave out.
async fn timed(film: &Blob) -> Option<Blob> {
    let bytes = Uint8Array::new(&JsFuture::from(film.array_buffer()).await.ok()?).to_vec();
    let timed = with_duration(&bytes, FILM_MS)?;
    let properties = BlobPropertyBag::new();
    properties.set_type("video/webm");
    let parts = Array::of1(&Uint8Array::from(timed.as_slice()));
    Blob::new_with_u8_array_sequence_and_options(&parts, &properties).ok()
}

pub fn wire(panels: &Shared, listeners: &mut Vec<Listener>) {
    let state = panels.borrow();
    let document = &state.document;
    let dialog: HtmlDialogElement = element(document, "export-dialog");
    // An error only means that it is open already.
    listeners.push(Listener::new(&state.export.open, "click", move |_: Event| _ = dialog.show_modal()));
    for (id, piece, name) in FILES {
        let shared = Rc::clone(panels);
        let button: HtmlElement = element(document, id);
        listeners.push(Listener::new(&button, "click", move |_: Event| {
            let panels = Rc::clone(&shared);
            let begin = |panels: &mut Panels| {
                let begun = !std::mem::replace(&mut panels.export.busy, true);
                if begun {
                    panels.export.state.set_text_content(Some("Making the file."));
                }
                begun.then(|| panels.window.clone())
            };
            if let Some(window) = with(&panels, begin).flatten() {
                spawn_local(async move {
                    let (Ok(outcome) | Err(outcome)) = export(&panels, &window, piece, name).await;
                    with(&panels, |panels| {
                        panels.export.busy = false;
                        panels.export.state.set_text_content(Some(&outcome));
                    });
                });
            }
        }));
    }
}
