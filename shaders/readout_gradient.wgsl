// Gradients of the output layer, one partial sum for every chunk of rows: Σ d_output hidden and Σ d_output.
// The bias of φ stays as it is: J does not depend on it, so its gradient is rounding, and Adam would walk on that. By
// Monte Carlo the penalty does depend on it.
// Reads hidden (R, 64), d_output (R). Writes partials (chunks, P) at the layer's place.
// Twin: cpu::potential::readout_gradient.

@group(1) @binding(1) var<storage, read> hidden: array<vec4f>;
@group(1) @binding(2) var<storage, read> d_output: array<f32>;
@group(1) @binding(3) var<storage, read_write> partials: array<vec4f>;

// One invocation: four weights; the one past the last weights takes the bias and its three zeros.
@compute @workgroup_size(64)
fn readout_gradient(@builtin(global_invocation_id) id: vec3u) {
    let width = stage.inputs / 4u;
    let rows = row_count(stage.side);
    let k = id.x % (width + 1u);
    let chunk = id.x / (width + 1u);
    if (chunk * CHUNK_ROWS >= rows) {
        return;
    }
    var sum = vec4f();
    let end = min((chunk + 1u) * CHUNK_ROWS, rows);
    for (var row = chunk * CHUNK_ROWS; row < end; row++) {
        if (k < width) {
            sum += d_output[row] * hidden[row * width + k];
        } else if (stage.side == 1u || step_inputs.draws > 0u) {
            sum.x += d_output[row];
        }
    }
    partials[partial_place(chunk) + stage.offset / 4u + k] = sum;
}
