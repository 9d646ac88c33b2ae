//! The training worker's program, the same for both builds.

use flowsketch_protocol::decode;
use flowsketch_protocol::worker::{Answer, Request};
use flowsketch_web::answers::post;
use flowsketch_worker::{Next, Runner, Slice};
use js_sys::{Array, Uint8Array, Uint8ClampedArray};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent, MessagePort};

struct Program {
    scope: DedicatedWorkerGlobalScope,
    runner: RefCell<Runner>,
    /// Pixels that came back from the page, for the next picture.
    pixels: RefCell<Option<Uint8ClampedArray>>,
    /// Asks for a slice of work: a message of the worker to itself, which waits behind the requests that are there
    /// already.
    again: MessagePort,
    asked: Cell<bool>,
    /// Whether a timer will ask for one.
    timed: Cell<bool>,
}

/// Listens to the page until the page ends the worker.
pub fn start() {
    console_error_panic_hook::set_once();
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let channel = MessageChannel::new().expect("a worker has message channels");
    let program = Rc::new(Program {
        scope: scope.clone(),
        runner: RefCell::default(),
        pixels: RefCell::default(),
        again: channel.port2(),
        asked: Cell::new(false),
        timed: Cell::new(false),
    });
    let own = Rc::clone(&program);
    let slice = Closure::<dyn Fn()>::new(move || own.slice());
    channel.port1().set_onmessage(Some(slice.as_ref().unchecked_ref()));
    let own = Rc::clone(&program);
    let take = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| own.take(&event));
    scope.set_onmessage(Some(take.as_ref().unchecked_ref()));
    // Both live as long as the worker.
    slice.forget();
    take.forget();
    program.send(&Answer::Ready, None);
}

impl Program {
    fn take(self: &Rc<Self>, event: &MessageEvent) {
        let parts: Array = event.data().unchecked_into();
        let bytes: Uint8Array = parts.get(0).unchecked_into();
        let request: Request = decode(&bytes.to_vec()).expect("page and worker are of one build");
        if let Request::Seen = request {
            *self.pixels.borrow_mut() = parts.get(1).dyn_into().ok();
        }
        let answer = self.runner.borrow_mut().take(request);
        if let Some(answer) = answer {
            self.send(&answer, None);
        }
        self.ask();
    }

    /// Asks for a slice, unless one is asked for already.
    fn ask(&self) {
        if !self.asked.replace(true) {
            self.again.post_message(&JsValue::NULL).expect("an empty message can be sent");
        }
    }

    fn slice(self: &Rc<Self>) {
        self.asked.set(false);
        let (slice, next) = self.runner.borrow_mut().advance(js_sys::Date::now);
        if let Some(Slice { run, update, checkpoint, flow, picture }) = slice {
            let side = picture.as_ref().map_or(0, |(side, _)| *side);
            self.send(
                &Answer::RunUpdate { run, update: Box::new(update), checkpoint, flow, side },
                picture.map(|(_, pixels)| pixels).as_deref(),
            );
        }
        match next {
            Next::Now => self.ask(),
            Next::In(ms) if !self.timed.replace(true) => {
                let own = Rc::clone(self);
                let later = Closure::once_into_js(move || {
                    own.timed.set(false);
                    own.ask();
                });
                self.scope
                    .set_timeout_with_callback_and_timeout_and_arguments_0(later.unchecked_ref(), ms.ceil() as i32)
                    .expect("a worker has timers");
            }
            Next::In(_) | Next::Wait => {}
        }
    }

    /// Sends an answer; its buffers are transferred to the page, not copied.
    fn send(&self, answer: &Answer, pixels: Option<&[u8]>) {
        let array = pixels.map(|pixels| {
            let kept = self.pixels.borrow_mut().take().filter(|kept| kept.length() as usize == pixels.len());
            let array = kept.unwrap_or_else(|| Uint8ClampedArray::new_with_length(pixels.len() as u32));
            array.copy_from(pixels);
            array
        });
        let beside = array.as_ref().map(|array| (array.as_ref(), Some(array.buffer())));
        post(&self.scope, answer, beside);
    }
}
