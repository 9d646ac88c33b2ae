//! The connection to a worker: requests to it, and what it sends.

use crate::dom::{pause, words};
use crate::listener::Listener;
use flowsketch_protocol::worker::{Answer, Request};
use flowsketch_protocol::{decode, encode};
use js_sys::{Array, Uint8Array, Uint8ClampedArray};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Blob, ErrorEvent, Event, MessageEvent, Window, Worker};

/// The script of the worker that trains.
pub const TRAINING_WORKER: &str = "./training-worker.js";
/// The script of the worker that inspects flows, reads sources and makes files.
pub const INSPECTION_WORKER: &str = "./inspection-worker.js";
/// A worker, which ends when this is dropped, and what it sent.
pub struct Line {
    worker: Worker,
    _listeners: [Listener; 3],
    inbox: Rc<RefCell<Inbox>>,
}

/// What a worker sent since the last [`take`](Line::take).
#[derive(Default)]
pub struct Inbox {
    pub answers: Vec<Answer>,
    /// The pixels of the picture, of which there is at most one among them.
    pub pixels: Option<Uint8ClampedArray>,
    /// The file, of which there is at most one too.
    pub file: Option<Blob>,
    pub failure: Option<String>,
}

impl Line {
    /// Starts a worker with one of the two scripts, and calls `wake` for everything that it sends.
    ///
    /// # Errors
    /// The browser's error message when it starts no worker.
    pub fn open(script: &str, wake: Rc<dyn Fn()>) -> Result<Self, String> {
        let worker = Worker::new(script).map_err(|error| words(&error))?;
        let inbox = Rc::<RefCell<Inbox>>::default();
        let take = {
            let (inbox, wake) = (Rc::clone(&inbox), Rc::clone(&wake));
            move |event: MessageEvent| {
                inbox.borrow_mut().receive(&event);
                wake();
            }
        };
        let fail = |said: fn(Event) -> String| {
            let (inbox, wake) = (Rc::clone(&inbox), Rc::clone(&wake));
            move |event: Event| {
                event.prevent_default();
                inbox.borrow_mut().failure.get_or_insert(said(event));
                wake();
            }
        };
        let said = |event: Event| match event.dyn_into::<ErrorEvent>() {
            Ok(error) if !error.message().is_empty() => error.message(),
            _ => "the worker’s program could not be loaded".into(),
        };
        let _listeners = [
            Listener::new(&worker, "message", take),
            Listener::new(&worker, "error", fail(said)),
            Listener::new(&worker, "messageerror", fail(|_| "the worker sent what cannot be read".into())),
        ];
        Ok(Self { worker, _listeners, inbox })
    }

    /// What has come since the last call.
    pub fn take(&self) -> Inbox {
        self.inbox.take()
    }

    /// Starts a worker for one request, and returns its answer; either can come with a file.
    ///
    /// # Errors
    /// The browser's error message when it starts no worker, or when the worker failed.
    pub async fn answer(
        window: &Window,
        request: &Request,
        file: Option<&Blob>,
    ) -> Result<(Answer, Option<Blob>), String> {
        const PAUSE_MS: i32 = 10;
        let line = Self::open(INSPECTION_WORKER, Rc::new(|| {}))?;
        loop {
            pause(window, PAUSE_MS).await;
            let Inbox { answers, file: answered, failure, .. } = line.take();
            if let Some(failure) = failure {
                return Err(failure);
            }
            for answer in answers {
                match answer {
                    Answer::Ready => line.send(request, None, file),
                    answer => return Ok((answer, answered)),
                }
            }
        }
    }

    pub fn ask(&self, request: &Request) {
        self.send(request, None, None);
    }

    /// Sends a request; buffers are transferred to the worker, not copied.
    pub fn send(&self, request: &Request, pixels: Option<&Uint8ClampedArray>, file: Option<&Blob>) {
        let bytes = Uint8Array::from(encode(request).as_slice());
        let (message, buffers) = (Array::of1(&bytes), Array::of1(&bytes.buffer()));
        if let Some(pixels) = pixels {
            message.push(pixels);
            buffers.push(&pixels.buffer());
        }
        if let Some(file) = file {
            message.push(file);
        }
        self.worker.post_message_with_transfer(&message, &buffers).expect("bytes can be sent");
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

impl Inbox {
    fn receive(&mut self, event: &MessageEvent) {
        let parts: Array = event.data().unchecked_into();
        let bytes: Uint8Array = parts.get(0).unchecked_into();
        match decode(&bytes.to_vec()) {
            Some(answer) => self.answers.push(answer),
            None => _ = self.failure.get_or_insert("the worker is of another build than the page".into()),
        }
        let beside = parts.get(1);
        if let Some(file) = beside.dyn_ref() {
            self.file = Some(Blob::clone(file));
        }
        if let Ok(pixels) = beside.dyn_into() {
            self.pixels = Some(pixels);
        }
    }
}
