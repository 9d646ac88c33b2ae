//! What the programs of the page share: elements, listeners, frames, workers, numbers.
//!
//! Programs are folders beside this file:
//!
//! | folder | program | what it is |
//! |---|---|---|
//! | `page` | `flowsketch-page` | The page: the pad, the flow, the frame loop, and a run on the GPU. |
//! | `panels` | `flowsketch-panels` | Panels under the page, loaded some seconds later: probe, files, comparison, and more. |
//! | `training_worker` | `flowsketch-training-worker` | Trains on the processor, in a worker. |
//! | `training_worker` | `flowsketch-training-worker-relaxed` | The same with fused multiply-add (relaxed SIMD). |
//! | `inspection_worker` | `flowsketch-inspection-worker` | Answers about a flow, reads sources, makes files; never delays training. |

pub mod axis;
pub mod number;

#[cfg(target_arch = "wasm32")]
pub mod answers;
#[cfg(target_arch = "wasm32")]
pub mod density_canvas;
#[cfg(target_arch = "wasm32")]
pub mod dom;
#[cfg(target_arch = "wasm32")]
pub mod line;
#[cfg(target_arch = "wasm32")]
pub mod listener;
#[cfg(target_arch = "wasm32")]
pub mod port;
#[cfg(target_arch = "wasm32")]
pub mod ticker;
