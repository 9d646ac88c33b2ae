// Four rows of W by four columns, from a place in theta on.
fn weight_block(first: u32, stride: u32) -> mat4x4f {
    return mat4x4f(theta[first], theta[first + stride], theta[first + 2u * stride], theta[first + 3u * stride]);
}
