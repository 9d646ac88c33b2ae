// Plain gradient descent and the moving average of the weights: θ ← θ − η g, θ̄ ← d θ̄ + (1 − d) θ.
// Reads d_theta (2, P). Reads and writes theta, average (2, P). Twin: reference::optimiser::OptimiserState::sgd.

@group(1) @binding(1) var<storage, read> d_theta: array<vec4f>;
@group(1) @binding(2) var<storage, read_write> theta: array<vec4f>;
@group(1) @binding(3) var<storage, read_write> average: array<vec4f>;

@compute @workgroup_size(64)
fn sgd(@builtin(global_invocation_id) id: vec3u) {
    if (id.x >= stage.parameters / 4u) {
        return;
    }
    let i = stage.offset / 4u + id.x;
    let moved = theta[i] - step_inputs.learning_rate * d_theta[i];
    theta[i] = moved;
    average[i] = step_inputs.average_decay * average[i] + (1.0 - step_inputs.average_decay) * moved;
}
