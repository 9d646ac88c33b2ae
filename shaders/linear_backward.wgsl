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
    let pairs = (columns + 1u) / 2u;
    let k = id.x % pairs * 2u;
    // Where no more are left, the same once more; it is not written.
    let second = min(k + 1u, columns - 1u);
    let row = id.x / pairs * TILE_ROWS;
    let v0 = stage.offset / 4u + 4u * k * inner;
    let w0 = stage.offset / 4u + 4u * second * inner;
    let r0 = row_places(row, inner);
    let r1 = row_places(row + 4u, inner);
    var s0 = mat4x4f();
    var s1 = mat4x4f();
    var t0 = mat4x4f();
    var t1 = mat4x4f();
    for (var c = 0u; c < inner; c++) {
        let v = transpose(weight_block(v0 + c, inner));
        let w = transpose(weight_block(w0 + c, inner));
        let d0 = d_block(r0 + vec4u(c));
        s0 += v * d0;
        t0 += w * d0;
        let d1 = d_block(r1 + vec4u(c));
        s1 += v * d1;
        t1 += w * d1;
    }
    write_block(row, k, s0);
    write_block(row + 4u, k, s1);
    if (second > k) {
        write_block(row, second, t0);
        write_block(row + 4u, second, t1);
    }
}

// Four outputs of four rows.
fn d_block(place: vec4u) -> mat4x4f {
    return mat4x4f(d_linear[place.x], d_linear[place.y], d_linear[place.z], d_linear[place.w]);
}

// Four inputs of four rows.
fn write_block(row: u32, k: u32, s: mat4x4f) {
    write(row, k, s[0]);
    write(row + 1u, k, s[1]);
    write(row + 2u, k, s[2]);
    write(row + 3u, k, s[3]);
}

fn write(row: u32, k: u32, s: vec4f) {
    if (row < row_count(stage.side)) {
        let place = row * (stage.inputs / 4u) + k;
        d_input[place] = s * slope[place];
    }
}
