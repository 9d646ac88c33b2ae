// A hidden layer: z = x W + b, and with ReLU hidden = max(z, 0). With SiLU z is left to silu.wgsl.
// Reads theta, input (R, I). Writes hidden (R, O). Twin: cpu::potential::linear.

@group(1) @binding(1) var<storage, read> theta: array<vec4f>;
@group(1) @binding(2) var<storage, read> input: array<vec4f>;
@group(1) @binding(3) var<storage, read_write> hidden: array<vec4f>;

@compute @workgroup_size(16)
fn linear(@builtin(global_invocation_id) id: vec3u) {
    let columns = stage.outputs / 4u;
    let inner = stage.inputs / 4u;
    let column = id.x % (columns / 4u) * 4u;
    let row = id.x / (columns / 4u) * TILE_ROWS;
    let first = stage.offset / 4u + column;
    let b = first + stage.inputs * columns;
    var z0 = Strip(same(theta[b]), same(theta[b + 1u]), same(theta[b + 2u]), same(theta[b + 3u]));
    var z1 = z0;
    var z2 = z0;
    var z3 = z0;
    let r0 = row_places(row, inner);
    let r1 = row_places(row + 4u, inner);
    let r2 = row_places(row + 8u, inner);
    let r3 = row_places(row + 12u, inner);
    for (var k = 0u; k < inner; k++) {
        let w = weights(first + 4u * k * columns, columns);
        z0 = add_product(z0, w, input_block(r0 + vec4u(k)));
        z1 = add_product(z1, w, input_block(r1 + vec4u(k)));
        z2 = add_product(z2, w, input_block(r2 + vec4u(k)));
        z3 = add_product(z3, w, input_block(r3 + vec4u(k)));
    }
    write_strip(row, column, z0);
    write_strip(row + 4u, column, z1);
    write_strip(row + 8u, column, z2);
    write_strip(row + 12u, column, z3);
}

fn same(row: vec4f) -> mat4x4f {
    return mat4x4f(row, row, row, row);
}

// Four rows of W by sixteen columns.
fn weights(first: u32, stride: u32) -> Strip {
    return Strip(weight_block(first, stride), weight_block(first + 1u, stride),
                 weight_block(first + 2u, stride), weight_block(first + 3u, stride));
}

// Four inputs of four rows.
fn input_block(place: vec4u) -> mat4x4f {
    return mat4x4f(input[place.x], input[place.y], input[place.z], input[place.w]);
}

fn write(row: u32, column: u32, z: vec4f) {
    if (row < row_count(stage.side)) {
        hidden[row * (stage.outputs / 4u) + column] = select(z, max(z, vec4f(0.0)), stage.activation == 0u);
    }
}
