// φ^{c,ε}/ε = log p_N − L on the flow lattice, and log 0 outside the box of ψ.
// Reads log_heat (G, G). Writes w (G, G). Twin: transform::masked_transform.

@group(1) @binding(1) var<storage, read> log_heat: array<f32>;
@group(1) @binding(2) var<storage, read_write> w: array<f32>;

@compute @workgroup_size(64)
fn masked_transform(@builtin(global_invocation_id) id: vec3u) {
    let cell = id.x;
    if (cell >= row_count(1u)) {
        return;
    }
    let y = target_point(cell);
    w[cell] = select(LOG_ZERO, log_normal(y) - log_heat[cell], in_target_box(y));
}
