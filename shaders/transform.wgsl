// The (c, ε)-transform at the points of the target lattice, from L = log H_ε[e^u]:
// ratio = log ω − L, goal = log p_N − L = φ^{c,ε}/ε, and the terms ω goal of J/ε.
// Reads log_heat (K). Writes ratio (K), goal (K), terms (B + K) after the batch. Twin: cpu::transform::transform.

@group(1) @binding(1) var<storage, read> log_heat: array<f32>;
@group(1) @binding(2) var<storage, read_write> ratio: array<f32>;
@group(1) @binding(3) var<storage, read_write> goal: array<f32>;
@group(1) @binding(4) var<storage, read_write> terms: array<f32>;

@compute @workgroup_size(64)
fn transform(@builtin(global_invocation_id) id: vec3u) {
    let k = id.x;
    if (k >= row_count(1u)) {
        return;
    }
    let y = target_point(k);
    let weight = log_weight(y);
    let value = log_normal(y) - log_heat[k];
    ratio[k] = weight - log_heat[k];
    goal[k] = value;
    terms[step_inputs.batch + k] = safe_exp(weight) * value;
}
