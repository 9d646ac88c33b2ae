// act′(z) of four units. For ReLU and leaky ReLU no slope is stored; it follows from the units themselves, which are
// positive exactly where it is 1.
fn slope_at(place: u32) -> vec4f {
    let value = slope[place];
    return select(select(vec4f(leak()), vec4f(1.0), value > vec4f(0.0)), value, stage.activation == SILU);
}
