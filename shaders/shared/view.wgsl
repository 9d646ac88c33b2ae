// What a picture needs to know. Mirrored by `ViewUniform` in Rust.

struct View {
    colours: array<vec4f, 9>, // sRGB, from the low end of the scale to the high end
    range: vec2f,             // log ρ of the two ends
    size: vec2f,              // pixels
    origin: f32,              // of the flow lattice, on both axes
    spacing: f32,
    count: u32,               // of the flow lattice, along one axis
    half_width: f32,          // the picture shows [−half_width, half_width]²
    arrow_count: u32,         // along one axis
    arrow_time: f32,          // an arrow is the way of its point in this time
}

@group(0) @binding(0) var<uniform> view: View;
@group(0) @binding(1) var<storage, read> flow: array<vec4f>; // (log ρ_t, v_x, v_y, 0)

// Position on the scale, from 0 to 1.
fn fraction_of(log_rho: f32) -> f32 {
    return clamp((log_rho - view.range.x) / (view.range.y - view.range.x), 0.0, 1.0);
}

fn colour_of(fraction: f32) -> vec3f {
    let place = 8.0 * fraction;
    let low = min(u32(place), 7u);
    return mix(view.colours[low].rgb, view.colours[low + 1u].rgb, place - f32(low));
}

fn flow_at(cell: vec2u) -> vec4f {
    let inside = min(cell, vec2u(view.count - 1u));
    return flow[inside.x * view.count + inside.y];
}
