// The way back of registers_4x16.wgsl.

@group(1) @binding(2) var<uniform> transposed: array<vec4f, 2048>;

// A tile times Wᵀ of a layer, which starts at `first`.
fn product_back(thread: u32, tile: u32, first: u32) -> Tile {
    var z = Tile();
    let q = first_quad(thread);
    let c = first + first_columns(thread);
    for (var k = 0u; k < 64u; k++) {
        let x0 = tiles[place(tile, k, q)];
        let w0 = transposed[c + 16u * k];
        let w1 = transposed[c + 16u * k + 1u];
        let w2 = transposed[c + 16u * k + 2u];
        let w3 = transposed[c + 16u * k + 3u];
        z.m00 = add_outer(z.m00, x0, w0);
        z.m01 = add_outer(z.m01, x0, w1);
        z.m02 = add_outer(z.m02, x0, w2);
        z.m03 = add_outer(z.m03, x0, w3);
    }
    return z;
}

fn times_slope(d: Tile, z: Tile) -> Tile {
    return Tile(
        times_slope_block(d.m00, z.m00), times_slope_block(d.m01, z.m01),
        times_slope_block(d.m02, z.m02), times_slope_block(d.m03, z.m03)
    );
}

// Sums over the rows, each times its factor, added to others.
fn add_columns(sum: Columns, z: Tile, factors: Rows) -> Columns {
    return Columns(
        sum.c0 + factors.r0 * z.m00,
        sum.c1 + factors.r0 * z.m01,
        sum.c2 + factors.r0 * z.m02,
        sum.c3 + factors.r0 * z.m03
    );
}

fn store_columns(thread: u32, kind: u32, sum: Columns) {
    let place = (kind * ROW_GROUPS + thread / COLUMN_GROUPS) * 16u + first_columns(thread);
    tiles[place] = sum.c0;
    tiles[place + 1u] = sum.c1;
    tiles[place + 2u] = sum.c2;
    tiles[place + 3u] = sum.c3;
}

// The gradient of a layer's weights: xᵀ d, the inputs x in the second tile, the cotangents d in the first one.
fn add_weights(thread: u32, inputs: u32, place: u32, fresh: bool) {
    for (var block = thread; block < (inputs + 7u) / 8u * 4u; block += WORKERS) {
        let k = block / 4u * 2u;
        let c = block % 4u * 4u;
        var s00 = mat4x4f(); var s01 = mat4x4f(); var s02 = mat4x4f(); var s03 = mat4x4f();
        var s10 = mat4x4f(); var s11 = mat4x4f(); var s12 = mat4x4f(); var s13 = mat4x4f();
        for (var q = 0u; q < 8u; q++) {
            let x0 = block_at(SECOND, k, q);
            let x1 = block_at(SECOND, k + 1u, q);
            let d0 = block_at(FIRST, c, q);
            let d1 = block_at(FIRST, c + 1u, q);
            let d2 = block_at(FIRST, c + 2u, q);
            let d3 = block_at(FIRST, c + 3u, q);
            s00 = add_gradient(s00, x0, d0);
            s01 = add_gradient(s01, x0, d1);
            s02 = add_gradient(s02, x0, d2);
            s03 = add_gradient(s03, x0, d3);
            s10 = add_gradient(s10, x1, d0);
            s11 = add_gradient(s11, x1, d1);
            s12 = add_gradient(s12, x1, d2);
            s13 = add_gradient(s13, x1, d3);
        }
        add_block(k, inputs, place + 64u * k + c, s00, fresh);
        add_block(k, inputs, place + 64u * k + c + 1u, s01, fresh);
        add_block(k, inputs, place + 64u * k + c + 2u, s02, fresh);
        add_block(k, inputs, place + 64u * k + c + 3u, s03, fresh);
        add_block(k + 1u, inputs, place + 64u * (k + 1u) + c, s10, fresh);
        add_block(k + 1u, inputs, place + 64u * (k + 1u) + c + 1u, s11, fresh);
        add_block(k + 1u, inputs, place + 64u * (k + 1u) + c + 2u, s12, fresh);
        add_block(k + 1u, inputs, place + 64u * (k + 1u) + c + 3u, s13, fresh);
    }
}

fn add_block(k: u32, inputs: u32, place: u32, sum: mat4x4f, fresh: bool) {
    if (4u * k < inputs) {
        add_partial(place, sum[0], fresh);
        add_partial(place + 16u, sum[1], fresh);
        add_partial(place + 32u, sum[2], fresh);
        add_partial(place + 48u, sum[3], fresh);
    }
}
