//! What the programs of the page tell each other, as plain values: nothing is computed here.
//!
//! A message is an array of bytes, with the pixels of a picture or a file beside it in the messages that have one. What is
//! asked about a flow, and found, is bytes within a message: the page, which asks nothing of the kind, need not hold how it
//! is read.

pub mod export;
pub mod inspection;
pub mod laboratory;
pub mod panels;
pub mod step_inspector;
pub mod worker;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A message as bytes.
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    postcard::to_allocvec(message).expect("a message of plain values can be written")
}

/// The message that the bytes are of, unless they are of none.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}
