// Eight rows by eight columns: what one invocation of a layer computes, in blocks of four by four. Written out, not as
// arrays: some drivers take minutes to compile private arrays with a loop index.

const TILE_ROWS: u32 = 8u;

// Where four rows of a field start. Rows past the end repeat the last one and are not written: leaving early would make
// some drivers mask each read.
fn row_places(row: u32, stride: u32) -> vec4u {
    let last = row_count(stage.side) - 1u;
    return min(vec4u(row, row + 1u, row + 2u, row + 3u), vec4u(last)) * stride;
}

// Four rows of W that start at a place in theta; they are the columns of the block.
fn weight_block(first: u32, stride: u32) -> mat4x4f {
    return mat4x4f(theta[first], theta[first + stride], theta[first + 2u * stride], theta[first + 3u * stride]);
}
