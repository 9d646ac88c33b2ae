// One axis of the heat average in the log domain:
// result(l, a) = log Σ_j exp(field(a, j) − (q_l − x_j)² / 2ε) − log_normaliser.
// From the source lattice (A = rows of it, after the batch) to the target lattice, or back for the adjoint.
// Transposed: axis 1, then axis 0 of its result, restores the order. Twin: cpu::heat::log_heat_axis.

@group(1) @binding(1) var<storage, read> field: array<f32>;
@group(1) @binding(2) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn heat(@builtin(global_invocation_id) id: vec3u) {
    let adjoint = stage.adjoint == 1u;
    let nodes = select(step_inputs.source_count, step_inputs.target_count, adjoint);
    let queries = select(step_inputs.target_count, step_inputs.source_count, adjoint);
    let rows = select(nodes, queries, stage.axis == 0u);
    let l = id.x % queries;
    let a = id.x / queries;
    if (a >= rows) {
        return;
    }
    let start = a * nodes + select(0u, step_inputs.batch, stage.axis == 1u && !adjoint);
    // Along this axis: coordinate of the first point, and spacing.
    let spacing = vec2f(step_inputs.source_spacing, step_inputs.target_spacing);
    let first = vec2f(axis_of(step_inputs.source_origin), axis_of(step_inputs.target_origin));
    let node = select(vec2f(first.x, spacing.x), vec2f(first.y, spacing.y), adjoint);
    let query = select(vec2f(first.y, spacing.y), vec2f(first.x, spacing.x), adjoint);
    let q = query.x + query.y * f32(l);
    let rate = 0.5 / step_inputs.epsilon;
    var top = -3.4e38;
    for (var j = 0u; j < nodes; j++) {
        let d = q - (node.x + node.y * f32(j));
        top = max(top, field[start + j] - rate * d * d);
    }
    var sum = 0.0;
    for (var j = 0u; j < nodes; j++) {
        let d = q - (node.x + node.y * f32(j));
        sum += safe_exp(field[start + j] - rate * d * d - top);
    }
    result[l * rows + a] = top + safe_log(sum) - step_inputs.log_normaliser;
}

fn axis_of(v: vec2f) -> f32 {
    return select(v.x, v.y, stage.axis == 1u);
}
