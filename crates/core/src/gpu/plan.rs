//! Dispatches in order, and how large each is.

use super::Gpu;
use super::kernel::{Dispatch, Inputs, Kernels, Registers};
use super::uniforms::StageUniform;
use crate::lattice::Lattice;
use crate::schedule::Points;

/// φ or ψ: which rows, which base and which losses a dispatch is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// φ on the batch and the source lattice, or on the batch of the source and the draws around that of the Normal.
    Phi = 0,
    /// ψ on the target lattice, or on the batch of the Normal and the draws around that of the source.
    Psi = 1,
}

/// Rows whose weight gradients are added by one invocation; the same number as in partials.wgsl.
pub const CHUNK_ROWS: u32 = 128;
/// Rows of a layer that one invocation computes; the same number as in tile.wgsl.
pub const TILE_ROWS: u32 = 16;
/// Rows of a fused kernel's tile; the same number as in fused.wgsl.
pub const FUSED_ROWS: u32 = 32;
/// Most workgroups of a fused backward pass; the same number as in fused.wgsl.
pub const PARTIALS: u32 = 256;
/// Rows, and queries, of a workgroup of a heat pass; the same number as in heat_tile.wgsl.
pub const HEAT_SIDE: u32 = 8;
/// Partial sums of the first stage of a sum; the same number as in sum.wgsl.
pub const SUM_BLOCKS: u32 = 64;

/// Which kernels a network runs on. Both compute the same, up to rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// A kernel for each layer and direction, each readable beside its twin.
    Naive,
    /// A kernel for each pass, written for these registers. All sizes give the same bits, where the compiler does not
    /// treat the same sums in different ways.
    Fused(Registers),
}

impl Path {
    /// Those that may be the fastest on a device; the first is a good choice, and which it is shows when both run.
    pub fn candidates(gpu: &Gpu) -> &'static [Self] {
        // On a processor the registers of a fused kernel are memory, and compiling it takes up to half a minute.
        if gpu.software { &[Self::Naive] } else { &[Self::Fused(Registers::Small), Self::Fused(Registers::Medium)] }
    }
}

/// How many points a dispatch is about: what its size depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    pub batch: u32,
    /// Along one axis.
    pub source: u32,
    /// Along one axis.
    pub target: u32,
    /// Around each point of a batch; without any the rows are those of the lattices.
    pub draws: u32,
}

impl Counts {
    /// Those of a training step.
    pub fn of_step(points: &Points) -> Self {
        match points {
            Points::Quadrature(points) => Self {
                batch: points.batch.len() as u32,
                source: points.source.count as u32,
                target: points.target.count as u32,
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
    pub fn fused_tiles(&self, side: Side) -> u32 {
        match groups_of_tile(self.draws) {
            0 => self.rows(side).div_ceil(FUSED_ROWS),
            groups => self.batch.div_ceil(FUSED_ROWS) + self.batch.div_ceil(groups),
        }
    }
}

/// Groups of so many draws in a tile of a fused kernel, where whole ones fill three quarters of it; otherwise 0.
pub fn groups_of_tile(draws: u32) -> u32 {
    let groups = FUSED_ROWS / draws.max(1);
    if 4 * groups * draws >= 3 * FUSED_ROWS { groups } else { 0 }
}

/// Invocations that a dispatch needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// So many for each row.
    Rows(Side, u32),
    /// So many for each tile of rows.
    Tiles(Side, u32),
    /// So many for each chunk of rows.
    Chunks(Side, u32),
    /// The tiles of a fused kernel, a workgroup each.
    FusedTiles(Side),
    /// Workgroups that share these tiles, each with a partial gradient.
    Partials(Side),
    /// So many for each of the first rows of a side, those of its batch.
    Batch(u32),
    /// So many for each tile of those rows.
    BatchTiles(u32),
    /// The fused tiles of those rows.
    BatchFusedTiles,
    /// One for each pair of a row and a query of a heat pass, in whole tiles; the larger lattice bounds both.
    Heat,
    /// So many.
    Fixed(u32),
}

impl Extent {
    /// The same work on the rows of the batch alone.
    pub fn on_batch(self) -> Self {
        match self {
            Self::Rows(_, each) => Self::Batch(each),
            Self::Tiles(_, each) => Self::BatchTiles(each),
            Self::FusedTiles(_) => Self::BatchFusedTiles,
            other => other,
        }
    }

    /// The number of invocations; of a fused kernel, workgroups.
    pub fn invocations(self, counts: &Counts) -> u32 {
        match self {
            Self::Rows(side, each) => counts.rows(side) * each,
            Self::Tiles(side, each) => counts.rows(side).div_ceil(TILE_ROWS) * each,
            Self::Chunks(side, each) => counts.rows(side).div_ceil(CHUNK_ROWS) * each,
            Self::FusedTiles(side) => counts.fused_tiles(side),
            Self::Partials(side) => counts.fused_tiles(side).min(PARTIALS),
            Self::Batch(each) => counts.batch * each,
            Self::BatchTiles(each) => counts.batch.div_ceil(TILE_ROWS) * each,
            Self::BatchFusedTiles => counts.batch.div_ceil(FUSED_ROWS),
            Self::Heat => counts.source.max(counts.target).next_multiple_of(HEAT_SIDE).pow(2),
            Self::Fixed(count) => count,
        }
    }
}

/// A dispatch and how large it is.
pub type Planned = (Dispatch, Extent);

/// Records dispatches, with the inputs in `slot`.
pub fn record(plan: &[Planned], pass: &mut wgpu::ComputePass<'_>, inputs: &Inputs, slot: u32, counts: &Counts) {
    for (dispatch, extent) in plan {
        dispatch.record(pass, inputs, slot, extent.invocations(counts));
    }
}

/// Heat averages in two passes, by way of one shared buffer.
pub struct HeatPlan<'a> {
    pub kernels: &'a Kernels,
    /// As long as the larger lattice.
    pub half: wgpu::Buffer,
}

impl HeatPlan<'_> {
    /// log H_ε from the source lattice (after the batch) to the target lattice.
    pub fn forward(&self, field: &wgpu::Buffer, result: &wgpu::Buffer) -> [Planned; 2] {
        self.passes(field, result, 0)
    }

    /// The adjoint: from the target lattice to the source lattice.
    pub fn adjoint(&self, field: &wgpu::Buffer, result: &wgpu::Buffer) -> [Planned; 2] {
        self.passes(field, result, 1)
    }

    fn passes(&self, field: &wgpu::Buffer, result: &wgpu::Buffer, adjoint: u32) -> [Planned; 2] {
        let pass = |axis, buffers: [&wgpu::Buffer; 2]| {
            let stage = StageUniform { axis, adjoint, ..Default::default() };
            (self.kernels.bind("heat", stage, &buffers), Extent::Heat)
        };
        [pass(1, [field, &self.half]), pass(0, [&self.half, result])]
    }
}
