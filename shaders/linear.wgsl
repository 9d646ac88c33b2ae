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
    let rows = row_count(stage.side);
    let c = id.x % columns;
    let row = id.x / columns * TILE_ROWS;
    if (row >= rows) {
        return;
    }
    let bias = theta[(stage.offset + stage.inputs * stage.outputs) / 4u + c];
    var z0 = bias; var z1 = bias; var z2 = bias; var z3 = bias;
    var z4 = bias; var z5 = bias; var z6 = bias; var z7 = bias;
    // Rows past the end repeat the last one; they are not written.
    let last = rows - 1u;
    let r0 = row * inner;                 let r1 = min(row + 1u, last) * inner;
    let r2 = min(row + 2u, last) * inner; let r3 = min(row + 3u, last) * inner;
    let r4 = min(row + 4u, last) * inner; let r5 = min(row + 5u, last) * inner;
    let r6 = min(row + 6u, last) * inner; let r7 = min(row + 7u, last) * inner;
    for (var k = 0u; k < inner; k++) {
        let w = weight_block(k, c);
        z0 += w * input[r0 + k]; z1 += w * input[r1 + k];
        z2 += w * input[r2 + k]; z3 += w * input[r3 + k];
        z4 += w * input[r4 + k]; z5 += w * input[r5 + k];
        z6 += w * input[r6 + k]; z7 += w * input[r7 + k];
    }
    let place = row * columns + c;
    activate(row, rows, place, z0);
    activate(row + 1u, rows, place + columns, z1);
    activate(row + 2u, rows, place + 2u * columns, z2);
    activate(row + 3u, rows, place + 3u * columns, z3);
    activate(row + 4u, rows, place + 4u * columns, z4);
    activate(row + 5u, rows, place + 5u * columns, z5);
    activate(row + 6u, rows, place + 6u * columns, z6);
    activate(row + 7u, rows, place + 7u * columns, z7);
}

fn activate(row: u32, rows: u32, place: u32, z: vec4f) {
    if (row >= rows) {
        return;
    }
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
