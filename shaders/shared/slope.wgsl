// act′(z) of four units. For ReLU, which keeps none, from the units themselves: they are positive where it is 1.
fn slope_at(place: u32) -> vec4f {
    let value = slope[place];
    return select(value, select(vec4f(0.0), vec4f(1.0), value > vec4f(0.0)), stage.activation == 0u);
}
