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
    let pairs = (columns + 1u) / 2u;
    let k = id.x % pairs * 2u;
    // Where no more are left, the same once more; it is not written.
    let second = min(k + 1u, columns - 1u);
    let row = id.x / pairs * TILE_ROWS;
    if (row >= rows) {
        return;
    }
    var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
    var s4 = vec4f(); var s5 = vec4f(); var s6 = vec4f(); var s7 = vec4f();
    var t0 = vec4f(); var t1 = vec4f(); var t2 = vec4f(); var t3 = vec4f();
    var t4 = vec4f(); var t5 = vec4f(); var t6 = vec4f(); var t7 = vec4f();
    let last = rows - 1u;
    let r0 = row * inner;                 let r1 = min(row + 1u, last) * inner;
    let r2 = min(row + 2u, last) * inner; let r3 = min(row + 3u, last) * inner;
    let r4 = min(row + 4u, last) * inner; let r5 = min(row + 5u, last) * inner;
    let r6 = min(row + 6u, last) * inner; let r7 = min(row + 7u, last) * inner;
    for (var c = 0u; c < inner; c++) {
        let v = weight_block(k, c);
        let w = weight_block(second, c);
        let d0 = d_linear[r0 + c]; let d1 = d_linear[r1 + c]; let d2 = d_linear[r2 + c]; let d3 = d_linear[r3 + c];
        s0 += d0 * v; s1 += d1 * v; s2 += d2 * v; s3 += d3 * v;
        t0 += d0 * w; t1 += d1 * w; t2 += d2 * w; t3 += d3 * w;
        let d4 = d_linear[r4 + c]; let d5 = d_linear[r5 + c]; let d6 = d_linear[r6 + c]; let d7 = d_linear[r7 + c];
        s4 += d4 * v; s5 += d5 * v; s6 += d6 * v; s7 += d7 * v;
        t4 += d4 * w; t5 += d5 * w; t6 += d6 * w; t7 += d7 * w;
    }
    let place = row * columns + k;
    write_pair(row, rows, place, second > k, s0, t0);
    write_pair(row + 1u, rows, place + columns, second > k, s1, t1);
    write_pair(row + 2u, rows, place + 2u * columns, second > k, s2, t2);
    write_pair(row + 3u, rows, place + 3u * columns, second > k, s3, t3);
    write_pair(row + 4u, rows, place + 4u * columns, second > k, s4, t4);
    write_pair(row + 5u, rows, place + 5u * columns, second > k, s5, t5);
    write_pair(row + 6u, rows, place + 6u * columns, second > k, s6, t6);
    write_pair(row + 7u, rows, place + 7u * columns, second > k, s7, t7);
}

fn write_pair(row: u32, rows: u32, place: u32, both: bool, s: vec4f, t: vec4f) {
    if (row < rows) {
        d_input[place] = s * slope[place];
    }
    if (row < rows && both) {
        d_input[place + 1u] = t * slope[place + 1u];
    }
}
