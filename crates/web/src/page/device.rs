//! The choice of device: a GPU that draws on the page, or why the processor computes.

use crate::capability::{self, CpuReason};
use crate::widgets::stage::{Adapter, Stage};
use flowsketch_core::gpu::Gpu;
use flowsketch_state::Choice;
use web_sys::{HtmlCanvasElement, Window};

/// A device that draws on a canvas, or the reason why the processor computes. The canvas is asked for once there is an
/// adapter, which may be late.
pub async fn device(
    window: &Window,
    choice: Choice,
    canvas: impl FnOnce() -> Option<HtmlCanvasElement>,
) -> Result<(Gpu, Stage), CpuReason> {
    if choice == Choice::Cpu {
        return Err(CpuReason::Asked);
    }
    capability::probe(window)?;
    let adapter = Adapter::find().await?;
    if choice == Choice::Auto && adapter.is_software() {
        return Err(CpuReason::Software(
            capability::adapter_name(window).await.unwrap_or_else(|| "without a name".into()),
        ));
    }
    let canvas = canvas().ok_or(CpuReason::NoAdapter)?;
    Ok(Stage::open(adapter, &canvas).await?)
}
