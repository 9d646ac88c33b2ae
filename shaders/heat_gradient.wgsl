// One axis of the heat average with its gradient. For each row a and query l of the flow lattice: the log-sum-exp of
// field(a, j) − (l − j)² h² / 2s, the mean of (j − l) h / s under its weights, and the mean of the other derivative.
// Reads field (A, n) of `inputs` numbers each: (value) in the first pass, (value, own, ..) in the second.
// Writes result (n, A) of (value, own, carried, 0), transposed. Twin: cpu::heat::log_heat_gradient_axis.

@group(1) @binding(1) var<storage, read> field: array<f32>;
@group(1) @binding(2) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn heat_gradient(@builtin(global_invocation_id) id: vec3u) {
    let n = moment.count;
    let l = id.x % n;
    let a = id.x / n;
    if (a >= n) {
        return;
    }
    let variance = select(moment.variances.x, moment.variances.y, stage.side == 1u);
    let log_normaliser = select(moment.log_normalisers.x, moment.log_normalisers.y, stage.side == 1u);
    let rate = 0.5 * moment.spacing * moment.spacing / variance;
    let width = stage.inputs;
    let start = a * n * width;
    let centre = f32(l);
    var top = -3.4e38;
    for (var j = 0u; j < n; j++) {
        let d = f32(j) - centre;
        top = max(top, field[start + j * width] - rate * d * d);
    }
    var sum = 0.0;
    var own = 0.0;
    var carried = 0.0;
    for (var j = 0u; j < n; j++) {
        let d = f32(j) - centre;
        let weight = safe_exp(field[start + j * width] - rate * d * d - top);
        sum += weight;
        own += weight * d;
        if (width > 1u) {
            carried += weight * field[start + j * width + 1u];
        }
    }
    let value = top + safe_log(sum) - log_normaliser;
    result[l * n + a] = vec4f(value, own / sum * moment.spacing / variance, carried / sum, 0.0);
}
