// The backward pass through a tile, and the partial gradient of a workgroup. Gradients of weights are added up in
// global memory, tile by tile, each always by the same invocation; those of biases and the output layer stay in
// registers until the last tile.

@group(1) @binding(2) var<storage, read> transposed: array<vec4<Copied>>;

const COTANGENT: u32 = 16u; // column of the first tile that holds d_output, after the readout

// Sums over the rows of an invocation.
struct Sums {
    b1: Columns,
    b2: Columns,
    b3: Columns,
    w4: Columns,
    b4: f32,
    loss: f32,
}

fn store_cotangent(row: u32, d_output: f32) {
    tiles[place(FIRST, COTANGENT, row / 4u)][row % 4u] = d_output;
}

// Adds the gradient of a tile to the partial gradient with that number, which it overwrites if `fresh`. Needs the
// cotangents in the first tile, and the activations of the second layer in the second one.
fn backward(thread: u32, side: u32, number: u32, tile: u32, fresh: bool, layers: Layers, before: Sums) -> Sums {
    var sums = before;
    let partial = number * (stage.parameters / 4u);
    let d_output = rows_at(thread, FIRST, COTANGENT);
    sums.w4 = add_columns(sums.w4, activate_tile(layers.z3), d_output);
    var d = times_slope(outer(thread, d_output, weights_of(side) + readout_place()), layers.z3);
    for (var behind = 0u; behind < 3u; behind++) {
        let layer = 2u - behind;
        let inputs = inputs_of(layer);
        workgroupBarrier();
        store(thread, FIRST, d);
        if (layer == 2u) {
            sums.b3 = add_columns(sums.b3, d, vec4f(1.0));
        } else if (layer == 1u) {
            sums.b2 = add_columns(sums.b2, d, vec4f(1.0));
            store(thread, SECOND, activate_tile(layers.z1));
        } else {
            sums.b1 = add_columns(sums.b1, d, vec4f(1.0));
            store_points(thread, side, tile);
        }
        var first = 0u;
        loop {
            let count = min(select(64u, INPUT_BLOCK, layer == 0u), inputs - first);
            workgroupBarrier();
            if (layer == 0u) {
                store_inputs(thread, side, first, count);
            }
            workgroupBarrier();
            add_weights(thread, count, partial + layer_place(layer) + 16u * first, fresh);
            first += count;
            if (first >= inputs) {
                break;
            }
        }
        if (layer > 0u) {
            var z = layers.z1;
            if (layer == 2u) {
                z = layers.z2;
            }
            d = times_slope(product_back(thread, FIRST, 1024u * (2u * side + layer - 1u)), z);
        }
    }
    workgroupBarrier();
    return sums;
}

// Adds a block of W's gradient, unless its inputs are past the last one.
fn add_block(k: u32, inputs: u32, place: u32, sum: mat4x4f, fresh: bool) {
    if (4u * k < inputs) {
        add_partial(place, sum[0], fresh);
        add_partial(place + 16u, sum[1], fresh);
        add_partial(place + 32u, sum[2], fresh);
        add_partial(place + 48u, sum[3], fresh);
    }
}

// Four entries of a row of W's gradient.
fn add_partial(place: u32, sum: vec4f, fresh: bool) {
    partials[place] = select(partials[place], vec4f(), fresh) + sum;
}

// Adds up what was kept in registers, and writes it. The loss is stored in the first padding after the bias of the
// output layer. That bias is trained for ψ, and for φ where the loss depends on it.
fn finish(thread: u32, side: u32, number: u32, writes: bool, sums: Sums) {
    store_columns(thread, 0u, sums.b1);
    store_columns(thread, 1u, sums.b2);
    store_columns(thread, 2u, sums.b3);
    store_columns(thread, 3u, sums.w4);
    tiles[SECOND + thread] = vec4f(sums.b4, sums.loss, 0.0, 0.0);
    workgroupBarrier();
    let partial = number * (stage.parameters / 4u);
    for (var i = thread; i < 64u; i += WORKERS) {
        var sum = vec4f();
        for (var rows = 0u; rows < ROW_GROUPS; rows++) {
            sum += tiles[i / 16u * (16u * ROW_GROUPS) + 16u * rows + i % 16u];
        }
        let layer = select(bias_place(i / 16u), readout_place(), i >= 48u);
        if (writes) {
            partials[partial + layer + i % 16u] = sum;
        }
    }
    if (thread == 0u && writes) {
        var sum = vec4f();
        for (var i = 0u; i < WORKERS; i++) {
            sum += tiles[SECOND + i];
        }
        let trained = side == 1u || step_inputs.draws > 0u;
        partials[partial + readout_place() + 16u] = vec4f(select(0.0, sum.x, trained), sum.yzw);
    }
}
