// One axis of the heat average in the log domain:
// result(l, a) = log Σ_j exp(field(a, j) − (q_l − x_j)² / 2ε) − log_normaliser.
// From the source lattice (A = rows of it, after the batch) to the target lattice, or back for the adjoint.
// Transposed: axis 1, then axis 0 of its result, restores the order. Twin: cpu::heat::log_heat_axis.
// A workgroup takes 8 rows and 8 queries, and 64 nodes of each row at a time into its memory.

@group(1) @binding(1) var<storage, read> field: array<f32>;
@group(1) @binding(2) var<storage, read_write> result: array<f32>;

var<workgroup> values: array<f32, HEAT_VALUES>;

@compute @workgroup_size(64)
fn heat(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let adjoint = stage.adjoint == 1u;
    let nodes = select(step_inputs.source_count, step_inputs.target_count, adjoint);
    let queries = select(step_inputs.target_count, step_inputs.source_count, adjoint);
    let rows = select(nodes, queries, stage.axis == 0u);
    let tile = heat_tile(group.x, thread, rows, queries);
    let behind = select(0u, step_inputs.batch, stage.axis == 1u && !adjoint);
    // Along this axis: coordinate of the first point, and spacing.
    let spacing = vec2f(step_inputs.source_spacing, step_inputs.target_spacing);
    let first = vec2f(axis_of(step_inputs.source_origin), axis_of(step_inputs.target_origin));
    let node = select(vec2f(first.x, spacing.x), vec2f(first.y, spacing.y), adjoint);
    let query = select(vec2f(first.y, spacing.y), vec2f(first.x, spacing.x), adjoint);
    let q = query.x + query.y * f32(tile.query);
    let rate = 0.5 / step_inputs.epsilon;
    var top = -3.4e38;
    var sum = 0.0;
    for (var start = 0u; start < nodes; start += HEAT_NODES) {
        workgroupBarrier();
        for (var i = thread; i < HEAT_SIDE * HEAT_NODES; i += 64u) {
            let row = min(tile.first_row + i / HEAT_NODES, rows - 1u);
            let j = min(start + i % HEAT_NODES, nodes - 1u);
            values[heat_place(i / HEAT_NODES, i % HEAT_NODES)] = field[behind + row * nodes + j];
        }
        workgroupBarrier();
        let count = min(nodes - start, HEAT_NODES);
        let before = top;
        for (var j = 0u; j < count; j++) {
            let d = q - (node.x + node.y * f32(start + j));
            top = max(top, values[heat_place(tile.row, j)] - rate * d * d);
        }
        sum *= safe_exp(before - top);
        for (var j = 0u; j < count; j++) {
            let d = q - (node.x + node.y * f32(start + j));
            sum += safe_exp(values[heat_place(tile.row, j)] - rate * d * d - top);
        }
    }
    if (tile.inside) {
        result[tile.query * rows + tile.first_row + tile.row] = top + safe_log(sum) - step_inputs.log_normaliser;
    }
}

fn axis_of(v: vec2f) -> f32 {
    return select(v.x, v.y, stage.axis == 1u);
}
