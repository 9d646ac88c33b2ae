// 4 rows by 4 columns in the registers of an invocation, written out: of the 128 invocations of a workgroup 16 take the
// columns of the same rows. Weights come from a storage buffer.

@group(1) @binding(1) var<storage, read> theta: array<vec4f>;

const WORKERS: u32 = 128u;
const ROW_GROUPS: u32 = 8u;
const COLUMN_GROUPS: u32 = 16u;

struct Tile {
    m00: mat4x4f,
}

struct Rows {
    r0: vec4f,
}

struct Columns {
    c0: vec4f,
}

fn first_quad(thread: u32) -> u32 {
    return thread / COLUMN_GROUPS;
}

fn first_columns(thread: u32) -> u32 {
    return thread % COLUMN_GROUPS;
}

fn ones() -> Rows {
    return Rows(vec4f(1.0));
}

// The rows of this invocation in a column.
fn rows_at(thread: u32, tile: u32, column: u32) -> Rows {
    let q = first_quad(thread);
    return Rows(tiles[place(tile, column, q)]);
}

// The same row of weights in every row.
fn spread(thread: u32, first: u32) -> Tile {
    return outer(thread, ones(), first);
}

// The product of a column and a row of weights.
fn outer(thread: u32, rows: Rows, first: u32) -> Tile {
    let c = first + first_columns(thread);
    let zero = mat4x4f();
    let w0 = theta[c];
    return Tile(
        add_outer(zero, rows.r0, w0)
    );
}

// A tile times the rows of weights that start at `first`, added to a start.
fn product(thread: u32, tile: u32, first: u32, inner: u32, start: Tile) -> Tile {
    var z = start;
    let q = first_quad(thread);
    let c = first + first_columns(thread);
    for (var k = 0u; k < inner; k++) {
        let x0 = tiles[place(tile, k, q)];
        let w0 = theta[c + 16u * k];
        z.m00 = add_outer(z.m00, x0, w0);
    }
    return z;
}

// Each through the activation.
fn activate_tile(z: Tile) -> Tile {
    return Tile(
        activate_block(z.m00)
    );
}

fn store(thread: u32, tile: u32, z: Tile) {
    let q = first_quad(thread);
    let c = first_columns(thread);
    store_block(tile, c, q, z.m00);
}

// hidden · w of the output layer over each four columns, to a column for them: the same sums for all sizes of registers.
fn store_row_sums(thread: u32, tile: u32, z: Tile) {
    let q = first_quad(thread);
    let c = readout_place() + first_columns(thread);
    let w0 = theta[c];
    tiles[place(tile, first_columns(thread), q)] = z.m00 * w0;
}
