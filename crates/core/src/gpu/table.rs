//! The texts of `shaders/`, and the table of all kernels.

use super::variant::{Registers, TileRows, Variant};
use Access::{Read, Write};

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
    /// It only reads.
    Read,
    /// It writes, and may read.
    Write,
}

/// The text of one kernel.
#[derive(Clone, Copy, Debug)]
pub struct KernelSource {
    /// The stem of its file, and the label of its pipeline.
    pub name: &'static str,
    /// The name of its function.
    pub entry: &'static str,
    /// The kernel's own text first, so that an error names the true line; shared texts after it.
    pub texts: &'static [&'static str],
    /// The buffers of group 1, from binding 1 on; binding 0 is the stage.
    pub buffers: &'static [Access],
    /// Invocations of a workgroup, unless that differs between variants.
    pub workgroup: u32,
    /// What the size of a dispatch of it counts.
    pub unit: Unit,
    /// What differs between its variants.
    pub varies: Varies,
}

/// What the size of a dispatch counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Of invocations: one each.
    Invocation,
    /// For kernels whose workgroups have a tile or a line of points each.
    Workgroup,
}

/// What differs between the variants of a kernel, which decides what texts are added to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Varies {
    /// Nothing: there is one variant.
    Not,
    /// The precision of the copies Wᵀ.
    Precision,
    /// The size of tiles and registers.
    Tiles,
    /// All of these.
    Gradient,
}

impl KernelSource {
    /// The whole text.
    pub fn code(&self, variant: Variant) -> String {
        let copies = match self.varies {
            Varies::Not | Varies::Tiles => "",
            Varies::Precision | Varies::Gradient => variant.copies.prelude(),
        };
        [&[copies], self.texts, self.texts_of(variant)].concat().concat()
    }

    /// The texts of a variant, which follow those that all variants have.
    fn texts_of(&self, variant: Variant) -> &'static [&'static str] {
        let is_gradient = match self.varies {
            Varies::Not | Varies::Precision => return &[],
            Varies::Tiles => false,
            Varies::Gradient => true,
        };
        let texts: &'static [&'static str] = match (variant.rows, variant.registers) {
            (TileRows::Few, Registers::R4x4) => shader!["rows_32", "registers_4x4", "registers_4x4_gradient"],
            (TileRows::Few, Registers::R4x8) => shader!["rows_32", "registers_4x8", "registers_4x8_gradient"],
            (TileRows::Many, Registers::R4x4) => shader!["rows_64", "registers_4x4", "registers_4x4_gradient"],
            (TileRows::Many, Registers::R4x8) => shader!["rows_64", "registers_4x8", "registers_4x8_gradient"],
        };
        if is_gradient { texts } else { &texts[..2] }
    }

    /// The variant that stands for all variants with the same text as this one.
    pub fn representative(&self, variant: Variant) -> Variant {
        let plain = Variant::default();
        match self.varies {
            Varies::Not => plain,
            Varies::Precision => Variant { copies: variant.copies, ..plain },
            Varies::Tiles => Variant { copies: plain.copies, ..variant },
            Varies::Gradient => variant,
        }
    }

    /// Invocations of a workgroup.
    pub fn workgroup(&self, variant: Variant) -> u32 {
        match self.varies {
            Varies::Not | Varies::Precision => self.workgroup,
            Varies::Tiles | Varies::Gradient => variant.rows.count() / 4 * variant.registers.column_groups(),
        }
    }
}

pub(super) use shader;

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

/// A kernel of a layer: each invocation has much to do, so a workgroup has few of them.
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
            ..kernel!($name, $name, ["step", "stage", "random", "numeric", "fused_tiles", "fused", "source_node" $(, $shared)*], $buffers)
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

/// A kernel whose workgroups take some nodes of a step each.
macro_rules! by_groups {
    ($name:literal, $buffers:expr) => {
        KernelSource {
            unit: Unit::Workgroup,
            ..kernel!($name, $name, ["step", "stage", "numeric", "source_node"], $buffers)
        }
    };
}

/// From partial gradients to new weights.
macro_rules! update {
    ($name:literal, $buffers:expr) => {
        KernelSource {
            varies: Varies::Precision,
            ..kernel!($name, $name, ["step", "stage", "fused_tiles", "update"], $buffers)
        }
    };
}

/// Every compute kernel, in the order of a training step, then of a tabulation, an exact solution, a flow and its particles.
pub const KERNELS: &[KernelSource] = &[
    kernel!("points", "points_of_rows", ["step", "stage", "source_node"], [Read, Write]),
    kernel!("draws", "points_of_draws", ["step", "stage", "random", "numeric"], [Read, Write]),
    kernel!("features", "features_of_points", ["step", "stage"], [Read, Read, Write]),
    layer!("linear", ["tile", "product"], [Read, Read, Write]),
    kernel!("silu", "silu", ["step", "stage", "numeric"], [Write, Write]),
    kernel!("readout", "readout", ["step", "stage"], [Read, Read, Read, Write]),
    fused!("fused_forward", Tiles, [], [Read, Read, Read, Write]),
    by_groups!("transform", [Read, Read, Read, Write, Write, Write]),
    by_groups!("cotangent_phi", [Read, Read, Read, Read, Write, Write]),
    kernel!("cotangent_psi", "cotangent_psi", ["step", "stage", "numeric", "regression"], [Read, Read, Write, Write]),
    kernel!(
        "cotangent_monte_carlo",
        "cotangent_monte_carlo",
        ["step", "stage", "numeric", "regression_target"],
        [Read, Read, Read, Write, Write]
    ),
    // wgpu has no subgroups in browsers.
    #[cfg(not(target_arch = "wasm32"))]
    kernel!(
        "cotangent_subgroups",
        "cotangent_subgroups",
        ["step", "stage", "numeric", "regression_target"],
        [Read, Read, Read, Write, Write]
    ),
    layer!("readout_backward", ["slope", "partials"], [Read, Read, Read, Read, Write, Write]),
    layer!("gradient", ["tile", "partials"], [Read, Read, Write]),
    layer!("linear_backward", ["tile", "product", "slope"], [Read, Read, Read, Write]),
    kernel!("reduce", "reduce", ["step", "stage", "partials"], [Read, Write]),
    kernel!("adam", "adam", ["step", "stage"], [Read, Write, Write, Write, Write]),
    kernel!("sgd", "sgd", ["step", "stage"], [Read, Write, Write]),
    fused!(
        "fused_backward",
        Gradient,
        ["fused_gradient", "regression"],
        [Read, Read, Read, Read, Read, Read, Read, Write]
    ),
    fused!(
        "fused_groups",
        Gradient,
        ["fused_gradient", "regression_target"],
        [Read, Read, Read, Read, Read, Read, Write]
    ),
    update!("update_adam", [Read, Write, Write, Write, Write, Write, Write, Write]),
    update!("update_sgd", [Read, Write, Write, Write, Write, Write]),
    kernel!("sum", "sum_blocks", ["step", "stage"], [Read, Write]),
    kernel!("sum", "sum_total", ["step", "stage"], [Read, Write]),
    by_lines!("heat", ["step", "heat_line"], [Read, Write]),
    kernel!("masked_transform", "masked_transform", ["step", "stage", "numeric", "target_box"], [Read, Write]),
    kernel!("mask", "mask", ["step", "stage", "numeric", "regression"], [Read, Write]),
    kernel!("sinkhorn", "half_sweep", ["step", "stage", "numeric"], [Read, Read, Write]),
    by_lines!("heat_gradient", ["flow_time"], [Read, Write]),
    kernel!("flow", "flow_of_potentials", ["flow_time", "stage", "numeric"], [Read, Read, Write]),
    kernel!("particles", "particles", ["stage", "random", "numeric"], [Read, Read, Read, Read, Read, Read, Write]),
];

/// Invocations of a workgroup, in every kernel except those of tiles of rows and of layers.
pub const WORKGROUP: u32 = 64;
/// Target nodes of a workgroup of `transform`; the same number as there.
pub const TRANSFORM_NODES: u32 = 8;
/// Source nodes of a workgroup of `cotangent_phi`; the same number as there.
pub const COTANGENT_NODES: u32 = 32;
/// Invocations of a workgroup in the kernels of layers.
const LAYER_WORKGROUP: u32 = 16;
