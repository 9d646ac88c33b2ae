//! The kernels of `shaders/`, and one dispatch of one of them.

use super::Gpu;
use super::uniforms::StageUniform;
use bytemuck::Pod;
use wgpu::util::DeviceExt;

/// How a kernel uses a storage buffer.
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
    /// The kernel's own text first, so that an error names the true line; shared text after it.
    pub code: &'static str,
    /// The storage buffers of group 1, from binding 1 on; binding 0 is the stage.
    pub buffers: &'static [Access],
}

macro_rules! shader {
    ($file:literal, $($shared:literal),*) => {
        concat!(
            include_str!(concat!("../../../../shaders/", $file, ".wgsl")),
            $(include_str!(concat!("../../../../shaders/shared/", $shared, ".wgsl"))),*
        )
    };
}
pub(super) use shader;

use Access::{Read, Write};

macro_rules! kernel {
    ($name:literal, $entry:literal, [$($shared:literal),*], $buffers:expr) => {
        KernelSource { name: $name, entry: $entry, code: shader!($name, $($shared),*), buffers: &$buffers }
    };
}

/// Every compute kernel, in the order of a training step, then of a recovery, an exact solution and a flow.
pub const KERNELS: [KernelSource; 24] = [
    kernel!("points", "points_of_rows", ["step", "stage"], [Read, Write]),
    kernel!("draws", "points_of_draws", ["step", "stage", "random", "numeric"], [Read, Write]),
    kernel!("features", "features_of_points", ["step", "stage"], [Read, Read, Write]),
    kernel!("linear", "linear", ["step", "stage", "tile", "numeric"], [Read, Read, Write, Write]),
    kernel!("readout", "readout", ["step", "stage"], [Read, Read, Read, Write]),
    kernel!("heat", "heat", ["step", "stage", "numeric"], [Read, Write]),
    kernel!("transform", "transform", ["step", "stage", "numeric"], [Read, Write, Write, Write]),
    kernel!("cotangent_phi", "cotangent_phi", ["step", "stage", "numeric"], [Read, Read, Write, Write]),
    kernel!("cotangent_psi", "cotangent_psi", ["step", "stage", "numeric"], [Read, Read, Write, Write]),
    kernel!(
        "cotangent_monte_carlo",
        "cotangent_monte_carlo",
        ["step", "stage", "numeric"],
        [Read, Read, Read, Write, Write]
    ),
    kernel!("readout_gradient", "readout_gradient", ["step", "stage", "partials"], [Read, Read, Write]),
    kernel!("readout_backward", "readout_backward", ["step", "stage"], [Read, Read, Read, Write]),
    kernel!("gradient", "gradient", ["step", "stage", "partials"], [Read, Read, Write]),
    kernel!("linear_backward", "linear_backward", ["step", "stage", "tile"], [Read, Read, Read, Write]),
    kernel!("reduce", "reduce", ["step", "stage", "partials"], [Read, Write]),
    kernel!("adam", "adam", ["step", "stage"], [Read, Write, Write, Write, Write]),
    kernel!("sgd", "sgd", ["step", "stage"], [Read, Write, Write]),
    kernel!("sum", "sum_blocks", ["step", "stage"], [Read, Write]),
    kernel!("sum", "sum_total", ["step", "stage"], [Read, Write]),
    kernel!("masked_transform", "masked_transform", ["step", "stage", "numeric", "target_box"], [Read, Write]),
    kernel!("mask", "mask", ["step", "stage", "numeric", "target_box"], [Read, Write]),
    kernel!("sinkhorn", "half_sweep", ["step", "stage", "numeric"], [Read, Read, Write]),
    kernel!("heat_gradient", "heat_gradient", ["moment", "stage", "numeric"], [Read, Write]),
    kernel!("flow", "flow_of_potentials", ["moment", "stage", "numeric"], [Read, Read, Write]),
];

/// Invocations of a workgroup, in every kernel.
pub const WORKGROUP: u32 = 64;

/// A kernel compiled for a device.
#[derive(Clone, Debug)]
struct Kernel {
    source: KernelSource,
    pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
}

/// All kernels, compiled for a device.
#[derive(Clone, Debug)]
pub struct Kernels {
    device: wgpu::Device,
    kernels: Vec<Kernel>,
    inputs_layout: wgpu::BindGroupLayout,
}

/// A kernel bound to its buffers.
#[derive(Clone, Debug)]
pub struct Dispatch {
    pipeline: wgpu::ComputePipeline,
    group: wgpu::BindGroup,
}

impl Kernels {
    pub fn new(gpu: &Gpu) -> Self {
        let device = gpu.device.clone();
        let visibility = wgpu::ShaderStages::COMPUTE;
        let buffer = |binding, ty, has_dynamic_offset| wgpu::BindGroupLayoutEntry {
            binding,
            visibility,
            ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset, min_binding_size: None },
            count: None,
        };
        let inputs_layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("inputs"),
            entries: &[buffer(0, wgpu::BufferBindingType::Uniform, true)],
        });
        let compile = |source: &KernelSource| {
            let mut entries = vec![buffer(0, wgpu::BufferBindingType::Uniform, false)];
            for (index, access) in source.buffers.iter().enumerate() {
                let ty = wgpu::BufferBindingType::Storage { read_only: *access == Read };
                entries.push(buffer(index as u32 + 1, ty, false));
            }
            let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
                label: Some(source.entry),
                entries: &entries,
            });
            let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(source.name),
                source: wgpu::ShaderSource::Wgsl(source.code.into()),
            });
            let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label: Some(source.entry),
                bind_group_layouts: &[Some(&inputs_layout), Some(&layout)],
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
            Kernel { source: *source, pipeline, layout }
        };
        let kernels = KERNELS.iter().map(compile).collect();
        Self { device, kernels, inputs_layout }
    }

    /// Binds the kernel with this entry point to a stage and to its buffers, in the order of its bindings.
    pub fn bind(&self, entry: &str, stage: StageUniform, buffers: &[&wgpu::Buffer]) -> Dispatch {
        let kernel = self.kernels.iter().find(|k| k.source.entry == entry).expect("a kernel of the table");
        assert_eq!(buffers.len(), kernel.source.buffers.len(), "buffers of {entry}");
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
        Dispatch { pipeline: kernel.pipeline.clone(), group }
    }

    /// A buffer of uniform slots `T`, one every [`SLOT`] bytes, and its bind group.
    pub fn inputs<T: Pod>(&self, label: &str, slots: u64) -> Inputs {
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: slots * SLOT,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let size = std::num::NonZeroU64::new(size_of::<T>() as u64);
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
        let mut bytes = vec![0; values.len() * SLOT as usize];
        for (slot, value) in bytes.chunks_exact_mut(SLOT as usize).zip(values) {
            slot[..size_of::<T>()].copy_from_slice(bytemuck::bytes_of(value));
        }
        gpu.queue.write_buffer(&self.buffer, 0, &bytes);
    }

    /// The bind group and dynamic offset of a slot.
    fn set(&self, pass: &mut wgpu::ComputePass<'_>, slot: u32) {
        pass.set_bind_group(0, &self.group, &[slot * SLOT as u32]);
    }
}

impl Dispatch {
    /// Records the dispatch for at least `invocations`, with the inputs in `slot`.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, inputs: &Inputs, slot: u32, invocations: u32) {
        pass.set_pipeline(&self.pipeline);
        inputs.set(pass, slot);
        pass.set_bind_group(1, &self.group, &[]);
        pass.dispatch_workgroups(invocations.div_ceil(WORKGROUP), 1, 1);
    }
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
