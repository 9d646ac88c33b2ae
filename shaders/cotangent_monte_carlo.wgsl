// Cotangent of −J/ε + α ε mean_k d_k² with respect to u, with L_k = log mean_i exp(u_ki) over the draws around y_k and
// d_k = w(y_k) + L_k − log p_N(y_k): −1/B at a point of the batch, exp(u_ki − L_k) / N (1 + 2 α ε d_k) / B at a draw.
// Also the terms of J/ε: u_b / B of the batch, then (log p_N(y_k) − L_k) / B. For ψ the two potentials and the two
// densities exchange their roles.
// Reads output (R), other (B), log_densities (slots, 2, B). Writes d_output (R), terms (2 B).
// Twin: reference::monte_carlo::cotangent_monte_carlo.

@group(1) @binding(1) var<storage, read> output: array<f32>;
@group(1) @binding(2) var<storage, read> other: array<f32>;
@group(1) @binding(3) var<storage, read> log_densities: array<f32>;
@group(1) @binding(4) var<storage, read_write> d_output: array<f32>;
@group(1) @binding(5) var<storage, read_write> terms: array<f32>;

// One invocation: the k-th point of the batch, and the draws around the k-th point of the other batch.
@compute @workgroup_size(64)
fn cotangent_monte_carlo(@builtin(global_invocation_id) id: vec3u) {
    let k = id.x;
    let batch = step_inputs.batch;
    let draws = step_inputs.draws;
    if (k >= batch) {
        return;
    }
    let first = batch + k * draws;
    var top = output[first];
    for (var i = 1u; i < draws; i++) {
        top = max(top, output[first + i]);
    }
    var sum = 0.0;
    for (var i = 0u; i < draws; i++) {
        sum += safe_exp(output[first + i] - top);
    }
    let share = 1.0 / f32(batch);
    let regression_target = regression_target_of(stage.side, k, top, sum);
    let pull = pull_of(k, regression_target);
    for (var i = 0u; i < draws; i++) {
        d_output[first + i] = share * pull * safe_exp(output[first + i] - top) / sum;
    }
    d_output[k] = -share;
    terms[k] = share * output[k];
    terms[batch + k] = share * regression_target;
}
