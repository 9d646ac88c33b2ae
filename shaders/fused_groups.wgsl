// All of a half step by the paper's recipe except the update, in one dispatch, where whole groups of draws fit into
// tiles: the potential at the batch and at the draws, the cotangents and terms as in cotangent_monte_carlo.wgsl, and
// the gradient as in fused_backward.wgsl.
// Reads theta (2, P), transposed (2, 2, 64, 64), batch and log_densities (slots, 2, B), frequencies (2, F), other (B).
// Writes partials (workgroups, P).
// Twins: reference::potential::forward and backward, reference::monte_carlo::cotangent_monte_carlo.

@group(1) @binding(3) var<storage, read> batch: array<vec2f>;
@group(1) @binding(4) var<storage, read> frequencies: array<vec2f>;
@group(1) @binding(5) var<storage, read> other: array<f32>;
@group(1) @binding(6) var<storage, read> log_densities: array<f32>;
@group(1) @binding(7) var<storage, read_write> partials: array<vec4f>;

const OUTPUT: u32 = 17u; // column of the first tile that holds the potential, after the cotangents

@compute @workgroup_size(WORKERS)
fn fused_groups(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let side = stage.side;
    let groups = partial_count(side);
    let end = select(0u, tile_count(side), group.x < groups);
    var sums = Sums();
    for (var tile = group.x; tile < end; tile += groups) {
        let layers = forward(thread, side, tile);
        store_readout(thread, side, layers.z3);
        workgroupBarrier();
        for (var i = thread; i < FUSED_ROWS; i += WORKERS) {
            tiles[place(FIRST, OUTPUT, i / 4u)][i % 4u] = output_of(side, tile, i);
        }
        workgroupBarrier();
        for (var i = thread; i < FUSED_ROWS; i += WORKERS) {
            let slope = cotangent(side, tile, i);
            store_cotangent(i, slope.x);
            sums.b4 += slope.x;
            sums.loss += slope.y;
        }
        workgroupBarrier();
        sums = backward(thread, side, group.x, tile, tile == group.x, layers, sums);
    }
    finish(thread, side, group.x, group.x < groups, sums);
}

// d_output of a row of the tile, and what the row adds to the loss: a point of the batch its own term, the first draw
// of a group the term of the group.
fn cotangent(side: u32, tile: u32, i: u32) -> vec2f {
    let row = row_of(side, tile, i);
    if (row == row_count(side)) {
        return vec2f();
    }
    let share = 1.0 / f32(step_inputs.batch);
    if (row < step_inputs.batch) {
        return vec2f(-share, share * stored_output(i));
    }
    let draws = step_inputs.draws;
    let k = (row - step_inputs.batch) / draws;
    let first = i / draws * draws;
    var top = stored_output(first);
    for (var j = 1u; j < draws; j++) {
        top = max(top, stored_output(first + j));
    }
    var sum = 0.0;
    for (var j = 0u; j < draws; j++) {
        sum += safe_exp(stored_output(first + j) - top);
    }
    let regression_target = regression_target_of(side, k, top, sum);
    let pull = pull_of(k, regression_target);
    return vec2f(share * pull * safe_exp(stored_output(i) - top) / sum, select(0.0, share * regression_target, i == first));
}

fn stored_output(i: u32) -> f32 {
    return tiles[place(FIRST, OUTPUT, i / 4u)][i % 4u];
}
