//! The kernels of `shaders/`, and one dispatch of one of them.

use super::device::Gpu;
use super::table::Access::Read;
use super::table::{KERNELS, KernelSource, Unit};
use super::uniforms::StageUniform;
use super::variant::Variant;
use bytemuck::Pod;
use std::sync::{Arc, OnceLock};
use wgpu::util::DeviceExt;

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
    /// Each kernel, with room for all of its variants.
    kernels: Arc<[(KernelSource, [OnceLock<Kernel>; Variant::COUNT])]>,
    inputs_layout: wgpu::BindGroupLayout,
    /// Whether kernels with subgroups are used: if the device has subgroups and is not a software adapter.
    pub subgroups: bool,
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

/// Outside browsers, no bounds are added to loops, which would keep drivers from unrolling them, nor checks to indices.
const CHECKS: wgpu::ShaderRuntimeChecks = wgpu::ShaderRuntimeChecks {
    bounds_checks: false,
    force_loop_bounding: false,
    ..wgpu::ShaderRuntimeChecks::checked()
};

impl Kernels {
    /// No kernel is compiled yet: each is when it is first asked for.
    pub fn new(gpu: &Gpu) -> Self {
        let device = gpu.device.clone();
        let inputs_layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("inputs"),
            entries: &[entry(0, wgpu::BufferBindingType::Uniform, true)],
        });
        let kernels = KERNELS.iter().map(|&source| (source, Default::default())).collect();
        let subgroups = cfg!(not(target_arch = "wasm32")) && gpu.capabilities.subgroups && !gpu.software;
        Self { device, kernels, inputs_layout, subgroups }
    }

    /// Compiles all of them now, in their default variant; those with subgroups fail on a device without subgroups.
    pub fn compile(&self) {
        self.kernels.iter().for_each(|(source, _)| _ = self.find(source.entry, Variant::default()));
    }

    fn find(&self, entry: &str, variant: Variant) -> (&KernelSource, &Kernel) {
        let found = self.kernels.iter().find(|(source, _)| source.entry == entry);
        let (source, kernels) = found.expect("a kernel of the table");
        let variant = source.representative(variant);
        (source, kernels[variant.index()].get_or_init(|| self.compiled(source, variant)))
    }

    fn compiled(&self, source: &KernelSource, variant: Variant) -> Kernel {
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
            source: wgpu::ShaderSource::Wgsl(source.code(variant).into()),
        };
        // SAFETY: each loop has a bound and each index is guarded; the tests of kernels run at sizes that are no
        // multiple of a workgroup. The device checks indices of buffers too. In a browser this call changes nothing.
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
        self.bind_variant(Variant::default(), entry, stage, buffers)
    }

    /// The same for one variant of the kernel.
    pub fn bind_variant(
        &self,
        variant: Variant,
        entry: &str,
        stage: StageUniform,
        buffers: &[&wgpu::Buffer],
    ) -> Dispatch {
        let (source, kernel) = self.find(entry, variant);
        assert_eq!(buffers.len(), source.buffers.len(), "buffers of {entry}");
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
        let share = if source.unit == Unit::Invocation { source.workgroup(variant) } else { 1 };
        Dispatch { kernel: source.entry, pipeline: kernel.pipeline.clone(), group, share }
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

/// Uniform slots: a write takes effect before the next submission, so each step of a submission needs its own slot.
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
    /// Records the dispatch for at least `size` invocations, or whatever it [counts](Unit), with the inputs in `slot`.
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
