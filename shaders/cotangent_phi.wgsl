// Cotangent of −J/ε with respect to u: −1/B at a point of the batch, exp(u + spread) at a node of the source lattice,
// where spread = log Σ_k exp(ratio_k) G_ε(x − y_k) h². Also the batch's terms u/B of J/ε. A workgroup takes the nodes with one
// first coordinate, and a share of the batch.
// Reads ratio (K), u (B + S). Writes d_u (B + S), terms (B + K) at the batch.
// Twins: cpu::heat::log_heat, cpu::transform::cotangent_phi.

@group(1) @binding(2) var<storage, read> u: array<f32>;
@group(1) @binding(3) var<storage, read_write> d_u: array<f32>;
@group(1) @binding(4) var<storage, read_write> terms: array<f32>;

@compute @workgroup_size(LINE_WORKERS)
fn cotangent_phi(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let queries = step_inputs.source_count;
    let batch = step_inputs.batch;
    let first = group.x * queries;
    heat_columns(thread, 0u, target_axis(step_inputs.target_origin.x), source_point(first).x);
    for (var l = thread; l < queries && group.x < queries; l += LINE_WORKERS) {
        let row = batch + first + l;
        let spread = heat_at(target_axis(step_inputs.target_origin.y), source_point(first + l).y);
        d_u[row] = safe_exp(u[row] + spread);
    }
    let share = 1.0 / f32(batch);
    for (var row = group.x * LINE_WORKERS + thread; row < batch && group.x < queries; row += queries * LINE_WORKERS) {
        d_u[row] = -share;
        terms[row] = share * u[row];
    }
}
