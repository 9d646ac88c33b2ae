// The same by plain gradient descent.
// Reads partials (workgroups, P). Writes d_theta (P), losses (slots, 2) at (slot, side), transposed (2, 64, 64). Reads and
// writes theta, average (P). Twin: cpu::optimiser::OptimiserState::sgd; equal to reduce, sgd and sum.

@group(1) @binding(1) var<storage, read> partials: array<vec4f>;
@group(1) @binding(2) var<storage, read_write> losses: array<f32>;
@group(1) @binding(3) var<storage, read_write> d_theta: array<vec4f>;
@group(1) @binding(4) var<storage, read_write> theta: array<vec4f>;
@group(1) @binding(5) var<storage, read_write> average: array<vec4f>;
@group(1) @binding(6) var<storage, read_write> transposed: array<f32>;

@compute @workgroup_size(64)
fn update_sgd(@builtin(global_invocation_id) id: vec3u) {
    let i = id.x;
    if (i >= stage.parameters / 4u) {
        return;
    }
    let g = gradient_of(i);
    let moved = theta[i] - step_inputs.learning_rate * g;
    d_theta[i] = g;
    theta[i] = moved;
    average[i] = step_inputs.average_decay * average[i] + (1.0 - step_inputs.average_decay) * moved;
    transpose_weights(i, moved);
}
