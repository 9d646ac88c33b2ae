// A tile of rows through a whole network, in workgroup memory and registers: points, features, three hidden layers.
// Two tiles of 64 columns fit. They are stored column by column, four rows in a vector. rows_*.wgsl says how many rows
// they have; registers_*.wgsl defines `Tile`, the part of a tile in the registers of an invocation, and the operations
// on it.

@group(1) @binding(1) var<storage, read> theta: array<vec4f>;

const WORKERS: u32 = ROW_GROUPS * COLUMN_GROUPS;
const FUSED_ROWS: u32 = 4u * ROW_GROUPS;
const FIRST: u32 = 0u;        // where the two tiles start
const SECOND: u32 = 64u * ROW_GROUPS;
const INPUT_BLOCK: u32 = 60u; // inputs that go through the first layer at a time
const POINT_X: u32 = 62u;     // columns after them, with the coordinates of the points
const POINT_Y: u32 = 63u;
const INPUT_SCALE: f32 = 0.5;

var<workgroup> tiles: array<vec4f, 2u * SECOND>;

// Where four rows of a column are stored: permuted so that neighbours in either direction are in different memory
// banks.
fn place(tile: u32, column: u32, quad: u32) -> u32 {
    return tile + ROW_GROUPS * column + (quad ^ ((column / 4u) & 7u));
}

// Four columns of four rows.
fn block_at(tile: u32, columns: u32, quad: u32) -> mat4x4f {
    let first = place(tile, 4u * columns, quad);
    return mat4x4f(tiles[first], tiles[first + ROW_GROUPS], tiles[first + 2u * ROW_GROUPS], tiles[first + 3u * ROW_GROUPS]);
}

fn store_block(tile: u32, columns: u32, quad: u32, block: mat4x4f) {
    let first = place(tile, 4u * columns, quad);
    tiles[first] = block[0];
    tiles[first + ROW_GROUPS] = block[1];
    tiles[first + 2u * ROW_GROUPS] = block[2];
    tiles[first + 3u * ROW_GROUPS] = block[3];
}

// Which four rows of a tile an invocation has.
fn first_quad(thread: u32) -> u32 {
    return thread / COLUMN_GROUPS;
}

// Those four rows of a column.
fn rows_at(thread: u32, tile: u32, column: u32) -> vec4f {
    return tiles[place(tile, column, first_quad(thread))];
}

// A `Tile` each of whose rows is the same row of weights.
fn spread(thread: u32, first: u32) -> Tile {
    return outer(thread, vec4f(1.0), first);
}

// The outer product of four rows and four columns, added to a block.
fn add_outer(block: mat4x4f, rows: vec4f, columns: vec4f) -> mat4x4f {
    return mat4x4f(fma(rows, columns.xxxx, block[0]), fma(rows, columns.yyyy, block[1]),
                   fma(rows, columns.zzzz, block[2]), fma(rows, columns.wwww, block[3]));
}

// xᵀ d over four rows, added to a block whose vectors are the rows of W.
fn add_gradient(block: mat4x4f, x: mat4x4f, d: mat4x4f) -> mat4x4f {
    let rows = transpose(d);
    return mat4x4f(add_gradient_row(block[0], x[0], rows), add_gradient_row(block[1], x[1], rows),
                   add_gradient_row(block[2], x[2], rows), add_gradient_row(block[3], x[3], rows));
}

fn add_gradient_row(sum: vec4f, x: vec4f, d: mat4x4f) -> vec4f {
    return fma(x.wwww, d[3], fma(x.zzzz, d[2], fma(x.yyyy, d[1], fma(x.xxxx, d[0], sum))));
}

fn activate_block(z: mat4x4f) -> mat4x4f {
    return mat4x4f(activate(z[0]), activate(z[1]), activate(z[2]), activate(z[3]));
}

fn times_slope_block(d: mat4x4f, z: mat4x4f) -> mat4x4f {
    return mat4x4f(d[0] * slope(z[0]), d[1] * slope(z[1]), d[2] * slope(z[2]), d[3] * slope(z[3]));
}

fn activate(z: vec4f) -> vec4f {
    if (stage.activation == SILU) {
        return z * sigmoid(z);
    }
    return max(z, leak() * z);
}

fn slope(z: vec4f) -> vec4f {
    if (stage.activation == SILU) {
        let s = sigmoid(z);
        return s * (1.0 + z * (1.0 - s));
    }
    return select(vec4f(leak()), vec4f(1.0), z > vec4f(0.0));
}

fn sigmoid(z: vec4f) -> vec4f {
    return 1.0 / (1.0 + vec4f(safe_exp(-z.x), safe_exp(-z.y), safe_exp(-z.z), safe_exp(-z.w)));
}

// Where a network's weights start in theta, in vectors of four.
fn weights_of(side: u32) -> u32 {
    return side * (stage.parameters / 4u);
}

// Relative to that: where W of a hidden layer, its bias, and the output layer start.
fn layer_place(layer: u32) -> u32 {
    return select(0u, 16u * stage.inputs + 16u + 1040u * (layer - 1u), layer > 0u);
}

fn bias_place(layer: u32) -> u32 {
    return 16u * stage.inputs + 1040u * layer;
}

fn readout_place() -> u32 {
    return bias_place(2u) + 16u;
}

// The point of a row, as in points.wgsl and draws.wgsl; past the end, the point of the last row.
fn point_of(side: u32, row_or_more: u32) -> vec2f {
    let row = min(row_or_more, row_count(side) - 1u);
    if (step_inputs.draws > 0u) {
        let size = step_inputs.batch;
        let first = 2u * step_inputs.slot * size;
        if (row < size) {
            return batch[first + side * size + row];
        }
        let index = row - size;
        let centre = batch[first + (1u - side) * size + index / step_inputs.draws];
        return centre + sqrt(step_inputs.epsilon) * normal_pair(draw_seed(), side, index);
    }
    if (side == 1u) {
        return target_point(row);
    }
    return source_node(row);
}

// Stores the points of a tile's rows, in the columns after the inputs.
fn store_points(thread: u32, side: u32, tile: u32) {
    for (var row = thread; row < FUSED_ROWS; row += WORKERS) {
        let x = point_of(side, row_of(side, tile, row));
        tiles[place(SECOND, POINT_X, row / 4u)][row % 4u] = x.x;
        tiles[place(SECOND, POINT_Y, row / 4u)][row % 4u] = x.y;
    }
}

// Stores `count` inputs of the first layer, from number `first` on, as in features.wgsl.
fn store_inputs(thread: u32, side: u32, first: u32, count: u32) {
    let wave = side * stage.features;
    for (var i = thread; i < ROW_GROUPS * count; i += WORKERS) {
        let quad = i % ROW_GROUPS;
        let column = first + i / ROW_GROUPS;
        let x = tiles[place(SECOND, POINT_X, quad)];
        let y = tiles[place(SECOND, POINT_Y, quad)];
        var value = vec4f();
        if (column < 2u) {
            value = INPUT_SCALE * select(x, y, column == 1u);
        } else if (column < 2u + stage.features) {
            let f = frequencies[wave + column - 2u];
            value = sin(f.x * x + f.y * y);
        } else if (column < 2u + 2u * stage.features) {
            let f = frequencies[wave + column - 2u - stage.features];
            value = cos(f.x * x + f.y * y);
        }
        tiles[place(SECOND, i / ROW_GROUPS, quad)] = value;
    }
}

struct Layers {
    z1: Tile,
    z2: Tile,
    z3: Tile,
}

fn inputs_of(layer: u32) -> u32 {
    return select(64u, stage.inputs, layer == 0u);
}

// z of all layers for a tile; afterwards the second tile in memory holds the activations of the second layer. One loop
// for all layers, because compilers inline each call, and compiling a product takes long.
fn forward(thread: u32, side: u32, tile: u32) -> Layers {
    var layers = Layers();
    let weights = weights_of(side);
    store_points(thread, side, tile);
    for (var layer = 0u; layer < 3u; layer++) {
        let inputs = inputs_of(layer);
        var z = spread(thread, weights + bias_place(layer));
        var first = 0u;
        loop {
            let count = min(select(64u, INPUT_BLOCK, layer == 0u), inputs - first);
            workgroupBarrier();
            if (layer == 0u) {
                store_inputs(thread, side, first, count);
            }
            workgroupBarrier();
            z = product(thread, SECOND, weights + layer_place(layer) + 16u * first, count, z);
            first += count;
            if (first >= inputs) {
                break;
            }
        }
        workgroupBarrier();
        if (layer == 0u) {
            layers.z1 = z;
        } else if (layer == 1u) {
            layers.z2 = z;
        } else {
            layers.z3 = z;
        }
        if (layer < 2u) {
            store(thread, SECOND, activate_tile(z));
        }
    }
    return layers;
}

// Stores the part of hidden · w from every four columns in the first tile.
fn store_readout(thread: u32, side: u32, z3: Tile) {
    store_row_sums(thread, FIRST, weights_of(side) + readout_place(), activate_tile(z3));
}

// The potential at a row of the tile whose readout is stored, as in readout.wgsl.
fn output_of(side: u32, tile: u32, row: u32) -> f32 {
    var sum = 0.0;
    for (var group = 0u; group < 16u; group++) {
        sum += tiles[place(FIRST, group, row / 4u)][row % 4u];
    }
    return base(side, point_of(side, row_of(side, tile, row))) + (sum + theta[weights_of(side) + readout_place() + 16u].x);
}

fn base(side: u32, x: vec2f) -> f32 {
    let curve = select(step_inputs.base_phi, step_inputs.base_psi, side == 1u);
    let slope = select(step_inputs.base_slopes.xy, step_inputs.base_slopes.zw, side == 1u);
    let square = curve.x * x.x * x.x + 2.0 * curve.y * x.x * x.y + curve.z * x.y * x.y;
    return curve.w - 0.5 * square + dot(slope, x);
}
