// Moves both clouds of particles, which started at the same points, by one frame, with τ = √t from τ_0 to τ_1:
//   without noise dx/dτ = 2τ v, v = ε/2 ∇(w_t − u_t), a step of the classical Runge-Kutta method;
//   with noise x + d ∇ψ_t + √(εd) ξ, d = |τ'² − τ²|, for each half of the step. ∇ψ = ε ∇w; backwards ∇φ = ε ∇u.
// Reads u_t and w_t at τ_0, halfway and at τ_1, (G, G) of (value, ∂x, ∂y, 0) each, and frame k of frames (33, 2, N): the
// cloud without noise, then the one with it. Writes frame k + 1. Twin: reference::particles::particles.

struct ParticleStep {
    origin: vec2f,          // of the flow lattice
    roots: vec2f,           // τ_0, τ_1
    spacing: f32,
    epsilon: f32,
    count: u32,             // along one axis of the flow lattice
    particles: u32,         // N
    frame: u32,             // k
    backwards: u32,
    seed_low: u32,
    seed_high: u32,
}

@group(0) @binding(0) var<uniform> particle_step: ParticleStep;
@group(1) @binding(1) var<storage, read> first_u: array<vec4f>;
@group(1) @binding(2) var<storage, read> first_w: array<vec4f>;
@group(1) @binding(3) var<storage, read> middle_u: array<vec4f>;
@group(1) @binding(4) var<storage, read> middle_w: array<vec4f>;
@group(1) @binding(5) var<storage, read> last_u: array<vec4f>;
@group(1) @binding(6) var<storage, read> last_w: array<vec4f>;
@group(1) @binding(7) var<storage, read_write> frames: array<vec2f>;

@compute @workgroup_size(64)
fn particles(@builtin(global_invocation_id) id: vec3u) {
    let n = particle_step.particles;
    if (id.x >= 2u * n) {
        return;
    }
    let here = 2u * n * particle_step.frame + id.x;
    let x = frames[here];
    let between = 0.5 * (particle_step.roots.x + particle_step.roots.y);
    var there: vec2f;
    if (id.x < n) {
        let step = particle_step.roots.y - particle_step.roots.x;
        let a = slope(0u, particle_step.roots.x, x);
        let b = slope(1u, between, x + 0.5 * step * a);
        let c = slope(1u, between, x + 0.5 * step * b);
        let d = slope(2u, particle_step.roots.y, x + step * c);
        there = x + step / 6.0 * (a + 2.0 * b + 2.0 * c + d);
    } else {
        let half_way = with_noise(0u, particle_step.roots.x, between, id.x - n, x);
        there = with_noise(1u, between, particle_step.roots.y, id.x - n, half_way);
    }
    frames[here + 2u * n] = there;
}

// dx/dτ at one of the three times.
fn slope(time: u32, root: f32, x: vec2f) -> vec2f {
    let gradients = interpolated(time, x);
    return root * particle_step.epsilon * (gradients.zw - gradients.xy);
}

// Half a step by Euler-Maruyama.
fn with_noise(time: u32, root: f32, next: f32, particle: u32, x: vec2f) -> vec2f {
    let duration = abs(next * next - root * root);
    let gradients = interpolated(time, x);
    let drift = particle_step.epsilon * select(gradients.zw, gradients.xy, particle_step.backwards == 1u);
    let noise = normal_pair(vec2u(particle_step.seed_low, particle_step.seed_high), 2u * particle_step.frame + time, particle);
    return x + duration * drift + sqrt(particle_step.epsilon * duration) * noise;
}

// (∇u_t, ∇w_t) between the points of the lattice by cubic convolution; outside it, those at the nearest point of its
// edge.
fn interpolated(time: u32, x: vec2f) -> vec4f {
    let last = particle_step.count - 1u;
    let place = clamp((x - particle_step.origin) / particle_step.spacing, vec2f(0.0), vec2f(f32(last)));
    let base = min(vec2u(place), vec2u(last - 1u));
    let before = max(base, vec2u(1u)) - 1u;
    let after = min(base + 2u, vec2u(last));
    let by_x = cubic(place.x - f32(base.x));
    let by_y = cubic(place.y - f32(base.y));
    let columns = vec4u(before.y, base.y, base.y + 1u, after.y);
    return by_x.x * of_row(time, before.x, columns, by_y) + by_x.y * of_row(time, base.x, columns, by_y)
        + by_x.z * of_row(time, base.x + 1u, columns, by_y) + by_x.w * of_row(time, after.x, columns, by_y);
}

fn of_row(time: u32, row: u32, columns: vec4u, weights: vec4f) -> vec4f {
    let cells = row * particle_step.count + columns;
    return weights.x * of_cell(time, cells.x) + weights.y * of_cell(time, cells.y)
        + weights.z * of_cell(time, cells.z) + weights.w * of_cell(time, cells.w);
}

fn of_cell(time: u32, cell: u32) -> vec4f {
    if (time == 0u) {
        return vec4f(first_u[cell].yz, first_w[cell].yz);
    }
    if (time == 1u) {
        return vec4f(middle_u[cell].yz, middle_w[cell].yz);
    }
    return vec4f(last_u[cell].yz, last_w[cell].yz);
}

// Weights of the four points around the place f in [0, 1] between the middle two (Keys 1981, a = −1/2).
fn cubic(f: f32) -> vec4f {
    return vec4f(((-0.5 * f + 1.0) * f - 0.5) * f, (1.5 * f - 2.5) * f * f + 1.0,
                 ((-1.5 * f + 2.0) * f + 0.5) * f, (0.5 * f - 0.5) * f * f);
}
