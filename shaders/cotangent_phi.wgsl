// Cotangent of −J/ε with respect to u: −1/B at a point of the batch, exp(u + spread) at a node of the source lattice,
// where spread = log Σ_k exp(ratio_k) G_ε(x − y_k) h². Also the batch's terms u/B of J/ε.
// Reads u (R), spread (S). Writes d_u (R), terms (B + K) at the batch. Twin: cpu::transform::cotangent_phi.

@group(1) @binding(1) var<storage, read> u: array<f32>;
@group(1) @binding(2) var<storage, read> spread: array<f32>;
@group(1) @binding(3) var<storage, read_write> d_u: array<f32>;
@group(1) @binding(4) var<storage, read_write> terms: array<f32>;

@compute @workgroup_size(64)
fn cotangent_phi(@builtin(global_invocation_id) id: vec3u) {
    let row = id.x;
    if (row >= row_count(0u)) {
        return;
    }
    if (row < step_inputs.batch) {
        let share = 1.0 / f32(step_inputs.batch);
        d_u[row] = -share;
        terms[row] = share * u[row];
    } else {
        d_u[row] = safe_exp(u[row] + spread[row - step_inputs.batch]);
    }
}
