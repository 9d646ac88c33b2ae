// 4 rows by 4 columns in the registers of an invocation, as single variables: 16 invocations share the 64 columns of
// the same rows.

const COLUMN_GROUPS: u32 = 16u;

struct Tile {
    m00: mat4x4f,
}

struct Columns {
    c0: vec4f,
}

fn first_columns(thread: u32) -> u32 {
    return thread % COLUMN_GROUPS;
}

// The outer product of `rows` and the row of weights that starts at `first`.
fn outer(thread: u32, rows: vec4f, first: u32) -> Tile {
    let c = first + first_columns(thread);
    let zero = mat4x4f();
    let w0 = theta[c];
    return Tile(
        add_outer(zero, rows, w0)
    );
}

// A tile times the rows of weights that start at `first`, added to `start`.
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

// The activation of every entry.
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

// Stores the part of hidden · w of the output layer from every four columns in a column of its own, so that the sums
// are the same for all sizes of registers.
fn store_row_sums(thread: u32, tile: u32, first: u32, z: Tile) {
    let q = first_quad(thread);
    let c = first + first_columns(thread);
    let w0 = theta[c];
    tiles[place(tile, first_columns(thread), q)] = z.m00 * w0;
}
