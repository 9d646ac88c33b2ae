// What a picture needs to know. Mirrored by `ViewUniform` in Rust.

struct View {
    colours: array<vec4f, 9>, // sRGB, from the low end of the scale to the high end
    range: vec2f,             // log ρ, or ρ − ρ′, at the two ends of the scale
    size: vec2f,              // pixels
    origin: f32,              // of the flow lattice, on both axes
    spacing: f32,
    count: u32,               // of the flow lattice, along one axis
    half_width: f32,          // the picture shows [−half_width, half_width]²
    arrow_count: u32,         // along one axis
    arrow_time: f32,          // an arrow is the displacement of its point in this time
    difference: u32,          // 1: the flow minus the reference
}

@group(0) @binding(0) var<uniform> view: View;
@group(0) @binding(1) var<storage, read> flow: array<vec4f>;      // (log ρ_t, v_x, v_y, 0)
@group(0) @binding(2) var<storage, read> reference: array<vec4f>; // another flow; the same one without a difference

// Position on the scale, from 0 to 1, of log ρ or of a difference.
fn fraction_of(value: f32) -> f32 {
    return clamp((value - view.range.x) / (view.range.y - view.range.x), 0.0, 1.0);
}

fn colour_of(fraction: f32) -> vec3f {
    let place = 8.0 * fraction;
    let low = min(u32(place), 7u);
    return mix(view.colours[low].rgb, view.colours[low + 1u].rgb, place - f32(low));
}

// What is drawn at a point of the flow lattice: (log ρ, v_x, v_y), or (ρ − ρ′, v_x − v′_x, v_y − v′_y); then log ρ.
fn flow_at(cell: vec2u) -> vec4f {
    let inside = min(cell, vec2u(view.count - 1u));
    let index = inside.x * view.count + inside.y;
    let here = flow[index];
    if (view.difference == 0u) {
        return vec4f(here.xyz, here.x);
    }
    let there = reference[index];
    return vec4f(safe_exp(here.x) - safe_exp(there.x), here.yz - there.yz, there.x);
}
