//! One end of the channel between the page and its panels: plain values as bytes, each a message.

use crate::listener::Listener;
use flowsketch_protocol::{decode, encode};
use js_sys::{Array, Uint8Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{MessageEvent, MessagePort};

/// The event of the document by which the panels give the other end to the page.
pub const PANELS: &str = "flowsketch-panels";

/// Receives values of type `T`, and sends others.
pub struct Port<T> {
    port: MessagePort,
    _listener: Listener,
    inbox: Rc<RefCell<Vec<T>>>,
}

impl<T: DeserializeOwned + 'static> Port<T> {
    /// Calls `wake` for everything that comes.
    pub fn new(port: MessagePort, wake: impl Fn() + 'static) -> Self {
        let inbox = Rc::<RefCell<Vec<T>>>::default();
        let own = Rc::clone(&inbox);
        let _listener = Listener::new(&port, "message", move |event: MessageEvent| {
            let bytes: Uint8Array = event.data().unchecked_into();
            own.borrow_mut().extend(decode(&bytes.to_vec()));
            wake();
        });
        port.start();
        Self { port, _listener, inbox }
    }

    /// What has come since the last call.
    pub fn take(&self) -> Vec<T> {
        self.inbox.take()
    }

    pub fn send(&self, message: &impl Serialize) {
        self.sender().send(message);
    }

    /// A handle that can send only, for use elsewhere.
    pub fn sender(&self) -> Sender {
        Sender(self.port.clone())
    }
}

pub struct Sender(MessagePort);

impl Sender {
    pub fn send(&self, message: &impl Serialize) {
        let bytes = Uint8Array::from(encode(message).as_slice());
        self.0.post_message_with_transferable(&bytes, &Array::of1(&bytes.buffer())).expect("bytes can be sent");
    }
}
