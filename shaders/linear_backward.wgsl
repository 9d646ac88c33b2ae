// Back through a hidden layer: d_input = (d_linear Wᵀ) act′(z), the cotangent of z in the layer before.
// Reads theta, d_linear (R, O), slope (R, I; with ReLU the hidden units). Writes d_input (R, I).
// Twin: cpu::potential::linear_backward.

@group(1) @binding(1) var<storage, read> theta: array<vec4f>;
@group(1) @binding(2) var<storage, read> d_linear: array<vec4f>;
@group(1) @binding(3) var<storage, read> slope: array<vec4f>;
@group(1) @binding(4) var<storage, read_write> d_input: array<vec4f>;

@compute @workgroup_size(16)
fn linear_backward(@builtin(global_invocation_id) id: vec3u) {
    let inner = stage.outputs / 4u;
    let across = (stage.inputs + 15u) / 16u;
    let column = id.x % across * 4u;
    let row = id.x / across * TILE_ROWS;
    var s0 = Strip();
    var s1 = Strip();
    var s2 = Strip();
    var s3 = Strip();
    let r0 = row_places(row, inner);
    let r1 = row_places(row + 4u, inner);
    let r2 = row_places(row + 8u, inner);
    let r3 = row_places(row + 12u, inner);
    for (var k = 0u; k < inner; k++) {
        let w = Strip(transposed(column, k), transposed(column + 1u, k),
                      transposed(column + 2u, k), transposed(column + 3u, k));
        s0 = add_product(s0, w, d_block(r0 + vec4u(k)));
        s1 = add_product(s1, w, d_block(r1 + vec4u(k)));
        s2 = add_product(s2, w, d_block(r2 + vec4u(k)));
        s3 = add_product(s3, w, d_block(r3 + vec4u(k)));
    }
    write_strip(row, column, s0);
    write_strip(row + 4u, column, s1);
    write_strip(row + 8u, column, s2);
    write_strip(row + 12u, column, s3);
}

// Four rows of Wᵀ by four columns. Past the last columns the same once more; they are not written.
fn transposed(column: u32, k: u32) -> mat4x4f {
    let inner = stage.outputs / 4u;
    let row = 4u * min(column, stage.inputs / 4u - 1u);
    return transpose(weight_block(stage.offset / 4u + row * inner + k, inner));
}

// Four outputs of four rows.
fn d_block(place: vec4u) -> mat4x4f {
    return mat4x4f(d_linear[place.x], d_linear[place.y], d_linear[place.z], d_linear[place.w]);
}

fn write(row: u32, column: u32, s: vec4f) {
    if (row < row_count(stage.side) && column < stage.inputs / 4u) {
        let place = row * (stage.inputs / 4u) + column;
        d_input[place] = s * slope_at(place);
    }
}
