// A field on the flow lattice where ψ's network is trained, and log 0 elsewhere.
// Reads field (G, G). Writes masked (G, G). Twin: transform::masked_network.

@group(1) @binding(1) var<storage, read> field: array<f32>;
@group(1) @binding(2) var<storage, read_write> masked: array<f32>;

@compute @workgroup_size(64)
fn mask(@builtin(global_invocation_id) id: vec3u) {
    let cell = id.x;
    if (cell >= row_count(1u)) {
        return;
    }
    masked[cell] = select(LOG_ZERO, field[cell], is_regressed(target_point(cell)));
}
