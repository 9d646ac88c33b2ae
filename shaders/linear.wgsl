// A hidden layer: z = x W + b and hidden = max(z, leak z), where leak is 0 for ReLU. With SiLU hidden is
// z, which silu.wgsl activates.
// Reads theta, input (R, I). Writes hidden (R, O). Twin: reference::potential::linear.

@group(1) @binding(1) var<storage, read> theta: array<vec4f>;
@group(1) @binding(2) var<storage, read> input: array<vec4f>;
@group(1) @binding(3) var<storage, read_write> hidden: array<vec4f>;

@compute @workgroup_size(16)
fn linear(@builtin(global_invocation_id) id: vec3u) {
    let columns = stage.outputs / 4u;
    let column = id.x % (columns / 4u) * 4u;
    let row = id.x / (columns / 4u) * TILE_ROWS;
    let b = stage.offset / 4u + stage.inputs * columns + column;
    let bias = Strip(same(theta[b]), same(theta[b + 1u]), same(theta[b + 2u]), same(theta[b + 3u]));
    write_product(row, column, stage.inputs / 4u, bias);
}

fn same(row: vec4f) -> mat4x4f {
    return mat4x4f(row, row, row, row);
}

// Four rows of W by sixteen columns.
fn weights(column: u32, k: u32) -> Strip {
    let columns = stage.outputs / 4u;
    let first = stage.offset / 4u + 4u * k * columns + column;
    return Strip(weight_block(first, columns), weight_block(first + 1u, columns),
                 weight_block(first + 2u, columns), weight_block(first + 3u, columns));
}

// Four inputs of four rows.
fn values(place: vec4u) -> mat4x4f {
    return mat4x4f(input[place.x], input[place.y], input[place.z], input[place.w]);
}

fn write(row: u32, column: u32, z: vec4f) {
    if (row < row_count(stage.side)) {
        hidden[row * (stage.outputs / 4u) + column] = select(max(z, leak() * z), z, stage.activation == SILU);
    }
}
