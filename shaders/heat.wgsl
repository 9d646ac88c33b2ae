// The heat average log H_ε[e^u] at the points of the target lattice; a workgroup takes those that share
// a first coordinate.
// Reads u (B + S). Writes result (K). Twin: heat::log_domain::log_heat.

@group(1) @binding(2) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(LINE_WORKERS)
fn heat(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let queries = step_inputs.target_count;
    let first = group.x * queries;
    heat_columns(thread, step_inputs.batch, source_axis(step_inputs.source_origin.x), target_point(first).x);
    for (var l = thread; l < queries && group.x < queries; l += LINE_WORKERS) {
        result[first + l] = heat_at(source_axis(step_inputs.source_origin.y), target_point(first + l).y);
    }
}
