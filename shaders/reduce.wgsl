// The gradient: the partial sums of all chunks, added in their order.
// Reads partials (chunks, P). Writes d_theta (2, P). Twin: the sums of reference::potential::backward.

@group(1) @binding(1) var<storage, read> partials: array<vec4f>;
@group(1) @binding(2) var<storage, read_write> d_theta: array<vec4f>;

@compute @workgroup_size(64)
fn reduce(@builtin(global_invocation_id) id: vec3u) {
    if (id.x >= stage.parameters / 4u) {
        return;
    }
    let chunks = (row_count(stage.side) + CHUNK_ROWS - 1u) / CHUNK_ROWS;
    var sum = vec4f();
    for (var chunk = 0u; chunk < chunks; chunk++) {
        sum += partials[partial_place(chunk) + id.x];
    }
    d_theta[stage.offset / 4u + id.x] = sum;
}
