// The gradient of every weight, in one dispatch: a workgroup repeats the forward pass of its tiles of rows, then does
// their backward pass. For φ, and by Monte Carlo for either network, it starts from the cotangents of the outputs, and
// adds up the terms of the loss. For ψ by quadrature it starts from the regression ½ Σ ω′ (w − regression_target)²,
// with cotangents and loss as in cotangent_psi.wgsl. One dispatch for both networks does the two side by side.
// Reads theta (2, P), transposed (2, 2, 64, 64: Wᵀ of the second and the third layer), batch, frequencies (2, F),
// d_output (R), terms (T), regression_target (K; by quadrature). Writes partials (workgroups, P).
// Twins: reference::potential::forward and backward, reference::transform::cotangent_psi.

@group(1) @binding(3) var<storage, read> batch: array<vec2f>;
@group(1) @binding(4) var<storage, read> frequencies: array<vec2f>;
@group(1) @binding(5) var<storage, read> d_output: array<f32>;
@group(1) @binding(6) var<storage, read> terms: array<f32>;
@group(1) @binding(7) var<storage, read> regression_target: array<f32>;
@group(1) @binding(8) var<storage, read_write> partials: array<vec4f>;

@compute @workgroup_size(WORKERS)
fn fused_backward(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) thread: u32) {
    let side = side_of(select(0u, 1u, id.x >= partial_count(0u)));
    let regresses = side == 1u && step_inputs.draws == 0u;
    let group = id.x - first_partial(side);
    let groups = partial_count(side);
    let end = select(0u, tile_count(side), group < groups);
    var sums = Sums();
    for (var tile = group; tile < end; tile += groups) {
        let layers = forward(thread, side, tile);
        // φ does not need this, but a barrier must not depend on a condition.
        store_readout(thread, side, layers.z3);
        workgroupBarrier();
        for (var i = thread; i < FUSED_ROWS; i += WORKERS) {
            let row = row_of(side, tile, i);
            var d = 0.0;
            if (row < row_count(side)) {
                if (regresses) {
                    let weight = regression_weight(target_point(row));
                    let miss = output_of(side, tile, i) - regression_target[row];
                    d = weight * miss;
                    sums.loss += 0.5 * d * miss;
                } else {
                    d = d_output[row];
                }
            }
            store_cotangent(i, d);
            sums.b4 += d;
        }
        workgroupBarrier();
        sums = backward(thread, side, id.x, tile, tile == group, layers, sums);
    }
    let count = select(term_count(), 0u, regresses || group >= groups);
    for (var i = group * WORKERS + thread; i < count; i += groups * WORKERS) {
        sums.loss += terms[i];
    }
    finish(thread, side, id.x, group < groups, sums);
}

fn term_count() -> u32 {
    return select(row_count(0u) + row_count(1u), 2u * step_inputs.batch, step_inputs.draws > 0u);
}
