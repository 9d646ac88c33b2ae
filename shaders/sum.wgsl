// The sum of the terms of a loss, in two stages of a fixed order.
// Reads terms (B + K for φ, K for ψ; 2 B by Monte Carlo). Writes blocks (32), then losses (slots, 2) at (slot, side).
// Twin: the sums of cpu::trainer::Trainer::step.

const BLOCKS: u32 = 32u;
const THREADS: u32 = 64u;

@group(1) @binding(1) var<storage, read> terms: array<f32>;
@group(1) @binding(2) var<storage, read_write> sums: array<f32>;

var<workgroup> shared_sums: array<f32, THREADS>;

@compute @workgroup_size(64)
fn sum_blocks(@builtin(workgroup_id) block: vec3u, @builtin(local_invocation_index) thread: u32) {
    let count = term_count();
    var sum = 0.0;
    for (var i = block.x * THREADS + thread; i < count; i += BLOCKS * THREADS) {
        sum += terms[i];
    }
    let total = workgroup_sum(thread, sum);
    if (thread == 0u && block.x < BLOCKS) {
        sums[block.x] = total;
    }
}

@compute @workgroup_size(64)
fn sum_total(@builtin(local_invocation_index) thread: u32) {
    let total = workgroup_sum(thread, select(0.0, terms[min(thread, BLOCKS - 1u)], thread < BLOCKS));
    if (thread == 0u) {
        sums[2u * step_inputs.slot + stage.side] = total;
    }
}

fn term_count() -> u32 {
    if (step_inputs.draws > 0u) {
        return 2u * step_inputs.batch;
    }
    return select(step_inputs.batch, 0u, stage.side == 1u) + row_count(1u);
}

fn workgroup_sum(thread: u32, value: f32) -> f32 {
    shared_sums[thread] = value;
    workgroupBarrier();
    for (var reach = THREADS / 2u; reach > 0u; reach /= 2u) {
        if (thread < reach) {
            shared_sums[thread] += shared_sums[thread + reach];
        }
        workgroupBarrier();
    }
    return shared_sums[0];
}
