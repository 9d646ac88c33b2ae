// Back through the output layer: d_linear = d_output w act′(z), the cotangent of z in the last hidden layer; and the
// layer's gradients, one partial sum for every chunk of rows: Σ d_output hidden and Σ d_output.
// By quadrature the bias of φ is not trained: J does not depend on it, so its gradient would be rounding error, which
// Adam would scale up to full steps. By Monte Carlo the penalty depends on it.
// Reads theta, d_output (R), hidden (R, 64), slope (R, 64; for ReLU and leaky ReLU the hidden units). Writes d_linear
// (R, 64), and partials (chunks, P) at the layer's place.
// Twins: reference::potential::readout_backward and readout_gradient.

@group(1) @binding(1) var<storage, read> theta: array<vec4f>;
@group(1) @binding(2) var<storage, read> d_output: array<f32>;
@group(1) @binding(3) var<storage, read> hidden: array<vec4f>;
@group(1) @binding(4) var<storage, read> slope: array<vec4f>;
@group(1) @binding(5) var<storage, read_write> d_linear: array<vec4f>;
@group(1) @binding(6) var<storage, read_write> partials: array<vec4f>;

// One invocation: four weights over one chunk.
@compute @workgroup_size(16)
fn readout_backward(@builtin(global_invocation_id) id: vec3u) {
    let width = stage.inputs / 4u;
    let rows = row_count(stage.side);
    let k = id.x % width;
    let chunk = id.x / width;
    if (chunk * CHUNK_ROWS >= rows) {
        return;
    }
    let w = theta[stage.offset / 4u + k];
    var weights = vec4f();
    var bias = 0.0;
    let end = min((chunk + 1u) * CHUNK_ROWS, rows);
    for (var row = chunk * CHUNK_ROWS; row < end; row++) {
        let place = row * width + k;
        let d = d_output[row];
        d_linear[place] = d * w * slope_at(place);
        weights += d * hidden[place];
        bias += d;
    }
    // The output layer comes last in a partial gradient.
    let layer = partial_place(chunk + 1u) - width - 1u;
    partials[layer + k] = weights;
    if (k == 0u) {
        let trained = stage.side == 1u || step_inputs.draws > 0u;
        partials[layer + width] = vec4f(select(0.0, bias, trained), 0.0, 0.0, 0.0);
    }
}
