//! Runs one kernel. Outputs are filled with a poison value before, and a tail after each output must stay unchanged.

use crate::device::{gpu, read};
use crate::run::{kernels, submit};
use bytemuck::Pod;
use flowsketch_core::gpu::kernel::storage;
use flowsketch_core::gpu::uniforms::StageUniform;
use flowsketch_core::gpu::variant::Variant;

/// What an output holds before the kernel runs; no kernel computes it.
const POISON: f32 = -7.654_321e7;
/// Numbers after the end of every output that must stay as they were.
const TAIL: usize = 257;

/// A buffer of a kernel, in the order of its bindings.
pub enum Buffer {
    /// Read only.
    Input(Vec<f32>),
    /// Written only: this many numbers.
    Output(usize),
    /// Read and written.
    Update(Vec<f32>),
}

/// Runs the kernel once for `size` invocations, and returns what is written, in the order of its bindings.
///
/// # Panics
/// When the kernel writes past the end of an output, or leaves a number of it unwritten.
pub fn run<T: Pod>(entry: &str, stage: StageUniform, inputs: T, buffers: Vec<Buffer>, size: u32) -> Vec<Vec<f32>> {
    run_variant(Variant::default(), entry, stage, inputs, buffers, size)
}

/// The same for one of the variants of a kernel, for `size` tiles if it is fused.
///
/// # Panics
/// As [`run`].
pub fn run_variant<T: Pod>(
    variant: Variant,
    entry: &str,
    stage: StageUniform,
    inputs: T,
    buffers: Vec<Buffer>,
    size: u32,
) -> Vec<Vec<f32>> {
    let kernels = kernels();
    let slots = kernels.inputs::<T>("test inputs", 1);
    slots.write(gpu(), &[inputs]);
    let (mut bound, mut lengths) = (vec![], vec![]);
    for buffer in &buffers {
        let (mut values, written) = match buffer {
            Buffer::Input(values) => (values.clone(), None),
            Buffer::Output(len) => (vec![POISON; *len], Some(*len)),
            Buffer::Update(values) => (values.clone(), Some(values.len())),
        };
        if written.is_some() {
            values.resize(values.len() + TAIL, POISON);
        }
        // Layers read vectors of four.
        values.resize(values.len().next_multiple_of(4), POISON);
        let storage = storage(gpu(), entry, values.len());
        gpu().queue.write_buffer(&storage, 0, bytemuck::cast_slice(&values));
        bound.push(storage);
        lengths.push(written);
    }
    let bound_to: Vec<_> = bound.iter().collect();
    let dispatch = kernels.bind_variant(variant, entry, stage, &bound_to);
    submit(gpu(), |pass| dispatch.record(pass, &slots, 0, size));
    let outputs =
        bound.iter().zip(lengths).filter_map(|(buffer, len)| len.map(|len| (read::<f32>(gpu(), buffer), len)));
    outputs
        .map(|(mut values, len)| {
            assert!(values[len..].iter().all(|&v| v == POISON), "{entry} wrote past the end of an output");
            values.truncate(len);
            assert!(values.iter().all(|&v| v != POISON), "{entry} left a part of an output unwritten");
            values
        })
        .collect()
}

#[cfg(test)]
mod negative_controls {
    use super::{Buffer, run};
    use flowsketch_core::gpu::uniforms::StepUniform;

    /// A lattice of 3 × 3 target points.
    fn step() -> StepUniform {
        StepUniform { target_count: 3, target_spacing: 1.0, ..Default::default() }
    }

    fn points(len: usize, invocations: u32) {
        let stage = super::StageUniform { side: 1, ..Default::default() };
        run("points_of_rows", stage, step(), vec![Buffer::Input(vec![0.0; 2]), Buffer::Output(len)], invocations);
    }

    #[test]
    fn a_kernel_that_does_its_work_passes() {
        points(18, 9);
    }

    #[test]
    #[should_panic(expected = "past the end")]
    fn a_write_past_the_end_is_seen() {
        points(16, 9);
    }

    #[test]
    #[should_panic(expected = "unwritten")]
    fn a_missing_write_is_seen() {
        points(20, 9);
    }
}
