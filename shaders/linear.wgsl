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
    let c = id.x % (columns / 2u) * 2u;
    let row = id.x / (columns / 2u) * TILE_ROWS;
    if (row >= rows) {
        return;
    }
    let bias = (stage.offset + stage.inputs * stage.outputs) / 4u + c;
    let b0 = theta[bias];
    let b1 = theta[bias + 1u];
    var y0 = b0; var y1 = b0; var y2 = b0; var y3 = b0; var y4 = b0; var y5 = b0; var y6 = b0; var y7 = b0;
    var z0 = b1; var z1 = b1; var z2 = b1; var z3 = b1; var z4 = b1; var z5 = b1; var z6 = b1; var z7 = b1;
    // Rows past the end repeat the last one; they are not written.
    let last = rows - 1u;
    let r0 = row * inner;                 let r1 = min(row + 1u, last) * inner;
    let r2 = min(row + 2u, last) * inner; let r3 = min(row + 3u, last) * inner;
    let r4 = min(row + 4u, last) * inner; let r5 = min(row + 5u, last) * inner;
    let r6 = min(row + 6u, last) * inner; let r7 = min(row + 7u, last) * inner;
    for (var k = 0u; k < inner; k++) {
        let v = weight_block(k, c);
        let w = weight_block(k, c + 1u);
        let x0 = input[r0 + k]; let x1 = input[r1 + k]; let x2 = input[r2 + k]; let x3 = input[r3 + k];
        y0 += v * x0; y1 += v * x1; y2 += v * x2; y3 += v * x3;
        z0 += w * x0; z1 += w * x1; z2 += w * x2; z3 += w * x3;
        let x4 = input[r4 + k]; let x5 = input[r5 + k]; let x6 = input[r6 + k]; let x7 = input[r7 + k];
        y4 += v * x4; y5 += v * x5; y6 += v * x6; y7 += v * x7;
        z4 += w * x4; z5 += w * x5; z6 += w * x6; z7 += w * x7;
    }
    let place = row * columns + c;
    activate_pair(row, rows, place, y0, z0);
    activate_pair(row + 1u, rows, place + columns, y1, z1);
    activate_pair(row + 2u, rows, place + 2u * columns, y2, z2);
    activate_pair(row + 3u, rows, place + 3u * columns, y3, z3);
    activate_pair(row + 4u, rows, place + 4u * columns, y4, z4);
    activate_pair(row + 5u, rows, place + 5u * columns, y5, z5);
    activate_pair(row + 6u, rows, place + 6u * columns, y6, z6);
    activate_pair(row + 7u, rows, place + 7u * columns, y7, z7);
}

fn activate_pair(row: u32, rows: u32, place: u32, y: vec4f, z: vec4f) {
    activate(row, rows, place, y);
    activate(row, rows, place + 1u, z);
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
