// Eight rows by eight columns: what one invocation of a layer computes. Written out, not as arrays: some drivers take
// minutes to compile private arrays with a loop index.

const TILE_ROWS: u32 = 8u;

// The 4 × 4 block of W (I, O) with the rows 4k.. and the columns 4c..; its columns are rows of W.
fn weight_block(k: u32, c: u32) -> mat4x4f {
    let stride = stage.outputs / 4u;
    let first = stage.offset / 4u + 4u * k * stride + c;
    return mat4x4f(theta[first], theta[first + stride], theta[first + 2u * stride], theta[first + 3u * stride]);
}
