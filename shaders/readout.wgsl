// The potential in nats: base(x) + hidden · w + b, with the closed-form Gaussian base.
// Reads theta, points (R), hidden (R, 64). Writes output (R). Twin: reference::potential::readout.

@group(1) @binding(1) var<storage, read> theta: array<vec4f>;
@group(1) @binding(2) var<storage, read> points: array<vec2f>;
@group(1) @binding(3) var<storage, read> hidden: array<vec4f>;
@group(1) @binding(4) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(64)
fn readout(@builtin(global_invocation_id) id: vec3u) {
    let row = id.x;
    if (row >= row_count(stage.side)) {
        return;
    }
    let width = stage.inputs / 4u;
    let first = stage.offset / 4u;
    var sum = 0.0;
    for (var k = 0u; k < width; k++) {
        sum += dot(hidden[row * width + k], theta[first + k]);
    }
    output[row] = base(points[row]) + (sum + theta[first + width].x);
}

fn base(x: vec2f) -> f32 {
    let curve = select(step_inputs.base_phi, step_inputs.base_psi, stage.side == 1u);
    let slope = select(step_inputs.base_slopes.xy, step_inputs.base_slopes.zw, stage.side == 1u);
    let square = curve.x * x.x * x.x + 2.0 * curve.y * x.x * x.y + curve.z * x.y * x.y;
    return curve.w - 0.5 * square + dot(slope, x);
}
