// The potential at every row, from its point to the output in one dispatch: a workgroup takes a tile of rows.
// Reads theta (2, P), batch (slots, B; by Monte Carlo slots, 2, B), frequencies (2, F). Writes output (R).
// Twin: reference::potential::forward; equal to points or draws, features, linear and readout.

@group(1) @binding(2) var<storage, read> batch: array<vec2f>;
@group(1) @binding(3) var<storage, read> frequencies: array<vec2f>;
@group(1) @binding(4) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(WORKERS)
fn fused_forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let side = stage.side;
    let tile = group.x;
    let layers = forward(thread, side, tile);
    store_readout(thread, side, layers.z3);
    workgroupBarrier();
    for (var i = thread; i < FUSED_ROWS; i += WORKERS) {
        let row = row_of(side, tile, i);
        if (row < row_count(side)) {
            output[row] = output_of(side, tile, i);
        }
    }
}
