// act′(z) of four units. For ReLU and leaky ReLU, which keep none, from the units themselves: they are positive where it is 1.
fn slope_at(place: u32) -> vec4f {
    let value = slope[place];
    return select(select(vec4f(leak()), vec4f(1.0), value > vec4f(0.0)), value, stage.activation == SILU);
}
