// Back through a hidden layer: d_input = (d_linear Wᵀ) slope, the cotangent of z in the layer before.
// Reads theta, d_linear (R, O), slope (R, I). Writes d_input (R, I). Twin: cpu::potential::linear_backward.

@group(1) @binding(1) var<storage, read> theta: array<vec4f>;
@group(1) @binding(2) var<storage, read> d_linear: array<vec4f>;
@group(1) @binding(3) var<storage, read> slope: array<vec4f>;
@group(1) @binding(4) var<storage, read_write> d_input: array<vec4f>;

@compute @workgroup_size(64)
fn linear_backward(@builtin(global_invocation_id) id: vec3u) {
    let columns = stage.inputs / 4u;
    let inner = stage.outputs / 4u;
    let rows = row_count(stage.side);
    let k = id.x % columns;
    let row = id.x / columns * TILE_ROWS;
    if (row >= rows) {
        return;
    }
    var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
    var s4 = vec4f(); var s5 = vec4f(); var s6 = vec4f(); var s7 = vec4f();
    let last = rows - 1u;
    let r0 = row * inner;                 let r1 = min(row + 1u, last) * inner;
    let r2 = min(row + 2u, last) * inner; let r3 = min(row + 3u, last) * inner;
    let r4 = min(row + 4u, last) * inner; let r5 = min(row + 5u, last) * inner;
    let r6 = min(row + 6u, last) * inner; let r7 = min(row + 7u, last) * inner;
    for (var c = 0u; c < inner; c++) {
        let w = weight_block(k, c);
        s0 += d_linear[r0 + c] * w; s1 += d_linear[r1 + c] * w;
        s2 += d_linear[r2 + c] * w; s3 += d_linear[r3 + c] * w;
        s4 += d_linear[r4 + c] * w; s5 += d_linear[r5 + c] * w;
        s6 += d_linear[r6 + c] * w; s7 += d_linear[r7 + c] * w;
    }
    let place = row * columns + k;
    write(row, rows, place, s0);
    write(row + 1u, rows, place + columns, s1);
    write(row + 2u, rows, place + 2u * columns, s2);
    write(row + 3u, rows, place + 3u * columns, s3);
    write(row + 4u, rows, place + 4u * columns, s4);
    write(row + 5u, rows, place + 5u * columns, s5);
    write(row + 6u, rows, place + 6u * columns, s6);
    write(row + 7u, rows, place + 7u * columns, s7);
}

fn write(row: u32, rows: u32, place: u32, sum: vec4f) {
    if (row < rows) {
        d_input[place] = sum * slope[place];
    }
}
