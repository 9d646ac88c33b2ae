// Four weights of one of the networks; each invocation has four.
struct Weights {
    side: u32,
    i: u32,         // among those of the network
    at: u32,        // among those of both
    inside: bool,   // whether there are such weights
}

fn weights_at(number: u32) -> Weights {
    let size = stage.parameters / 4u;
    let side = side_of(number / size);
    let i = number - select(0u, size * side, stage.side == BOTH);
    return Weights(side, i, size * side + i, side < 2u && i < size);
}

// The gradient of four weights from the partial ones of all workgroups, added in their order. The last four are the bias of
// the output layer and its padding; the loss is stored in the first number of the padding.
fn gradient_of(weights: Weights) -> vec4f {
    let size = stage.parameters / 4u;
    let i = first_partial(weights.side) * size + weights.i;
    var sum = vec4f();
    let count = partial_count(weights.side);
    var k = 0u;
    // Eight reads at a time, which do not wait for each other.
    for (; k + 8u <= count; k += 8u) {
        let at = k * size + i;
        let a = partials[at];
        let b = partials[at + size];
        let c = partials[at + 2u * size];
        let d = partials[at + 3u * size];
        let e = partials[at + 4u * size];
        let f = partials[at + 5u * size];
        let g = partials[at + 6u * size];
        let h = partials[at + 7u * size];
        sum = sum + a + b + c + d + e + f + g + h;
    }
    for (; k < count; k++) {
        sum += partials[k * size + i];
    }
    if (weights.i == size - 1u) {
        losses[2u * step_inputs.slot + weights.side] = sum.y;
        return vec4f(sum.x, 0.0, 0.0, 0.0);
    }
    return sum;
}

// Writes four weights of the second or the third layer to their places in Wᵀ; does nothing for other weights.
fn transpose_weights(at: Weights, weights: vec4f) {
    let i = at.i;
    let behind = i - min(i, 16u * stage.inputs + 16u);
    let layer = behind / 1040u;
    let inside = behind % 1040u;
    if (i < 16u * stage.inputs + 16u || layer > 1u || inside >= 1024u) {
        return;
    }
    let first = 4096u * (2u * at.side + layer) + 256u * (inside % 16u) + inside / 16u;
    transposed[first] = Copied(weights.x);
    transposed[first + 64u] = Copied(weights.y);
    transposed[first + 128u] = Copied(weights.z);
    transposed[first + 192u] = Copied(weights.w);
}
