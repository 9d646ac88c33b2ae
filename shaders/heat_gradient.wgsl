// One axis of the heat average with its gradient. For each row a and query l of the flow lattice: the log-sum-exp of
// field(a, j) − (l − j)² h² / 2s, the mean of (j − l) h / s under its weights, and the mean of the other derivative.
// Reads field (A, n) of `inputs` numbers each: (value) in the first pass, (value, own, ..) in the second.
// Writes result (n, A) of (value, own, carried, 0), transposed. Twin: cpu::heat::log_heat_gradient_axis.
// A workgroup takes 8 rows and 8 queries, and 64 nodes of each row at a time into its memory.

@group(1) @binding(1) var<storage, read> field: array<f32>;
@group(1) @binding(2) var<storage, read_write> result: array<vec4f>;

var<workgroup> values: array<vec2f, HEAT_VALUES>; // (value, own); without an own derivative it is 0

@compute @workgroup_size(64)
fn heat_gradient(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let n = moment.count;
    let tile = heat_tile(group.x, thread, n, n);
    let variance = select(moment.variances.x, moment.variances.y, stage.side == 1u);
    let log_normaliser = select(moment.log_normalisers.x, moment.log_normalisers.y, stage.side == 1u);
    let rate = 0.5 * moment.spacing * moment.spacing / variance;
    let width = stage.inputs;
    let centre = f32(tile.query);
    var top = -3.4e38;
    var sum = 0.0;
    var own = 0.0;
    var carried = 0.0;
    for (var start = 0u; start < n; start += HEAT_NODES) {
        workgroupBarrier();
        for (var i = thread; i < HEAT_SIDE * HEAT_NODES; i += 64u) {
            let row = min(tile.first_row + i / HEAT_NODES, n - 1u);
            let at = (row * n + min(start + i % HEAT_NODES, n - 1u)) * width;
            let carries = select(0.0, field[at + min(1u, width - 1u)], width > 1u);
            values[heat_place(i / HEAT_NODES, i % HEAT_NODES)] = vec2f(field[at], carries);
        }
        workgroupBarrier();
        let count = min(n - start, HEAT_NODES);
        let before = top;
        for (var j = 0u; j < count; j++) {
            let d = f32(start + j) - centre;
            top = max(top, values[heat_place(tile.row, j)].x - rate * d * d);
        }
        let kept = safe_exp(before - top);
        sum *= kept;
        own *= kept;
        carried *= kept;
        for (var j = 0u; j < count; j++) {
            let d = f32(start + j) - centre;
            let node = values[heat_place(tile.row, j)];
            let weight = safe_exp(node.x - rate * d * d - top);
            sum += weight;
            own += weight * d;
            carried += weight * node.y;
        }
    }
    if (tile.inside) {
        let value = top + safe_log(sum) - log_normaliser;
        result[tile.query * n + tile.first_row + tile.row] =
            vec4f(value, own / sum * moment.spacing / variance, carried / sum, 0.0);
    }
}
