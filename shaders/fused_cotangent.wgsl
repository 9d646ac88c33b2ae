// spread = log Σ_k exp(ratio_k) G_ε(x − y_k) h² on the source lattice and what cotangent_phi.wgsl makes of it, in one
// dispatch: a workgroup takes the points with one first coordinate, and a share of the batch.
// Reads ratio (K), u (B + S). Writes d_u (B + S), terms (B + K) at the batch.
// Twins: cpu::heat::log_heat, cpu::transform::cotangent_phi.

@group(1) @binding(2) var<storage, read> u: array<f32>;
@group(1) @binding(3) var<storage, read_write> d_u: array<f32>;
@group(1) @binding(4) var<storage, read_write> terms: array<f32>;

@compute @workgroup_size(HEAT_WORKERS)
fn fused_cotangent(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let target_first = step_inputs.target_origin;
    let spacing = step_inputs.target_spacing;
    let nodes = step_inputs.target_count;
    let queries = step_inputs.source_count;
    let batch = step_inputs.batch;
    let first = group.x * queries;
    heat_columns(thread, 0u, Axis(target_first.x, spacing, nodes), source_point(first).x);
    for (var l = thread; l < queries && group.x < queries; l += HEAT_WORKERS) {
        let row = batch + first + l;
        let spread = heat_at(Axis(target_first.y, spacing, nodes), source_point(first + l).y);
        d_u[row] = safe_exp(u[row] + spread);
    }
    let share = 1.0 / f32(batch);
    for (var row = group.x * HEAT_WORKERS + thread; row < batch && group.x < queries; row += queries * HEAT_WORKERS) {
        d_u[row] = -share;
        terms[row] = share * u[row];
    }
}
