// The gradient of four weights from the partial ones of all workgroups, added in their order. The last four are the bias of
// the output layer and its padding; the first number of that is the loss.
fn gradient_of(i: u32) -> vec4f {
    let size = stage.parameters / 4u;
    var sum = vec4f();
    for (var k = 0u; k < partial_count(); k++) {
        sum += partials[k * size + i];
    }
    if (i == size - 1u) {
        losses[2u * step_inputs.slot + stage.side] = sum.y;
        return vec4f(sum.x, 0.0, 0.0, 0.0);
    }
    return sum;
}

// Four weights of the second or the third layer, to their places in Wᵀ; for other weights nothing.
fn transpose_weights(i: u32, weights: vec4f) {
    let behind = i - min(i, 16u * stage.inputs + 16u);
    let layer = behind / 1040u;
    let inside = behind % 1040u;
    if (i < 16u * stage.inputs + 16u || layer > 1u || inside >= 1024u) {
        return;
    }
    let first = 4096u * layer + 256u * (inside % 16u) + inside / 16u;
    transposed[first] = weights.x;
    transposed[first + 64u] = weights.y;
    transposed[first + 128u] = weights.z;
    transposed[first + 192u] = weights.w;
}
