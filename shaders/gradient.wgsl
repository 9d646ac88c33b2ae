// Weight gradients of a hidden layer, one partial sum for every chunk of rows: xᵀ d_linear and Σ d_linear.
// Reads input (R, I), d_linear (R, O). Writes partials (chunks, P) at the layer's place. Twin: cpu::potential::gradient.

@group(1) @binding(1) var<storage, read> input: array<vec4f>;
@group(1) @binding(2) var<storage, read> d_linear: array<vec4f>;
@group(1) @binding(3) var<storage, read_write> partials: array<vec4f>;

// One invocation: the weights of 8 inputs and 16 outputs, over one chunk; of 4 inputs where no more are left.
@compute @workgroup_size(64)
fn gradient(@builtin(global_invocation_id) id: vec3u) {
    let inputs = stage.inputs / 4u;
    let outputs = stage.outputs / 4u;
    let tiles = (inputs + 1u) / 2u * (outputs / 4u);
    let rows = row_count(stage.side);
    let k = id.x % tiles / (outputs / 4u) * 2u;
    let c = id.x % (outputs / 4u) * 4u;
    let chunk = id.x / tiles;
    if (chunk * CHUNK_ROWS >= rows) {
        return;
    }
    let second = min(k + 1u, inputs - 1u);
    var w00 = vec4f(); var w01 = vec4f(); var w02 = vec4f(); var w03 = vec4f();
    var w10 = vec4f(); var w11 = vec4f(); var w12 = vec4f(); var w13 = vec4f();
    var w20 = vec4f(); var w21 = vec4f(); var w22 = vec4f(); var w23 = vec4f();
    var w30 = vec4f(); var w31 = vec4f(); var w32 = vec4f(); var w33 = vec4f();
    var w40 = vec4f(); var w41 = vec4f(); var w42 = vec4f(); var w43 = vec4f();
    var w50 = vec4f(); var w51 = vec4f(); var w52 = vec4f(); var w53 = vec4f();
    var w60 = vec4f(); var w61 = vec4f(); var w62 = vec4f(); var w63 = vec4f();
    var w70 = vec4f(); var w71 = vec4f(); var w72 = vec4f(); var w73 = vec4f();
    var b0 = vec4f(); var b1 = vec4f(); var b2 = vec4f(); var b3 = vec4f();
    let end = min((chunk + 1u) * CHUNK_ROWS, rows);
    for (var row = chunk * CHUNK_ROWS; row < end; row++) {
        let x = input[row * inputs + k];
        let y = input[row * inputs + second];
        let first = row * outputs + c;
        let d0 = d_linear[first]; let d1 = d_linear[first + 1u];
        let d2 = d_linear[first + 2u]; let d3 = d_linear[first + 3u];
        w00 += x.x * d0; w01 += x.x * d1; w02 += x.x * d2; w03 += x.x * d3;
        w10 += x.y * d0; w11 += x.y * d1; w12 += x.y * d2; w13 += x.y * d3;
        w20 += x.z * d0; w21 += x.z * d1; w22 += x.z * d2; w23 += x.z * d3;
        w30 += x.w * d0; w31 += x.w * d1; w32 += x.w * d2; w33 += x.w * d3;
        w40 += y.x * d0; w41 += y.x * d1; w42 += y.x * d2; w43 += y.x * d3;
        w50 += y.y * d0; w51 += y.y * d1; w52 += y.y * d2; w53 += y.y * d3;
        w60 += y.z * d0; w61 += y.z * d1; w62 += y.z * d2; w63 += y.z * d3;
        w70 += y.w * d0; w71 += y.w * d1; w72 += y.w * d2; w73 += y.w * d3;
        b0 += d0; b1 += d1; b2 += d2; b3 += d3;
    }
    let layer = partial_place(chunk) + stage.offset / 4u;
    write(layer + (4u * k) * outputs + c, w00, w01, w02, w03);
    write(layer + (4u * k + 1u) * outputs + c, w10, w11, w12, w13);
    write(layer + (4u * k + 2u) * outputs + c, w20, w21, w22, w23);
    write(layer + (4u * k + 3u) * outputs + c, w30, w31, w32, w33);
    if (second > k) {
        write(layer + (4u * k + 4u) * outputs + c, w40, w41, w42, w43);
        write(layer + (4u * k + 5u) * outputs + c, w50, w51, w52, w53);
        write(layer + (4u * k + 6u) * outputs + c, w60, w61, w62, w63);
        write(layer + (4u * k + 7u) * outputs + c, w70, w71, w72, w73);
    }
    if (k == 0u) {
        write(layer + stage.inputs * outputs + c, b0, b1, b2, b3);
    }
}

fn write(place: u32, v0: vec4f, v1: vec4f, v2: vec4f, v3: vec4f) {
    partials[place] = v0;
    partials[place + 1u] = v1;
    partials[place + 2u] = v2;
    partials[place + 3u] = v3;
}
