//! The WebGPU backend: buffers, pipelines and the order of dispatches around the kernels of `shaders/`.

mod clock;
mod device;
pub mod exact;
pub mod flow;
pub mod kernel;
pub mod particles;
pub mod plan;
pub mod potential;
#[cfg(not(target_arch = "wasm32"))]
mod profile;
mod readback;
pub mod sinkhorn;
pub mod trainer;
pub mod uniforms;
mod view;

pub use crate::style::{ARROW_TIME, Style};
pub use clock::Clock;
pub use device::{Gpu, GpuError, Offers, is_software};
pub use readback::Readback;
pub(crate) use view::Subject;
pub use view::{FlowView, VIEW_SHADERS, ViewUniform};
