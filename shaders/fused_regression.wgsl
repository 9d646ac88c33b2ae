// A whole step of ψ by regression but for the update, in one dispatch: w on the target lattice, the cotangents and terms
// of ½ Σ ω′ (w − goal)² as in cotangent_psi.wgsl, and the gradient as in fused_backward.wgsl.
// Reads theta, transposed (2, 64, 64), batch (not used: ψ has none here), frequencies, goal (K).
// Writes partials (workgroups, P). Twins: cpu::potential::forward and backward, cpu::transform::cotangent_psi.

@group(1) @binding(3) var<storage, read> batch: array<vec2f>;
@group(1) @binding(4) var<storage, read> frequencies: array<vec2f>;
@group(1) @binding(5) var<storage, read> goal: array<f32>;
@group(1) @binding(6) var<storage, read_write> partials: array<vec4f>;

@compute @workgroup_size(WORKERS)
fn fused_regression(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let groups = partial_count();
    let end = select(0u, tile_count(), group.x < groups);
    let count = row_count(1u);
    let share = step_inputs.uniform_share;
    var sums = Sums();
    for (var tile = group.x; tile < end; tile += groups) {
        let layers = forward(thread, tile);
        store_readout(thread, layers.z3);
        workgroupBarrier();
        for (var i = thread; i < FUSED_ROWS; i += WORKERS) {
            let row = row_of(tile, i);
            let weight = (1.0 - share) * safe_exp(log_weight(target_point(row))) + share / f32(count);
            let miss = select(0.0, output_of(tile, i) - goal[row], row < count);
            store_cotangent(i, weight * miss);
            sums.b4 += weight * miss;
            sums.loss += 0.5 * weight * miss * miss;
        }
        workgroupBarrier();
        sums = backward(thread, group.x, tile, layers, sums);
    }
    finish(thread, group.x, sums);
}
