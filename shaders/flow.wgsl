// The flow: log ρ_t = u_t + w_t and v_t = ε/2 ∇(w_t − u_t).
// Reads heated_u, heated_w (G, G) of (value, ∂x, ∂y, 0). Writes flow (G, G) of (log ρ_t, v_x, v_y, 0).
// Twin: reference::flow::flow.

@group(1) @binding(1) var<storage, read> heated_u: array<vec4f>;
@group(1) @binding(2) var<storage, read> heated_w: array<vec4f>;
@group(1) @binding(3) var<storage, read_write> flow: array<vec4f>;

@compute @workgroup_size(64)
fn flow_of_potentials(@builtin(global_invocation_id) id: vec3u) {
    let cell = id.x;
    let n = flow_time.count;
    if (cell >= n * n) {
        return;
    }
    let u = heated_u[cell];
    let w = heated_w[cell];
    let i = cell / n;
    let j = cell % n;
    // The neighbours along x are n cells away; at the edge the difference is one-sided.
    let x0 = cell - select(0u, n, i > 0u);
    let x1 = cell + select(0u, n, i + 1u < n);
    let y0 = cell - select(0u, 1u, j > 0u);
    let y1 = cell + select(0u, 1u, j + 1u < n);
    let span = vec2f(f32((x1 - x0) / n), f32(y1 - y0)) * flow_time.spacing;
    var gradient_u = u.yz;
    if ((flow_time.differences & 1u) != 0u) {
        gradient_u = vec2f(difference(heated_u[x0].x, heated_u[x1].x, span.x),
                           difference(heated_u[y0].x, heated_u[y1].x, span.y));
    }
    var gradient_w = w.yz;
    if ((flow_time.differences & 2u) != 0u) {
        gradient_w = vec2f(difference(heated_w[x0].x, heated_w[x1].x, span.x),
                           difference(heated_w[y0].x, heated_w[y1].x, span.y));
    }
    flow[cell] = vec4f(u.x + w.x, 0.5 * flow_time.epsilon * (gradient_w - gradient_u), 0.0);
}

// A finite difference; 0 next to the mask, where there is no mass to move. Across the edge of the mask the potential
// drops by more than STEP_OF_MASK, but not to log 0, because a heat average of the smallest variance still includes the
// next point.
fn difference(before: f32, after: f32, span: f32) -> f32 {
    return select((after - before) / span, 0.0, abs(after - before) > STEP_OF_MASK);
}

const STEP_OF_MASK: f32 = 100.0; // nats
