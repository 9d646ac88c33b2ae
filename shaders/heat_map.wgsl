// The heat map of log ρ_t, or of a difference of ρ_t: one triangle that covers the picture, each pixel interpolated
// from the flow lattice.

@vertex
fn heat_map_vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    return vec4f(select(-1.0, 3.0, index == 1u), select(-1.0, 3.0, index == 2u), 0.0, 1.0);
}

@fragment
fn heat_map_fragment(@builtin(position) pixel: vec4f) -> @location(0) vec4f {
    let across = pixel.xy / view.size * 2.0 - 1.0;
    let world = view.half_width * vec2f(across.x, -across.y);
    return vec4f(colour_of(fraction_of(value_at(world))), 1.0);
}

// Cubic (Catmull-Rom) interpolation, clamped to the range of the four nearest values so that it does not overshoot at
// edges.
fn value_at(world: vec2f) -> f32 {
    let place = (world - view.origin) / view.spacing;
    let corner = floor(place);
    let wx = cubic_weights(place.x - corner.x);
    let wy = cubic_weights(place.y - corner.y);
    let first = vec2i(corner) - 1;
    let columns = mat4x4f(column(first), column(first + vec2i(1, 0)), column(first + vec2i(2, 0)), column(first + vec2i(3, 0)));
    let smooth_value = dot(wy * columns, wx);
    let near = vec4f(columns[1].yz, columns[2].yz);
    let low = min(min(near.x, near.y), min(near.z, near.w));
    let high = max(max(near.x, near.y), max(near.z, near.w));
    return clamp(smooth_value, low, high);
}

// Four values along y, floored so that a neighbour with no mass does not outweigh the rest.
fn column(first: vec2i) -> vec4f {
    let floor_value = view.range.x - 4.0;
    let c = vec2u(max(first, vec2i(0)));
    return max(vec4f(flow_at(c).x, flow_at(c + vec2u(0u, 1u)).x, flow_at(c + vec2u(0u, 2u)).x, flow_at(c + vec2u(0u, 3u)).x),
               vec4f(floor_value));
}

fn cubic_weights(t: f32) -> vec4f {
    let t2 = t * t;
    let t3 = t2 * t;
    return 0.5 * vec4f(2.0 * t2 - t3 - t, 3.0 * t3 - 5.0 * t2 + 2.0, t + 4.0 * t2 - 3.0 * t3, t3 - t2);
}
