// Sixteen rows by sixteen columns, which one invocation of a layer computes: many products for few reads of memory.
// Written out, not as arrays: some drivers take minutes to compile private arrays with a loop index.

const TILE_ROWS: u32 = 16u;

// Four rows of a tile, in blocks of four columns.
struct Strip {
    a: mat4x4f,
    b: mat4x4f,
    c: mat4x4f,
    d: mat4x4f,
}

// Adds four more terms to each sum in a strip.
fn add_product(z: Strip, w: Strip, x: mat4x4f) -> Strip {
    return Strip(z.a + w.a * x, z.b + w.b * x, z.c + w.c * x, z.d + w.d * x);
}

// Where four rows of a field start. Rows past the end repeat the last one and are not written: leaving early would make
// some drivers mask each read.
fn row_places(row: u32, stride: u32) -> vec4u {
    let last = row_count(stage.side) - 1u;
    return min(vec4u(row, row + 1u, row + 2u, row + 3u), vec4u(last)) * stride;
}

// Writes a strip with the kernel's own `write`, which writes four columns of a row.
fn write_strip(row: u32, column: u32, z: Strip) {
    write_block(row, column, z.a);
    write_block(row, column + 1u, z.b);
    write_block(row, column + 2u, z.c);
    write_block(row, column + 3u, z.d);
}

fn write_block(row: u32, column: u32, z: mat4x4f) {
    write(row, column, z[0]);
    write(row + 1u, column, z[1]);
    write(row + 2u, column, z[2]);
    write(row + 3u, column, z[3]);
}
