// The same as cotangent_monte_carlo.wgsl, for devices with subgroups: each subgroup takes the draws around one point at
// a time, and neighbouring invocations read neighbouring draws.
// Reads output (R), other (B), log_densities (slots, 2, B). Writes d_output (R), terms (2 B).
// Twin: reference::monte_carlo::cotangent_monte_carlo.

@group(1) @binding(1) var<storage, read> output: array<f32>;
@group(1) @binding(2) var<storage, read> other: array<f32>;
@group(1) @binding(3) var<storage, read> log_densities: array<f32>;
@group(1) @binding(4) var<storage, read_write> d_output: array<f32>;
@group(1) @binding(5) var<storage, read_write> terms: array<f32>;

@compute @workgroup_size(64)
fn cotangent_subgroups(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                       @builtin(subgroup_id) id: u32, @builtin(num_subgroups) count: u32,
                       @builtin(subgroup_invocation_id) lane: u32) {
    let batch = step_inputs.batch;
    let draws = step_inputs.draws;
    let share = 1.0 / f32(batch);
    // Counted, because the built-in subgroup size may be larger than the workgroup.
    let lanes = subgroupAdd(1u);
    for (var k = group.x * count + id; k < batch; k += groups.x * count) {
        let first = batch + k * draws;
        // Invocations past the last draw read the last one again; it is not counted twice.
        var top = -3.4e38;
        for (var i = 0u; i < draws; i += lanes) {
            top = max(top, output[first + min(i + lane, draws - 1u)]);
        }
        top = subgroupMax(top);
        var sum = 0.0;
        for (var i = 0u; i < draws; i += lanes) {
            sum += select(0.0, safe_exp(output[first + min(i + lane, draws - 1u)] - top), i + lane < draws);
        }
        sum = subgroupAdd(sum);
        let regression_target = regression_target_of(stage.side, k, top, sum);
        let pull = pull_of(k, regression_target);
        for (var i = lane; i < draws; i += lanes) {
            d_output[first + i] = share * pull * safe_exp(output[first + i] - top) / sum;
        }
        if (lane == 0u) {
            d_output[k] = -share;
            terms[k] = share * output[k];
            terms[batch + k] = share * regression_target;
        }
    }
}
