// The point of every row: for φ the batch, then the source lattice; for ψ the target lattice.
// Reads batch (slots, B). Writes points (R). Twin: Lattice::points.

@group(1) @binding(1) var<storage, read> batch: array<vec2f>;
@group(1) @binding(2) var<storage, read_write> points: array<vec2f>;

@compute @workgroup_size(64)
fn points_of_rows(@builtin(global_invocation_id) id: vec3u) {
    let row = id.x;
    if (row >= row_count(stage.side)) {
        return;
    }
    if (stage.side == 1u) {
        points[row] = target_point(row);
    } else {
        points[row] = source_node(row);
    }
}
