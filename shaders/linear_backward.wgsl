// Back through a hidden layer: d_input = (d_linear Wᵀ) act′(z), the cotangent of z in the layer before.
// Reads theta, d_linear (R, O), slope (R, I; for ReLU and leaky ReLU the hidden units). Writes d_input (R, I).
// Twin: reference::potential::linear_backward.

@group(1) @binding(1) var<storage, read> theta: array<vec4f>;
@group(1) @binding(2) var<storage, read> d_linear: array<vec4f>;
@group(1) @binding(3) var<storage, read> slope: array<vec4f>;
@group(1) @binding(4) var<storage, read_write> d_input: array<vec4f>;

@compute @workgroup_size(16)
fn linear_backward(@builtin(global_invocation_id) id: vec3u) {
    let across = (stage.inputs + 15u) / 16u;
    write_product(id.x / across * TILE_ROWS, id.x % across * 4u, stage.outputs / 4u, Strip());
}

// Four rows of Wᵀ by sixteen columns.
fn weights(column: u32, k: u32) -> Strip {
    return Strip(transposed(column, k), transposed(column + 1u, k),
                 transposed(column + 2u, k), transposed(column + 3u, k));
}

// Four rows of Wᵀ by four columns. Past the last columns these are read again, and the result is not written.
fn transposed(column: u32, k: u32) -> mat4x4f {
    let inner = stage.outputs / 4u;
    let row = 4u * min(column, stage.inputs / 4u - 1u);
    return transpose(weight_block(stage.offset / 4u + row * inner + k, inner));
}

// Four outputs of four rows.
fn values(place: vec4u) -> mat4x4f {
    return mat4x4f(d_linear[place.x], d_linear[place.y], d_linear[place.z], d_linear[place.w]);
}

fn write(row: u32, column: u32, s: vec4f) {
    if (row < row_count(stage.side) && column < stage.inputs / 4u) {
        let place = row * (stage.inputs / 4u) + column;
        d_input[place] = s * slope_at(place);
    }
}
