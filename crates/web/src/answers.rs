//! How the programs of the workers answer the page.

use flowsketch_protocol::encode;
use flowsketch_protocol::worker::Answer;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::JsValue;
use web_sys::DedicatedWorkerGlobalScope;

/// Sends an answer, and a value beside it whose buffer is transferred to the page, not copied.
pub fn post(scope: &DedicatedWorkerGlobalScope, answer: &Answer, beside: Option<(&JsValue, Option<ArrayBuffer>)>) {
    let bytes = Uint8Array::from(encode(answer).as_slice());
    let (message, buffers) = (Array::of1(&bytes), Array::of1(&bytes.buffer()));
    if let Some((value, buffer)) = beside {
        message.push(value);
        buffer.map(|buffer| buffers.push(&buffer));
    }
    scope.post_message_with_transfer(&message, &buffers).expect("bytes can be sent");
}
