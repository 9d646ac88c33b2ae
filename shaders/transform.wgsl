// The (c, ε)-transform at the points of the target lattice, from L = log H_ε[e^u]:
// ratio = log ω − L, goal = log p_N − L = φ^{c,ε}/ε, and the terms ω goal of J/ε. A workgroup takes the points with one first
// coordinate.
// Reads u (B + S). Writes ratio (K), goal (K), terms (B + K) after the batch.
// Twins: cpu::heat::log_heat, cpu::transform::transform.

@group(1) @binding(2) var<storage, read_write> ratio: array<f32>;
@group(1) @binding(3) var<storage, read_write> goal: array<f32>;
@group(1) @binding(4) var<storage, read_write> terms: array<f32>;

@compute @workgroup_size(LINE_WORKERS)
fn transform(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let queries = step_inputs.target_count;
    let first = group.x * queries;
    heat_columns(thread, step_inputs.batch, source_axis(step_inputs.source_origin.x), target_point(first).x);
    for (var l = thread; l < queries && group.x < queries; l += LINE_WORKERS) {
        let k = first + l;
        let y = target_point(k);
        let log_heat = heat_at(source_axis(step_inputs.source_origin.y), y.y);
        let weight = log_weight(y);
        let value = log_normal(y) - log_heat;
        ratio[k] = weight - log_heat;
        goal[k] = value;
        terms[step_inputs.batch + k] = safe_exp(weight) * value;
    }
}
