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
pub mod session;
pub mod sinkhorn;
mod submission;
pub mod table;
pub mod trainer;
pub mod uniforms;
pub mod variant;
mod view;

pub use clock::Clock;
pub use device::{Capabilities, Gpu, GpuError, find, is_software};
pub use readback::Readback;
pub use view::{FlowView, Frame, VIEW_SHADERS, ViewUniform};
