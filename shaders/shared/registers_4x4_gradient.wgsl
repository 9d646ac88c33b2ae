// The backward pass of registers_4x4.wgsl.

// A tile times Wᵀ of a layer, which starts at `first`.
fn product_back(thread: u32, tile: u32, first: u32) -> Tile {
    var z = Tile();
    let q = first_quad(thread);
    let c = first + first_columns(thread);
    for (var k = 0u; k < 64u; k++) {
        let x0 = tiles[place(tile, k, q)];
        let w0 = vec4f(transposed[c + 16u * k]);
        z.m00 = add_outer(z.m00, x0, w0);
    }
    return z;
}

fn times_slope(d: Tile, z: Tile) -> Tile {
    return Tile(
        times_slope_block(d.m00, z.m00)
    );
}

// Adds to `sum`, for each column, the sum over the rows, each times its factor.
fn add_columns(sum: Columns, z: Tile, factors: vec4f) -> Columns {
    return Columns(
        sum.c0 + factors * z.m00
    );
}

fn store_columns(thread: u32, kind: u32, sum: Columns) {
    let place = (kind * ROW_GROUPS + thread / COLUMN_GROUPS) * 16u + first_columns(thread);
    tiles[place] = sum.c0;
}

// The gradient of a layer's weights: xᵀ d, the inputs x in the second tile, the cotangents d in the first one.
fn add_weights(thread: u32, inputs: u32, place: u32, fresh: bool) {
    for (var block = thread; block < (inputs + 3u) / 4u * 16u; block += WORKERS) {
        let k = block / 16u;
        let c = block % 16u;
        var s00 = mat4x4f();
        for (var q = 0u; q < ROW_GROUPS; q++) {
            let x0 = block_at(SECOND, k, q);
            let d0 = block_at(FIRST, c, q);
            s00 = add_gradient(s00, x0, d0);
        }
        add_block(k, inputs, place + 64u * k + c, s00, fresh);
    }
}
