//! The messages between the programs of the page, as plain values. Nothing is computed here.
//!
//! A message is an array of bytes. The pixels of a picture, or a file, are sent beside it. Questions about a flow and
//! their answers are bytes within a message: the page never asks them, so its program need not contain the code that
//! reads them.
#![warn(missing_docs)]

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

/// The message that the bytes encode; none if they are not a message of this type.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}
