//! Dispatches in order, and how large each is.

use super::device::Gpu;
use super::kernel::{Dispatch, Inputs, Kernels};
use super::variant::{Registers, TileRows, Variant, WeightPrecision};
use crate::config::Config;
use crate::lattice::Lattice;
use crate::limits::CHUNK_ROWS;
use crate::network::Side;
use crate::step_sampler::Points;

/// `StageUniform::side` of a dispatch for both networks; the same number as in fused_tiles.wgsl.
pub const BOTH: u32 = 2;

/// Rows of a layer that one invocation computes; the same number as in tile.wgsl.
pub const TILE_ROWS: u32 = 16;
/// Most workgroups of a fused backward pass for a network; the same number as in fused_tiles.wgsl.
pub const PARTIALS: u32 = 256;
/// Partial sums of the first stage of a sum; the same number as in sum.wgsl.
pub const SUM_BLOCKS: u32 = 64;

/// Which kernels a network runs on. Both compute the same, up to rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KernelPath {
    /// A kernel for each layer and direction, each easy to compare with its twin.
    PerLayer,
    /// A kernel for each pass. All sizes of registers give the same bits, unless the compiler translates the same sums
    /// in different ways.
    Fused(Variant),
}

impl KernelPath {
    /// The variant of its kernels, if they are fused.
    pub fn variant(self) -> Option<Variant> {
        match self {
            Self::PerLayer => None,
            Self::Fused(variant) => Some(variant),
        }
    }

    /// The paths that may be the fastest on a device. The first is a good choice; which one is the fastest is measured
    /// when both run. They give the same bits: what changes the bits depends on the device and the settings, not on
    /// timing.
    pub fn candidates(gpu: &Gpu, config: &Config) -> Vec<Self> {
        // A software adapter keeps the registers of a fused kernel in memory, and takes seconds to compile it.
        if gpu.software {
            return vec![Self::PerLayer];
        }
        // With few rows, large tiles would leave some workgroups without work.
        let many = config.training_rows() >= (PARTIALS * TileRows::Many.count()) as usize;
        let rows = if many && gpu.capabilities.large_tiles { TileRows::Many } else { TileRows::Few };
        let copies = if gpu.capabilities.half { gpu.copies } else { WeightPrecision::Single };
        Registers::ALL.map(|registers| Self::Fused(Variant { rows, registers, copies })).into()
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl std::fmt::Display for KernelPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::Fused(Variant { rows, registers, copies }) = self else { return f.write_str("single layers") };
        let columns = 64 / registers.column_groups();
        let copies = if *copies == WeightPrecision::Half { ", f16 in the backward pass" } else { "" };
        write!(f, "fused, {} rows, 4 x {columns} registers{copies}", rows.count())
    }
}

/// The numbers of points on which the size of a dispatch depends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Points of a batch.
    pub batch: u32,
    /// Along one axis.
    pub source: u32,
    /// Along one axis.
    pub target: u32,
    /// Draws around each point of a batch; 0 by quadrature.
    pub draws: u32,
}

impl Counts {
    /// Those of a training step.
    pub fn of_step(points: &Points) -> Self {
        match points {
            Points::Quadrature(points) => Self {
                batch: points.source.batch.len() as u32,
                source: points.source.lattice.count as u32,
                target: points.target.lattice.count as u32,
                draws: 0,
            },
            Points::MonteCarlo(points) => {
                Self { batch: points.batch() as u32, source: 0, target: 0, draws: points.draws as u32 }
            }
        }
    }

    /// Both lattices are this one, and there is no batch.
    pub fn of_lattice(lattice: &Lattice) -> Self {
        let count = lattice.count as u32;
        Self { batch: 0, source: count, target: count, draws: 0 }
    }

    /// Rows of a network.
    pub fn rows(&self, side: Side) -> u32 {
        match side {
            _ if self.draws > 0 => self.batch * (self.draws + 1),
            Side::Phi => self.batch + self.source * self.source,
            Side::Psi => self.target * self.target,
        }
    }

    /// Tiles of a fused kernel, as fused_tiles.wgsl counts them: groups of draws that fit are not divided.
    pub fn fused_tiles(&self, side: Side, tile: TileRows) -> u32 {
        let tile_rows = tile.count();
        match groups_of_tile(self.draws, tile) {
            0 => self.rows(side).div_ceil(tile_rows),
            groups => self.batch.div_ceil(tile_rows) + self.batch.div_ceil(groups),
        }
    }

    /// Partial gradients of a network, one for each workgroup.
    pub fn partials(&self, side: Side, tile: TileRows) -> u32 {
        self.fused_tiles(side, tile).min(PARTIALS)
    }
}

/// How many whole groups of `draws` draws a tile of a fused kernel has, if they fill three quarters of it; otherwise 0.
pub fn groups_of_tile(draws: u32, tile: TileRows) -> u32 {
    let groups = tile.count() / draws.max(1);
    if 4 * groups * draws >= 3 * tile.count() { groups } else { 0 }
}

/// Invocations that a dispatch needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DispatchSize {
    /// This many for each row.
    Rows(Side, u32),
    /// This many for each tile of rows.
    Tiles(Side, u32),
    /// This many for each chunk of rows.
    Chunks(Side, u32),
    /// The tiles of a fused kernel, a workgroup each.
    FusedTiles(Side, TileRows),
    /// The workgroups that share the tiles of a fused backward pass, each with a partial gradient.
    Partials(Side, TileRows),
    /// The same for both networks.
    PartialsOfBoth(TileRows),
    /// A workgroup for each group of this many rows of a network.
    Groups(Side, u32),
    /// The lines of a network's lattice, a workgroup each.
    Lines(Side),
    /// This many for each row of the batch, which comes first.
    Batch(u32),
    /// This many for each tile of rows of the batch.
    BatchTiles(u32),
    /// The tiles of a fused kernel for the batch alone, a workgroup each.
    BatchFusedTiles(TileRows),
    /// This many.
    Fixed(u32),
}

impl DispatchSize {
    /// The same work on the rows of the batch alone.
    pub fn on_batch(self) -> Self {
        match self {
            Self::Rows(_, each) => Self::Batch(each),
            Self::Tiles(_, each) => Self::BatchTiles(each),
            Self::FusedTiles(_, tile) => Self::BatchFusedTiles(tile),
            other => other,
        }
    }

    /// Rows of the networks that a fused kernel of this size evaluates.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn rows(self, counts: &Counts) -> u32 {
        match self {
            Self::FusedTiles(side, _) | Self::Partials(side, _) => counts.rows(side),
            Self::PartialsOfBoth(_) => counts.rows(Side::Phi) + counts.rows(Side::Psi),
            Self::BatchFusedTiles(_) => counts.batch,
            _ => 0,
        }
    }

    /// The number of invocations, or of workgroups where each has a fused tile, a partial gradient, a group or a line.
    pub fn invocations(self, counts: &Counts) -> u32 {
        match self {
            Self::Rows(side, each) => counts.rows(side) * each,
            Self::Tiles(side, each) => counts.rows(side).div_ceil(TILE_ROWS) * each,
            Self::Chunks(side, each) => counts.rows(side).div_ceil(CHUNK_ROWS) * each,
            Self::FusedTiles(side, tile) => counts.fused_tiles(side, tile),
            Self::Partials(side, tile) => counts.partials(side, tile),
            Self::PartialsOfBoth(tile) => counts.partials(Side::Phi, tile) + counts.partials(Side::Psi, tile),
            Self::Groups(side, rows) => counts.rows(side).div_ceil(rows),
            Self::Lines(Side::Phi) => counts.source,
            Self::Lines(Side::Psi) => counts.target,
            Self::Batch(each) => counts.batch * each,
            Self::BatchTiles(each) => counts.batch.div_ceil(TILE_ROWS) * each,
            Self::BatchFusedTiles(tile) => counts.batch.div_ceil(tile.count()),
            Self::Fixed(count) => count,
        }
    }
}

/// A dispatch and its size.
pub type Planned = (Dispatch, DispatchSize);

/// Records dispatches, with the inputs in `slot`.
pub fn record(plan: &[Planned], pass: &mut wgpu::ComputePass<'_>, inputs: &Inputs, slot: u32, counts: &Counts) {
    for (dispatch, extent) in plan {
        dispatch.record(pass, inputs, slot, extent.invocations(counts));
    }
}

/// log H_ε[e^u] on the target lattice.
pub(super) fn heat(kernels: &Kernels, field: &wgpu::Buffer, result: &wgpu::Buffer) -> Planned {
    (kernels.bind("heat", Default::default(), &[field, result]), DispatchSize::Lines(Side::Psi))
}
