// The product of sixteen rows of a field and sixteen columns of a matrix of weights: a layer, forward or backward. The
// kernel defines `weights` (four rows of the matrix by sixteen columns), `values` (the four columns of the field that
// belong to them, of four rows) and `write`.
fn write_product(row: u32, column: u32, inner: u32, start: Strip) {
    var z0 = start;
    var z1 = start;
    var z2 = start;
    var z3 = start;
    let r0 = row_places(row, inner);
    let r1 = row_places(row + 4u, inner);
    let r2 = row_places(row + 8u, inner);
    let r3 = row_places(row + 12u, inner);
    for (var k = 0u; k < inner; k++) {
        let w = weights(column, k);
        z0 = add_product(z0, w, values(r0 + vec4u(k)));
        z1 = add_product(z1, w, values(r1 + vec4u(k)));
        z2 = add_product(z2, w, values(r2 + vec4u(k)));
        z3 = add_product(z3, w, values(r3 + vec4u(k)));
    }
    write_strip(row, column, z0);
    write_strip(row + 4u, column, z1);
    write_strip(row + 8u, column, z2);
    write_strip(row + 12u, column, z3);
}

// Four rows of W by four columns, starting at index `first` of theta.
fn weight_block(first: u32, stride: u32) -> mat4x4f {
    return mat4x4f(theta[first], theta[first + stride], theta[first + 2u * stride], theta[first + 3u * stride]);
}
