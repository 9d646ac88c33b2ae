//! The kernels of `shaders/`, and one dispatch of one of them.

use super::Gpu;
use super::uniforms::StageUniform;
use bytemuck::Pod;
use std::sync::{Arc, OnceLock};
use wgpu::util::DeviceExt;

/// How a kernel uses a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
}

/// The text of one kernel.
#[derive(Clone, Copy, Debug)]
pub struct KernelSource {
    /// The stem of its file, and the label of its pipeline.
    pub name: &'static str,
    pub entry: &'static str,
    /// The kernel's own text first, so that an error names the true line; shared texts after it.
    pub texts: &'static [&'static str],
    /// The buffers of group 1, from binding 1 on; binding 0 is the stage.
    pub buffers: &'static [Access],
    /// Invocations of a workgroup.
    pub workgroup: u32,
    /// What a workgroup takes of the extent of a dispatch: an invocation each, or a tile of rows.
    pub share: u32,
    /// The registers it is written for; without any it is the only kernel with its entry point.
    pub registers: Option<Registers>,
}

impl KernelSource {
    /// The whole text.
    pub fn code(&self) -> String {
        self.texts.concat()
    }
}

/// How large a tile of rows and columns an invocation of a fused kernel holds in its registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registers {
    /// 4 x 4, and workgroups of 128: what the registers of any GPU hold.
    Small,
    /// 4 x 8, and workgroups of 64: fewer accesses to memory, where there are registers enough.
    Medium,
}

impl Registers {
    pub const ALL: [Self; 2] = [Self::Small, Self::Medium];

    /// Into how many groups of rows, and of columns, an invocation each, a tile of 32 rows falls.
    pub const fn groups(self) -> [u32; 2] {
        match self {
            Self::Small => [8, 16],
            Self::Medium => [8, 8],
        }
    }

    /// Invocations of a workgroup.
    pub const fn workgroup(self) -> u32 {
        let [rows, columns] = self.groups();
        rows * columns
    }
}

macro_rules! shader {
    ($file:literal, $($shared:literal),*) => {
        &[
            include_str!(concat!(env!("SHADERS"), "/", $file, ".wgsl")),
            $(include_str!(concat!(env!("SHADERS"), "/shared/", $shared, ".wgsl"))),*
        ]
    };
}
pub(super) use shader;

use Access::{Read, Write};

macro_rules! kernel {
    ($name:literal, $entry:literal, [$($shared:literal),*], $buffers:expr) => {
        KernelSource {
            name: $name,
            entry: $entry,
            texts: shader!($name, $($shared),*),
            buffers: &$buffers,
            workgroup: WORKGROUP,
            share: WORKGROUP,
            registers: None,
        }
    };
}

/// A kernel of a layer: each invocation has much to do, so few of them are a workgroup.
macro_rules! layer {
    ($name:literal, [$($shared:literal),*], $buffers:expr) => {
        KernelSource {
            workgroup: LAYER_WORKGROUP,
            share: LAYER_WORKGROUP,
            ..kernel!($name, $name, ["step", "stage", $($shared),*], $buffers)
        }
    };
}

/// A kernel whose workgroups take a tile of rows each.
macro_rules! fused {
    ($name:literal, $registers:ident, [$($shared:literal),*], $buffers:expr) => {
        KernelSource {
            workgroup: Registers::$registers.workgroup(),
            share: 1,
            registers: Some(Registers::$registers),
            ..kernel!($name, $name, ["step", "stage", "random", "numeric", "fused_tiles", "fused", $($shared),*], $buffers)
        }
    };
}

/// Every compute kernel, in the order of a training step, then of a recovery, an exact solution, a flow and its particles.
pub const KERNELS: [KernelSource; 35] = [
    kernel!("points", "points_of_rows", ["step", "stage"], [Read, Write]),
    kernel!("draws", "points_of_draws", ["step", "stage", "random", "numeric"], [Read, Write]),
    kernel!("features", "features_of_points", ["step", "stage"], [Read, Read, Write]),
    layer!("linear", ["tile", "weights"], [Read, Read, Write]),
    kernel!("silu", "silu", ["step", "stage", "numeric"], [Write, Write]),
    kernel!("readout", "readout", ["step", "stage"], [Read, Read, Read, Write]),
    fused!("fused_forward", Small, ["registers_4x4"], [Read, Read, Read, Write]),
    fused!("fused_forward", Medium, ["registers_4x8"], [Read, Read, Read, Write]),
    kernel!("heat", "heat", ["step", "stage", "numeric", "heat_tile"], [Read, Write]),
    kernel!("transform", "transform", ["step", "stage", "numeric"], [Read, Write, Write, Write]),
    kernel!("cotangent_phi", "cotangent_phi", ["step", "stage", "numeric"], [Read, Read, Write, Write]),
    kernel!("cotangent_psi", "cotangent_psi", ["step", "stage", "numeric"], [Read, Read, Write, Write]),
    kernel!(
        "cotangent_monte_carlo",
        "cotangent_monte_carlo",
        ["step", "stage", "numeric"],
        [Read, Read, Read, Write, Write]
    ),
    layer!("readout_backward", ["slope", "partials"], [Read, Read, Read, Read, Write, Write]),
    layer!("gradient", ["tile", "partials"], [Read, Read, Write]),
    layer!("linear_backward", ["tile", "weights", "slope"], [Read, Read, Read, Write]),
    kernel!("reduce", "reduce", ["step", "stage", "partials"], [Read, Write]),
    kernel!("adam", "adam", ["step", "stage"], [Read, Write, Write, Write, Write]),
    kernel!("sgd", "sgd", ["step", "stage"], [Read, Write, Write]),
    fused!(
        "fused_backward",
        Small,
        ["registers_4x4", "fused_gradient", "registers_4x4_gradient"],
        [Read, Read, Read, Read, Read, Read, Write]
    ),
    fused!(
        "fused_backward",
        Medium,
        ["registers_4x8", "fused_gradient", "registers_4x8_gradient"],
        [Read, Read, Read, Read, Read, Read, Write]
    ),
    fused!(
        "fused_regression",
        Small,
        ["registers_4x4", "fused_gradient", "registers_4x4_gradient"],
        [Read, Read, Read, Read, Read, Write]
    ),
    fused!(
        "fused_regression",
        Medium,
        ["registers_4x8", "fused_gradient", "registers_4x8_gradient"],
        [Read, Read, Read, Read, Read, Write]
    ),
    fused!(
        "fused_groups",
        Small,
        ["registers_4x4", "fused_gradient", "registers_4x4_gradient"],
        [Read, Read, Read, Read, Read, Read, Write]
    ),
    fused!(
        "fused_groups",
        Medium,
        ["registers_4x8", "fused_gradient", "registers_4x8_gradient"],
        [Read, Read, Read, Read, Read, Read, Write]
    ),
    kernel!(
        "update_adam",
        "update_adam",
        ["step", "stage", "fused_tiles", "update"],
        [Read, Write, Write, Write, Write, Write, Write, Write]
    ),
    kernel!(
        "update_sgd",
        "update_sgd",
        ["step", "stage", "fused_tiles", "update"],
        [Read, Write, Write, Write, Write, Write]
    ),
    kernel!("sum", "sum_blocks", ["step", "stage"], [Read, Write]),
    kernel!("sum", "sum_total", ["step", "stage"], [Read, Write]),
    kernel!("masked_transform", "masked_transform", ["step", "stage", "numeric", "target_box"], [Read, Write]),
    kernel!("mask", "mask", ["step", "stage", "numeric", "target_box"], [Read, Write]),
    kernel!("sinkhorn", "half_sweep", ["step", "stage", "numeric"], [Read, Read, Write]),
    kernel!("heat_gradient", "heat_gradient", ["moment", "stage", "numeric", "heat_tile"], [Read, Write]),
    kernel!("flow", "flow_of_potentials", ["moment", "stage", "numeric"], [Read, Read, Write]),
    kernel!("particles", "particles", ["stage", "random", "numeric"], [Read, Read, Read, Read, Read, Read, Write]),
];

/// Invocations of a workgroup, in every kernel that is neither fused nor of a layer.
pub const WORKGROUP: u32 = 64;
/// Invocations of a workgroup that take a large part of a layer each.
const LAYER_WORKGROUP: u32 = 16;

/// A kernel compiled for a device.
#[derive(Clone, Debug)]
struct Kernel {
    pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
}

/// All kernels for a device, each compiled when it is first used.
#[derive(Clone, Debug)]
pub struct Kernels {
    device: wgpu::Device,
    kernels: Arc<[(KernelSource, OnceLock<Kernel>)]>,
    inputs_layout: wgpu::BindGroupLayout,
}

/// A kernel bound to its buffers.
#[derive(Clone, Debug)]
pub struct Dispatch {
    /// The entry point of the kernel.
    pub kernel: &'static str,
    pipeline: wgpu::ComputePipeline,
    group: wgpu::BindGroup,
    share: u32,
}

fn entry(binding: u32, ty: wgpu::BufferBindingType, has_dynamic_offset: bool) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset, min_binding_size: None },
        count: None,
    }
}

/// Natively, without bounds on loops, which keep drivers from unrolling them, and without those on indices.
const CHECKS: wgpu::ShaderRuntimeChecks = wgpu::ShaderRuntimeChecks {
    bounds_checks: false,
    force_loop_bounding: false,
    ..wgpu::ShaderRuntimeChecks::checked()
};

impl Kernels {
    pub fn new(gpu: &Gpu) -> Self {
        let device = gpu.device.clone();
        let inputs_layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("inputs"),
            entries: &[entry(0, wgpu::BufferBindingType::Uniform, true)],
        });
        Self { device, kernels: KERNELS.map(|source| (source, OnceLock::new())).into(), inputs_layout }
    }

    /// Compiles all of them now.
    pub fn compile(&self) {
        self.kernels.iter().for_each(|(source, kernel)| _ = kernel.get_or_init(|| self.compiled(source)));
    }

    fn compiled(&self, source: &KernelSource) -> Kernel {
        let device = &self.device;
        let mut entries = vec![entry(0, wgpu::BufferBindingType::Uniform, false)];
        for (index, access) in source.buffers.iter().enumerate() {
            let ty = wgpu::BufferBindingType::Storage { read_only: *access == Read };
            entries.push(entry(index as u32 + 1, ty, false));
        }
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some(source.entry),
            entries: &entries,
        });
        let descriptor = wgpu::ShaderModuleDescriptor {
            label: Some(source.name),
            source: wgpu::ShaderSource::Wgsl(source.code().into()),
        };
        // SAFETY: each loop counts to a bound and each index is guarded, which the tests of kernels run at odd sizes; and
        // the device checks indices of buffers once more. In a browser this changes nothing.
        let module = unsafe { device.create_shader_module_trusted(descriptor, CHECKS) };
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(source.entry),
            bind_group_layouts: &[Some(&self.inputs_layout), Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(source.entry),
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some(source.entry),
            compilation_options: Default::default(),
            cache: None,
        });
        Kernel { pipeline, layout }
    }

    /// Binds the kernel with this entry point to a stage and to its buffers, in the order of its bindings.
    pub fn bind(&self, entry: &str, stage: StageUniform, buffers: &[&wgpu::Buffer]) -> Dispatch {
        self.bind_for(None, entry, stage, buffers)
    }

    /// The same with a fused kernel, the one that is written for these registers.
    pub fn bind_fused(
        &self,
        registers: Registers,
        entry: &str,
        stage: StageUniform,
        buffers: &[&wgpu::Buffer],
    ) -> Dispatch {
        self.bind_for(Some(registers), entry, stage, buffers)
    }

    fn bind_for(
        &self,
        registers: Option<Registers>,
        entry: &str,
        stage: StageUniform,
        buffers: &[&wgpu::Buffer],
    ) -> Dispatch {
        let found = self.kernels.iter().find(|(k, _)| k.entry == entry && k.registers == registers);
        let (source, kernel) = found.expect("a kernel of the table");
        assert_eq!(buffers.len(), source.buffers.len(), "buffers of {entry}");
        let kernel = kernel.get_or_init(|| self.compiled(source));
        let stage = self.device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
            label: Some("stage"),
            contents: bytemuck::bytes_of(&stage),
            usage: wgpu::BufferUsages::UNIFORM,
        });
        let entries: Vec<_> = std::iter::once(&stage)
            .chain(buffers.iter().copied())
            .enumerate()
            .map(|(binding, buffer)| wgpu::BindGroupEntry {
                binding: binding as u32,
                resource: buffer.as_entire_binding(),
            })
            .collect();
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(entry),
            layout: &kernel.layout,
            entries: &entries,
        });
        Dispatch { kernel: source.entry, pipeline: kernel.pipeline.clone(), group, share: source.share }
    }

    /// A buffer of uniform slots `T`, one every [`SLOT`] bytes, and its bind group.
    pub fn inputs<T: Pod>(&self, label: &str, slots: u64) -> Inputs {
        self.inputs_of(size_of::<T>(), label, slots)
    }

    fn inputs_of(&self, size: usize, label: &str, slots: u64) -> Inputs {
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: slots * SLOT,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let size = std::num::NonZeroU64::new(size as u64);
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(label),
            layout: &self.inputs_layout,
            entries: &[wgpu::BindGroupEntry {
                binding: 0,
                resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding { buffer: &buffer, offset: 0, size }),
            }],
        });
        Inputs { buffer, group }
    }
}

/// Bytes between two uniform slots: the alignment of dynamic offsets.
pub const SLOT: u64 = 256;

/// Uniform slots: a write takes effect before the next submission, so each step of a submission needs its own.
#[derive(Clone, Debug)]
pub struct Inputs {
    buffer: wgpu::Buffer,
    group: wgpu::BindGroup,
}

impl Inputs {
    /// Writes one value per slot, from slot 0 on.
    pub fn write<T: Pod>(&self, gpu: &Gpu, values: &[T]) {
        self.write_bytes(gpu, bytemuck::cast_slice(values), size_of::<T>());
    }

    fn write_bytes(&self, gpu: &Gpu, values: &[u8], size: usize) {
        let mut bytes = vec![0; values.len() / size * SLOT as usize];
        for (slot, value) in bytes.chunks_exact_mut(SLOT as usize).zip(values.chunks_exact(size)) {
            slot[..size].copy_from_slice(value);
        }
        gpu.queue.write_buffer(&self.buffer, 0, &bytes);
    }

    /// The bind group and dynamic offset of a slot.
    fn set(&self, pass: &mut wgpu::ComputePass<'_>, slot: u32) {
        pass.set_bind_group(0, &self.group, &[slot * SLOT as u32]);
    }
}

impl Dispatch {
    /// Records the dispatch for at least `size` invocations, or tiles of a fused kernel, with the inputs in `slot`.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, inputs: &Inputs, slot: u32, size: u32) {
        pass.set_pipeline(&self.pipeline);
        inputs.set(pass, slot);
        pass.set_bind_group(1, &self.group, &[]);
        pass.dispatch_workgroups(size.div_ceil(self.share), 1, 1);
    }
}

/// Writes `field` in single precision.
pub fn write_single(gpu: &Gpu, buffer: &wgpu::Buffer, field: &[f64]) {
    let single: Vec<f32> = field.iter().map(|&v| v as f32).collect();
    gpu.queue.write_buffer(buffer, 0, bytemuck::cast_slice(&single));
}

/// A storage buffer of `len` 4-byte numbers that can be copied from and to.
pub fn storage(gpu: &Gpu, label: &str, len: usize) -> wgpu::Buffer {
    gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size: 4 * len as u64,
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}
