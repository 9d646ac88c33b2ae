// The sum of the terms of a loss, in two stages of a fixed order.
// Reads terms (N + K for φ, K for ψ; 2 B by Monte Carlo). Writes blocks (64), then losses (slots, 2) at (slot, side).
// Twin: the sums of reference::trainer::Trainer::step.

const BLOCKS: u32 = 64u;

@group(1) @binding(1) var<storage, read> terms: array<f32>;
@group(1) @binding(2) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(64)
fn sum_blocks(@builtin(global_invocation_id) id: vec3u) {
    if (id.x < BLOCKS) {
        sums[id.x] = strided_sum(id.x, term_count(), BLOCKS);
    }
}

@compute @workgroup_size(64)
fn sum_total(@builtin(global_invocation_id) id: vec3u) {
    if (id.x == 0u) {
        sums[2u * step_inputs.slot + stage.side] = strided_sum(0u, BLOCKS, 1u);
    }
}

fn strided_sum(first: u32, count: u32, stride: u32) -> f32 {
    var sum = 0.0;
    for (var i = first; i < count; i += stride) {
        sum += terms[i];
    }
    return sum;
}

fn term_count() -> u32 {
    if (step_inputs.draws > 0u) {
        return 2u * step_inputs.batch;
    }
    return select(row_count(0u), 0u, stage.side == 1u) + row_count(1u);
}
