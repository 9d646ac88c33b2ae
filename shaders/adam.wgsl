// Adam and the moving average of the weights:
// m ← β₁ m + (1 − β₁) g, s ← β₂ s + (1 − β₂) g², θ ← θ − η m̂ / (√ŝ + floor), θ̄ ← d θ̄ + (1 − d) θ.
// Reads d_theta (2, P). Reads and writes theta, first_moment, second_moment, average (2, P).
// Twin: reference::optimiser::OptimiserState::adam.

const ADAM_FLOOR: f32 = 1e-8;

@group(1) @binding(1) var<storage, read> d_theta: array<vec4f>;
@group(1) @binding(2) var<storage, read_write> theta: array<vec4f>;
@group(1) @binding(3) var<storage, read_write> first_moment: array<vec4f>;
@group(1) @binding(4) var<storage, read_write> second_moment: array<vec4f>;
@group(1) @binding(5) var<storage, read_write> average: array<vec4f>;

@compute @workgroup_size(64)
fn adam(@builtin(global_invocation_id) id: vec3u) {
    if (id.x >= stage.parameters / 4u) {
        return;
    }
    let i = stage.offset / 4u + id.x;
    let g = d_theta[i];
    let m = step_inputs.first_moment_decay * first_moment[i] + (1.0 - step_inputs.first_moment_decay) * g;
    let s = step_inputs.second_moment_decay * second_moment[i] + (1.0 - step_inputs.second_moment_decay) * g * g;
    let root = sqrt(step_inputs.second_bias_correction * s) + ADAM_FLOOR;
    let moved = theta[i] - step_inputs.learning_rate * step_inputs.first_bias_correction * m / root;
    first_moment[i] = m;
    second_moment[i] = s;
    theta[i] = moved;
    average[i] = step_inputs.average_decay * average[i] + (1.0 - step_inputs.average_decay) * moved;
}
