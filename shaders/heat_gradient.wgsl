// The heat average of a field on the flow lattice with its gradient: the log-sum-exp of field(i, j) − |x − x_ij|²/2s, and the
// mean of (x_ij − x)/s under its weights. A workgroup takes the points that share a first coordinate. It averages every
// column along the first axis at that coordinate, then the results along the second axis.
// Reads field (G, G). Writes result (G, G) of (value, ∂x, ∂y, 0). Twin: heat::log_domain::log_heat_gradient.

@group(1) @binding(1) var<storage, read> field: array<f32>;
@group(1) @binding(2) var<storage, read_write> result: array<vec4f>;

// (value, ∂x) of each column: the value without its normaliser, ∂x without the factor spacing / variance.
var<workgroup> half_heated: array<vec2f, MOST_NODES>;

@compute @workgroup_size(LINE_WORKERS)
fn heat_gradient(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let n = flow_time.count;
    let variance = select(flow_time.variances.x, flow_time.variances.y, stage.side == 1u);
    let log_normaliser = select(flow_time.log_normalisers.x, flow_time.log_normalisers.y, stage.side == 1u);
    let rate = 0.5 * flow_time.spacing * flow_time.spacing / variance;
    for (var j = thread; j < n; j += LINE_WORKERS) {
        var top = -3.4e38;
        for (var i = 0u; i < n; i++) {
            let d = f32(i) - f32(group.x);
            top = max(top, field[i * n + j] - rate * d * d);
        }
        var sum = 0.0;
        var by_x = 0.0;
        for (var i = 0u; i < n; i++) {
            let d = f32(i) - f32(group.x);
            let weight = safe_exp(field[i * n + j] - rate * d * d - top);
            sum += weight;
            by_x += weight * d;
        }
        half_heated[j] = vec2f(top + safe_log(sum), by_x / sum);
    }
    workgroupBarrier();
    for (var l = thread; l < n && group.x < n; l += LINE_WORKERS) {
        var top = -3.4e38;
        for (var j = 0u; j < n; j++) {
            let d = f32(j) - f32(l);
            top = max(top, half_heated[j].x - rate * d * d);
        }
        var sum = 0.0;
        var gradient = vec2f();
        for (var j = 0u; j < n; j++) {
            let d = f32(j) - f32(l);
            let column = half_heated[j];
            let weight = safe_exp(column.x - rate * d * d - top);
            sum += weight;
            gradient += weight * vec2f(column.y, d);
        }
        gradient *= flow_time.spacing / variance / sum;
        result[group.x * n + l] = vec4f(top + safe_log(sum) - 2.0 * log_normaliser, gradient, 0.0);
    }
}
