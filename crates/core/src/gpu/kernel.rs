//! The kernels of `shaders/`, and one dispatch of one of them.

use super::Gpu;
use super::uniforms::StageUniform;
use bytemuck::Pod;
use std::sync::{Arc, OnceLock};
use wgpu::util::DeviceExt;

macro_rules! shader {
    ($file:literal, [$($shared:literal),*]) => {
        &[
            include_str!(concat!(env!("SHADERS"), "/", $file, ".wgsl")),
            $(include_str!(concat!(env!("SHADERS"), "/shared/", $shared, ".wgsl"))),*
        ]
    };
    ($($shared:literal),*) => { &[$(include_str!(concat!(env!("SHADERS"), "/shared/", $shared, ".wgsl"))),*] };
}
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
    /// Invocations of a workgroup, unless it varies in that.
    pub workgroup: u32,
    /// What a dispatch of it counts.
    pub unit: Unit,
    /// In what it varies.
    pub varies: Varies,
}

/// What the size of a dispatch counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Invocation,
    /// Because each has a tile or a line of points to itself.
    Workgroup,
}

/// In what a kernel varies, and so which texts complete it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Varies {
    /// There is one of it.
    Not,
    /// In the numbers of the copies Wᵀ.
    Copies,
    /// In the size of tiles and registers.
    Tiles,
    /// In all.
    Gradient,
}

impl KernelSource {
    /// The whole text.
    pub fn code(&self, variant: Variant) -> String {
        let copies = match self.varies {
            Varies::Not | Varies::Tiles => "",
            Varies::Copies | Varies::Gradient => variant.copies.prelude(),
        };
        [&[copies], self.texts, self.texts_of(variant)].concat().concat()
    }

    /// The texts of a variant, behind those that all have.
    fn texts_of(&self, variant: Variant) -> &'static [&'static str] {
        let is_gradient = match self.varies {
            Varies::Not | Varies::Copies => return &[],
            Varies::Tiles => false,
            Varies::Gradient => true,
        };
        let texts: &'static [&'static str] = match (variant.rows, variant.registers) {
            (TileRows::Few, Registers::Small) => shader!["rows_32", "registers_4x4", "registers_4x4_gradient"],
            (TileRows::Few, Registers::Medium) => shader!["rows_32", "registers_4x8", "registers_4x8_gradient"],
            (TileRows::Many, Registers::Small) => shader!["rows_64", "registers_4x4", "registers_4x4_gradient"],
            (TileRows::Many, Registers::Medium) => shader!["rows_64", "registers_4x8", "registers_4x8_gradient"],
        };
        if is_gradient { texts } else { &texts[..2] }
    }

    /// The variant that stands for all which have the same text as this one.
    pub fn representative(&self, variant: Variant) -> Variant {
        let plain = Variant::default();
        match self.varies {
            Varies::Not => plain,
            Varies::Copies => Variant { copies: variant.copies, ..plain },
            Varies::Tiles => Variant { copies: plain.copies, ..variant },
            Varies::Gradient => variant,
        }
    }

    /// Invocations of a workgroup.
    pub fn workgroup(&self, variant: Variant) -> u32 {
        match self.varies {
            Varies::Not | Varies::Copies => self.workgroup,
            Varies::Tiles | Varies::Gradient => variant.rows.count() / 4 * variant.registers.column_groups(),
        }
    }
}

/// How fused kernels are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Variant {
    pub rows: TileRows,
    pub registers: Registers,
    pub copies: Copies,
}

impl Variant {
    pub const COUNT: usize = 4 * Copies::ALL.len();

    /// All of them.
    pub fn all() -> [Self; Self::COUNT] {
        let bit = |index: usize, place: usize| index >> place & 1;
        std::array::from_fn(|index| Self {
            rows: [TileRows::Few, TileRows::Many][bit(index, 0)],
            registers: Registers::ALL[bit(index, 1)],
            copies: Copies::ALL[index / 4],
        })
    }

    fn index(self) -> usize {
        self.rows as usize + 2 * self.registers as usize + 4 * self.copies as usize
    }
}

/// How many rows a tile of a fused kernel has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TileRows {
    /// 32, in 16 KiB of workgroup memory.
    #[default]
    Few,
    /// 64, in 32 KiB.
    Many,
}

impl TileRows {
    pub const fn count(self) -> u32 {
        match self {
            Self::Few => 32,
            Self::Many => 64,
        }
    }
}

/// How large a tile of rows and columns an invocation of a fused kernel holds in its registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Registers {
    /// 4 x 4: what the registers of any GPU hold.
    #[default]
    Small,
    /// 4 x 8: fewer accesses to memory, where there are registers enough.
    Medium,
}

impl Registers {
    pub const ALL: [Self; 2] = [Self::Small, Self::Medium];

    /// How many invocations take the 64 columns of the same rows.
    pub const fn column_groups(self) -> u32 {
        match self {
            Self::Small => 16,
            Self::Medium => 8,
        }
    }
}

/// The numbers of the copies Wᵀ that the way back reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Copies {
    /// f32.
    #[default]
    Single,
    /// f16, half the memory traffic: the cotangents behind a layer are off by 2⁻¹² of each term. Not in browsers, where no
    /// test could run it.
    #[cfg(not(target_arch = "wasm32"))]
    Half,
}

impl Copies {
    pub const ALL: &[Self] = &[
        Self::Single,
        #[cfg(not(target_arch = "wasm32"))]
        Self::Half,
    ];

    /// What a text with them starts with: on its first line, so that the others keep their numbers.
    pub const fn prelude(self) -> &'static str {
        match self {
            Self::Single => "alias Copied = f32; ",
            #[cfg(not(target_arch = "wasm32"))]
            Self::Half => "enable f16; alias Copied = f16; ",
        }
    }
}

pub(super) use shader;

use Access::{Read, Write};

macro_rules! kernel {
    ($name:literal, $entry:literal, [$($shared:literal),*], $buffers:expr) => {
        KernelSource {
            name: $name,
            entry: $entry,
            texts: shader!($name, [$($shared),*]),
            buffers: &$buffers,
            workgroup: WORKGROUP,
            unit: Unit::Invocation,
            varies: Varies::Not,
        }
    };
}

/// A kernel of a layer: each invocation has much to do, so few of them are a workgroup.
macro_rules! layer {
    ($name:literal, [$($shared:literal),*], $buffers:expr) => {
        KernelSource {
            workgroup: LAYER_WORKGROUP,
            ..kernel!($name, $name, ["step", "stage", $($shared),*], $buffers)
        }
    };
}

/// A kernel whose workgroups take a tile of rows each.
macro_rules! fused {
    ($name:literal, $varies:ident, [$($shared:literal),*], $buffers:expr) => {
        KernelSource {
            unit: Unit::Workgroup,
            varies: Varies::$varies,
            ..kernel!($name, $name, ["step", "stage", "random", "numeric", "fused_tiles", "fused" $(, $shared)*], $buffers)
        }
    };
}

/// A kernel whose workgroups take a line of a lattice each.
macro_rules! by_lines {
    ($name:literal, [$($shared:literal),*], $buffers:expr) => {
        KernelSource {
            unit: Unit::Workgroup,
            ..kernel!($name, $name, ["stage", "numeric", "line" $(, $shared)*], $buffers)
        }
    };
}

/// From partial gradients to new weights.
macro_rules! update {
    ($name:literal, $buffers:expr) => {
        KernelSource {
            varies: Varies::Copies,
            ..kernel!($name, $name, ["step", "stage", "fused_tiles", "update"], $buffers)
        }
    };
}

/// Every compute kernel, in the order of a training step, then of a recovery, an exact solution, a flow and its particles.
pub const KERNELS: &[KernelSource] = &[
    kernel!("points", "points_of_rows", ["step", "stage"], [Read, Write]),
    kernel!("draws", "points_of_draws", ["step", "stage", "random", "numeric"], [Read, Write]),
    kernel!("features", "features_of_points", ["step", "stage"], [Read, Read, Write]),
    layer!("linear", ["tile", "product"], [Read, Read, Write]),
    kernel!("silu", "silu", ["step", "stage", "numeric"], [Write, Write]),
    kernel!("readout", "readout", ["step", "stage"], [Read, Read, Read, Write]),
    fused!("fused_forward", Tiles, [], [Read, Read, Read, Write]),
    by_lines!("transform", ["step", "heat_line"], [Read, Write, Write, Write]),
    by_lines!("cotangent_phi", ["step", "heat_line"], [Read, Read, Write, Write]),
    kernel!("cotangent_psi", "cotangent_psi", ["step", "stage", "numeric"], [Read, Read, Write, Write]),
    kernel!(
        "cotangent_monte_carlo",
        "cotangent_monte_carlo",
        ["step", "stage", "numeric", "goal"],
        [Read, Read, Read, Write, Write]
    ),
    // wgpu has no subgroups in browsers.
    #[cfg(not(target_arch = "wasm32"))]
    kernel!(
        "cotangent_subgroups",
        "cotangent_subgroups",
        ["step", "stage", "numeric", "goal"],
        [Read, Read, Read, Write, Write]
    ),
    layer!("readout_backward", ["slope", "partials"], [Read, Read, Read, Read, Write, Write]),
    layer!("gradient", ["tile", "partials"], [Read, Read, Write]),
    layer!("linear_backward", ["tile", "product", "slope"], [Read, Read, Read, Write]),
    kernel!("reduce", "reduce", ["step", "stage", "partials"], [Read, Write]),
    kernel!("adam", "adam", ["step", "stage"], [Read, Write, Write, Write, Write]),
    kernel!("sgd", "sgd", ["step", "stage"], [Read, Write, Write]),
    fused!("fused_backward", Gradient, ["fused_gradient"], [Read, Read, Read, Read, Read, Read, Read, Write]),
    fused!("fused_groups", Gradient, ["fused_gradient", "goal"], [Read, Read, Read, Read, Read, Read, Write]),
    update!("update_adam", [Read, Write, Write, Write, Write, Write, Write, Write]),
    update!("update_sgd", [Read, Write, Write, Write, Write, Write]),
    kernel!("sum", "sum_blocks", ["step", "stage"], [Read, Write]),
    kernel!("sum", "sum_total", ["step", "stage"], [Read, Write]),
    by_lines!("heat", ["step", "heat_line"], [Read, Write]),
    kernel!("masked_transform", "masked_transform", ["step", "stage", "numeric", "target_box"], [Read, Write]),
    kernel!("mask", "mask", ["step", "stage", "numeric", "target_box"], [Read, Write]),
    kernel!("sinkhorn", "half_sweep", ["step", "stage", "numeric"], [Read, Read, Write]),
    by_lines!("heat_gradient", ["moment"], [Read, Write]),
    kernel!("flow", "flow_of_potentials", ["moment", "stage", "numeric"], [Read, Read, Write]),
    kernel!("particles", "particles", ["stage", "random", "numeric"], [Read, Read, Read, Read, Read, Read, Write]),
];

/// Invocations of a workgroup, in every kernel that takes no tiles of rows and is of no layer.
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
    /// Each in as many variants as it may have.
    kernels: Arc<[(KernelSource, [OnceLock<Kernel>; Variant::COUNT])]>,
    inputs_layout: wgpu::BindGroupLayout,
    /// Whether those with subgroups are used: where the device has them, and is not itself a program.
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
        let kernels = KERNELS.iter().map(|&source| (source, Default::default())).collect();
        let subgroups = cfg!(not(target_arch = "wasm32")) && gpu.offers.subgroups && !gpu.software;
        Self { device, kernels, inputs_layout, subgroups }
    }

    /// Compiles all of them now, in their first variant; those with subgroups on a device without them fail.
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
        self.bind_variant(Variant::default(), entry, stage, buffers)
    }

    /// The same with one of its variants.
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
