// A heat average along both axes for one line of queries, which share a first coordinate, so that a workgroup needs no
// result of another one. It averages every column of the field along the first axis at that coordinate, then the
// results along the second axis.

@group(1) @binding(1) var<storage, read> field: array<f32>;

var<workgroup> half_heated: array<f32, MOST_NODES>;

// Points of a lattice along one axis.
struct Axis {
    first: f32,
    spacing: f32,
    count: u32,
}

fn source_axis(first: f32) -> Axis {
    return Axis(first, step_inputs.source_spacing, step_inputs.source_count);
}

fn target_axis(first: f32) -> Axis {
    return Axis(first, step_inputs.target_spacing, step_inputs.target_count);
}

// log Σ_i exp(field(i, j) − (x − x_i)²/2ε) for every column j of a field that starts at `start`.
fn heat_columns(thread: u32, start: u32, nodes: Axis, x: f32) {
    let rate = 0.5 / step_inputs.epsilon;
    for (var j = thread; j < nodes.count; j += LINE_WORKERS) {
        var top = -3.4e38;
        for (var i = 0u; i < nodes.count; i++) {
            let d = x - (nodes.first + nodes.spacing * f32(i));
            top = max(top, field[start + i * nodes.count + j] - rate * d * d);
        }
        var sum = 0.0;
        for (var i = 0u; i < nodes.count; i++) {
            let d = x - (nodes.first + nodes.spacing * f32(i));
            sum += safe_exp(field[start + i * nodes.count + j] - rate * d * d - top);
        }
        half_heated[j] = top + safe_log(sum);
    }
    workgroupBarrier();
}

// The same over the values of the columns, at the second coordinate y; normalised.
fn heat_at(nodes: Axis, y: f32) -> f32 {
    let rate = 0.5 / step_inputs.epsilon;
    var top = -3.4e38;
    for (var j = 0u; j < nodes.count; j++) {
        let d = y - (nodes.first + nodes.spacing * f32(j));
        top = max(top, half_heated[j] - rate * d * d);
    }
    var sum = 0.0;
    for (var j = 0u; j < nodes.count; j++) {
        let d = y - (nodes.first + nodes.spacing * f32(j));
        sum += safe_exp(half_heated[j] - rate * d * d - top);
    }
    return top + safe_log(sum) - 2.0 * step_inputs.log_normaliser;
}
