// Back through the output layer: d_linear = d_output w slope, the cotangent of z in the last hidden layer.
// Reads theta, d_output (R), slope (R, 64). Writes d_linear (R, 64). Twin: cpu::potential::readout_backward.

@group(1) @binding(1) var<storage, read> theta: array<vec4f>;
@group(1) @binding(2) var<storage, read> d_output: array<f32>;
@group(1) @binding(3) var<storage, read> slope: array<vec4f>;
@group(1) @binding(4) var<storage, read_write> d_linear: array<vec4f>;

@compute @workgroup_size(64)
fn readout_backward(@builtin(global_invocation_id) id: vec3u) {
    let width = stage.inputs / 4u;
    let row = id.x / width;
    if (row >= row_count(stage.side)) {
        return;
    }
    d_linear[id.x] = d_output[row] * theta[stage.offset / 4u + id.x % width] * slope[id.x];
}
