// The arrows of v_t: one instance each, a rectangle around three strokes, faded where there is no mass.

struct Arrow {
    @builtin(position) position: vec4f,
    @location(0) local: vec2f,                       // pixels, along and across the arrow, from its tail
    @location(1) @interpolate(flat) length: f32,     // pixels
    @location(2) @interpolate(flat) ink: vec4f,      // sRGB and opacity
}

@vertex
fn arrows_vertex(@builtin(vertex_index) index: u32, @builtin(instance_index) instance: u32) -> Arrow {
    let cell = vec2f(f32(instance / view.arrow_count), f32(instance % view.arrow_count));
    let world = view.half_width * (2.0 * (cell + 0.5) / f32(view.arrow_count) - 1.0);
    let here = interpolated(world);
    let colour = colour_of(fraction_of(here.x));
    let pixels = 0.5 * view.size.x / view.half_width;
    let way = view.arrow_time * here.yz * pixels;
    let length = length(way);
    let along = select(vec2f(1.0, 0.0), way / length, length > 1e-6);
    let margin = 0.5 * head(length) + 2.0 * stroke();
    // Two triangles: corners (0, 0), (1, 0), (0, 1), (0, 1), (1, 0), (1, 1).
    let corner = vec2f(f32(index == 1u || index >= 4u), f32(index == 2u || index == 3u || index == 5u));
    let local = mix(vec2f(-margin), vec2f(length + margin, margin), corner);
    let place = world + (along * local.x + vec2f(-along.y, along.x) * local.y) / pixels;
    var arrow: Arrow;
    arrow.position = vec4f(place / view.half_width, 0.0, 1.0);
    arrow.local = local;
    arrow.length = length;
    // Dark on light colours and light on dark ones.
    let brightness = dot(colour, vec3f(0.30, 0.59, 0.11));
    let opacity = smoothstep(-7.2, -4.0, here.w) * smoothstep(1.0, 4.0, length);
    arrow.ink = vec4f(select(vec3f(1.0), vec3f(0.05, 0.05, 0.15), brightness > 0.55), 0.85 * opacity);
    return arrow;
}

@fragment
fn arrows_fragment(arrow: Arrow) -> @location(0) vec4f {
    let tip = vec2f(arrow.length, 0.0);
    let back = head(arrow.length) * vec2f(-0.87, 0.5);
    var distance = to_segment(arrow.local, vec2f(0.0), tip);
    distance = min(distance, to_segment(arrow.local, tip, tip + back));
    distance = min(distance, to_segment(arrow.local, tip, tip + vec2f(back.x, -back.y)));
    let cover = arrow.ink.a * clamp(0.5 + 0.5 * stroke() - distance, 0.0, 1.0);
    return vec4f(arrow.ink.rgb * cover, cover);
}

// Width of a stroke, pixels.
fn stroke() -> f32 {
    return max(1.2, view.size.x / 420.0);
}

// Length of the two strokes of the head, pixels.
fn head(length: f32) -> f32 {
    return min(0.45 * length, 5.0 * stroke());
}

fn to_segment(p: vec2f, a: vec2f, b: vec2f) -> f32 {
    let along = b - a;
    let share = clamp(dot(p - a, along) / max(dot(along, along), 1e-6), 0.0, 1.0);
    return distance(p, a + share * along);
}

fn interpolated(world: vec2f) -> vec4f {
    let place = (world - view.origin) / view.spacing;
    let corner = vec2u(max(floor(place), vec2f(0.0)));
    let share = place - floor(place);
    let left = mix(flow_at(corner), flow_at(corner + vec2u(0u, 1u)), share.y);
    let right = mix(flow_at(corner + vec2u(1u, 0u)), flow_at(corner + vec2u(1u, 1u)), share.y);
    return mix(left, right, share.x);
}
