//! Where to train: a graphics adapter, or the CPU.

use crate::arguments::Training;
use crate::failure::Failure;
use crate::output::warn;
use flowsketch_core::config::Config;
use flowsketch_core::gpu::Gpu;
use flowsketch_core::gpu::variant::WeightPrecision;
use flowsketch_core::headless::Run;
use flowsketch_core::measure::{Density, Target};

/// What trains.
pub enum Backend {
    Gpu(Gpu),
    Cpu,
}

impl Backend {
    /// The backend that was asked for; otherwise the fastest adapter, or the CPU if there is no adapter or only a
    /// software adapter. In the latter cases a sentence on stderr says so.
    ///
    /// # Errors
    /// When a graphics adapter was asked for and there is none, or it has no use for --half.
    pub fn choose(training: &Training) -> Result<Self, Failure> {
        if training.cpu {
            return Ok(Self::Cpu);
        }
        match open() {
            Ok(gpu) if training.half => with_half(gpu),
            Ok(gpu) if training.gpu || !gpu.software => Ok(Self::Gpu(gpu)),
            Ok(gpu) => {
                warn(format_args!(
                    "The only adapter, {}, is a software adapter: training on the CPU, which is faster.",
                    gpu.name
                ));
                Ok(Self::Cpu)
            }
            Err(reason) if training.gpu || training.half => {
                Err(Failure::Run(format!("There is no GPU to train on: {reason}")))
            }
            Err(_) => {
                warn("There is no graphics adapter: training on the CPU.");
                Ok(Self::Cpu)
            }
        }
    }

    /// "gpu" or "cpu".
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Gpu(_) => "gpu",
            Self::Cpu => "cpu",
        }
    }

    /// What the adapter calls itself, or "CPU".
    pub fn name(&self) -> &str {
        match self {
            Self::Gpu(gpu) => &gpu.name,
            Self::Cpu => "CPU",
        }
    }

    /// A new run from `source` to `target`; on the CPU if the target is not the Normal.
    pub fn start(&self, config: Config, source: &Density, target: Target) -> Run {
        match (self, target) {
            (Self::Gpu(gpu), Target::Normal) => Run::on_gpu(gpu, config, source),
            (_, target) => Run::on_cpu(config, source, target),
        }
    }
}

/// The adapter with 16-bit weights in the backward pass.
///
/// # Errors
/// When it would make no use of them.
fn with_half(mut gpu: Gpu) -> Result<Backend, Failure> {
    let refuse = |reason| Err(Failure::Run(format!("{} {reason}: leave out --half.", gpu.name)));
    if gpu.software {
        return refuse("is a software adapter, and its kernels have no use for 16-bit weights");
    }
    if !gpu.capabilities.half {
        return refuse("has no 16-bit floats");
    }
    gpu.copies = WeightPrecision::Half;
    Ok(Backend::Gpu(gpu))
}

/// Access to all graphics interfaces of the system.
pub fn instance() -> wgpu::Instance {
    wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle())
}

/// The fastest adapter.
///
/// # Errors
/// A sentence, when there is none or it gives no device.
pub fn open() -> Result<Gpu, String> {
    pollster::block_on(Gpu::open(&instance(), None)).map_err(|error| match error {
        flowsketch_core::gpu::GpuError::NoAdapter => "the system offers no graphics adapter.".into(),
        other => other.to_string(),
    })
}
