// The gradient of every weight from the cotangents of the outputs, in one dispatch: a workgroup computes its tiles of 32
// rows again and goes back through them. Also the sum of the terms of the loss.
// Reads theta, transposed (2, 64, 64: Wᵀ of the second and the third layer), batch, frequencies, d_output (R), terms (T).
// Writes partials (workgroups, P). Twin: cpu::potential::backward.

@group(1) @binding(3) var<storage, read> batch: array<vec2f>;
@group(1) @binding(4) var<storage, read> frequencies: array<vec2f>;
@group(1) @binding(5) var<storage, read> d_output: array<f32>;
@group(1) @binding(6) var<storage, read> terms: array<f32>;
@group(1) @binding(7) var<storage, read_write> partials: array<vec4f>;

@compute @workgroup_size(WORKERS)
fn fused_backward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let groups = partial_count();
    let end = select(0u, tile_count(), group.x < groups);
    var sums = Sums();
    for (var tile = group.x; tile < end; tile += groups) {
        let layers = forward(thread, tile);
        for (var i = thread; i < FUSED_ROWS; i += WORKERS) {
            let row = row_of(tile, i);
            let d = select(0.0, d_output[row], row < row_count(stage.side));
            store_cotangent(i, d);
            sums.b4 += d;
        }
        workgroupBarrier();
        sums = backward(thread, group.x, tile, layers, sums);
    }
    for (var i = group.x * WORKERS + thread; i < term_count(); i += groups * WORKERS) {
        sums.loss += terms[i];
    }
    finish(thread, group.x, sums);
}

fn term_count() -> u32 {
    return step_inputs.batch + select(row_count(1u), step_inputs.batch, step_inputs.draws > 0u);
}
