// Weight gradients of a hidden layer, one partial sum for every chunk of rows: xᵀ d_linear and Σ d_linear.
// Reads input (R, I), d_linear (R, O). Writes partials (chunks, P) at the layer's place. Twin: reference::potential::gradient.

@group(1) @binding(1) var<storage, read> input: array<vec4f>;
@group(1) @binding(2) var<storage, read> d_linear: array<vec4f>;
@group(1) @binding(3) var<storage, read_write> partials: array<vec4f>;

// Where the layer's weights start in the chunk's partial gradient.
var<private> layer: u32;

// One invocation: the weights of 16 inputs and 16 outputs, over one chunk, four rows at a time.
@compute @workgroup_size(16)
fn gradient(@builtin(global_invocation_id) id: vec3u) {
    let inputs = stage.inputs / 4u;
    let outputs = stage.outputs / 4u;
    let across = outputs / 4u;
    let tiles = (stage.inputs + 15u) / 16u * across;
    let k = id.x % tiles / across * 4u;
    let c = id.x % across * 4u;
    let chunk = id.x / tiles;
    var g0 = Strip();
    var g1 = Strip();
    var g2 = Strip();
    var g3 = Strip();
    var b = mat4x4f();
    let rows = row_count(stage.side);
    let end = min((chunk + 1u) * CHUNK_ROWS, rows);
    for (var row = chunk * CHUNK_ROWS; row < end; row += 4u) {
        let inside = vec4f(vec4u(row, row + 1u, row + 2u, row + 3u) < vec4u(rows));
        let places = row_places(row, outputs) + vec4u(c);
        let d = Strip(d_block(places, inside), d_block(places + vec4u(1u), inside),
                      d_block(places + vec4u(2u), inside), d_block(places + vec4u(3u), inside));
        let x = row_places(row, inputs);
        g0 = add_product(g0, d, input_block(x, k));
        g1 = add_product(g1, d, input_block(x, k + 1u));
        g2 = add_product(g2, d, input_block(x, k + 2u));
        g3 = add_product(g3, d, input_block(x, k + 3u));
        let one = vec4f(1.0);
        b += mat4x4f(d.a * one, d.b * one, d.c * one, d.d * one);
    }
    if (chunk * CHUNK_ROWS >= rows) {
        return;
    }
    layer = partial_place(chunk) + stage.offset / 4u;
    write_strip(4u * k, c, g0);
    write_strip(4u * k + 4u, c, g1);
    write_strip(4u * k + 8u, c, g2);
    write_strip(4u * k + 12u, c, g3);
    if (k == 0u) {
        let bias = layer + stage.inputs * outputs + c;
        partials[bias] = b[0];
        partials[bias + 1u] = b[1];
        partials[bias + 2u] = b[2];
        partials[bias + 3u] = b[3];
    }
}

// Four inputs by four rows. Past the last inputs these are read again, and the result is not written.
fn input_block(rows: vec4u, k: u32) -> mat4x4f {
    let place = rows + vec4u(min(k, stage.inputs / 4u - 1u));
    return transpose(mat4x4f(input[place.x], input[place.y], input[place.z], input[place.w]));
}

// Four cotangents of each of four rows; zero past the last row.
fn d_block(place: vec4u, inside: vec4f) -> mat4x4f {
    return mat4x4f(d_linear[place.x] * inside.x, d_linear[place.y] * inside.y,
                   d_linear[place.z] * inside.z, d_linear[place.w] * inside.w);
}

fn write(row: u32, column: u32, g: vec4f) {
    if (row < stage.inputs) {
        partials[layer + row * (stage.outputs / 4u) + column] = g;
    }
}
