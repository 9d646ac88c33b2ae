// From the partial gradients of all workgroups to new weights in one dispatch: their sum in a fixed order, Adam, the
// moving average, and the copies Wᵀ for the next step; the loss is summed in the same way. For one network or both.
// Reads partials (workgroups, P). Writes d_theta (2, P), losses (slots, 2) at (slot, side), transposed (2, 2, 64, 64). Reads
// and writes theta, first_moment, second_moment, average (2, P).
// Twin: reference::optimiser::OptimiserState::adam; equal to reduce, adam and sum.

const ADAM_FLOOR: f32 = 1e-8;

@group(1) @binding(1) var<storage, read> partials: array<vec4f>;
@group(1) @binding(2) var<storage, read_write> losses: array<f32>;
@group(1) @binding(3) var<storage, read_write> d_theta: array<vec4f>;
@group(1) @binding(4) var<storage, read_write> theta: array<vec4f>;
@group(1) @binding(5) var<storage, read_write> first_moment: array<vec4f>;
@group(1) @binding(6) var<storage, read_write> second_moment: array<vec4f>;
@group(1) @binding(7) var<storage, read_write> average: array<vec4f>;
@group(1) @binding(8) var<storage, read_write> transposed: array<Copied>;

@compute @workgroup_size(64)
fn update_adam(@builtin(global_invocation_id) id: vec3u) {
    let weights = weights_at(id.x);
    if (!weights.inside) {
        return;
    }
    let i = weights.at;
    let g = gradient_of(weights);
    let m = step_inputs.first_moment_decay * first_moment[i] + (1.0 - step_inputs.first_moment_decay) * g;
    let s = step_inputs.second_moment_decay * second_moment[i] + (1.0 - step_inputs.second_moment_decay) * g * g;
    let root = sqrt(step_inputs.second_bias_correction * s) + ADAM_FLOOR;
    let moved = theta[i] - step_inputs.learning_rate * step_inputs.first_bias_correction * m / root;
    d_theta[i] = g;
    first_moment[i] = m;
    second_moment[i] = s;
    theta[i] = moved;
    average[i] = step_inputs.average_decay * average[i] + (1.0 - step_inputs.average_decay) * moved;
    transpose_weights(weights, moved);
}
