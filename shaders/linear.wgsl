// A hidden layer: z = x W + b, hidden = act(z), slope = act′(z).
// Reads theta, input (R, I). Writes hidden (R, O), slope (R, O). Twin: cpu::potential::linear.

@group(1) @binding(1) var<storage, read> theta: array<vec4f>;
@group(1) @binding(2) var<storage, read> input: array<vec4f>;
@group(1) @binding(3) var<storage, read_write> hidden: array<vec4f>;
@group(1) @binding(4) var<storage, read_write> slope: array<vec4f>;

@compute @workgroup_size(64)
fn linear(@builtin(global_invocation_id) id: vec3u) {
    let columns = stage.outputs / 4u;
    let inner = stage.inputs / 4u;
    let c = id.x % (columns / 2u) * 2u;
    let row = id.x / (columns / 2u) * TILE_ROWS;
    let first = stage.offset / 4u + c;
    let bias = first + stage.inputs * columns;
    var z00 = same(theta[bias]);
    var z01 = same(theta[bias + 1u]);
    var z10 = z00;
    var z11 = z01;
    let r0 = row_places(row, inner);
    let r1 = row_places(row + 4u, inner);
    for (var k = 0u; k < inner; k++) {
        let block = first + 4u * k * columns;
        let w0 = weight_block(block, columns);
        let w1 = weight_block(block + 1u, columns);
        let x0 = input_block(r0 + vec4u(k));
        z00 += w0 * x0;
        z01 += w1 * x0;
        let x1 = input_block(r1 + vec4u(k));
        z10 += w0 * x1;
        z11 += w1 * x1;
    }
    activate_block(row, c, z00);
    activate_block(row, c + 1u, z01);
    activate_block(row + 4u, c, z10);
    activate_block(row + 4u, c + 1u, z11);
}

fn same(row: vec4f) -> mat4x4f {
    return mat4x4f(row, row, row, row);
}

// Four inputs of four rows.
fn input_block(place: vec4u) -> mat4x4f {
    return mat4x4f(input[place.x], input[place.y], input[place.z], input[place.w]);
}

// Four columns of four rows.
fn activate_block(row: u32, c: u32, z: mat4x4f) {
    activate(row, c, z[0]);
    activate(row + 1u, c, z[1]);
    activate(row + 2u, c, z[2]);
    activate(row + 3u, c, z[3]);
}

fn activate(row: u32, c: u32, z: vec4f) {
    if (row >= row_count(stage.side)) {
        return;
    }
    let place = row * (stage.outputs / 4u) + c;
    if (stage.activation == 0u) {
        let positive = z > vec4f(0.0);
        hidden[place] = select(vec4f(0.0), z, positive);
        slope[place] = select(vec4f(0.0), vec4f(1.0), positive);
    } else {
        let e = vec4f(safe_exp(-z.x), safe_exp(-z.y), safe_exp(-z.z), safe_exp(-z.w));
        let sigmoid = 1.0 / (1.0 + e);
        hidden[place] = z * sigmoid;
        slope[place] = sigmoid * (1.0 + z * (1.0 - sigmoid));
    }
}
