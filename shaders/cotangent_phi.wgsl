// Cotangent of −J/ε with respect to u at every node of the source,
// Σ_k exp(u_i + s_i + ratio_k − |x_i − y_k|²/2ε) − c_i: the mass that γ has at the node minus the node's share c_i of
// p_D. Also the terms c_i u_i of J/ε. A workgroup takes 32 nodes; each of its invocations takes four of them and a
// share of the lines of the target lattice.
// Reads ratio (K), u (N), batch (slots, B), nodes (slots, N) of (s_i, c_i). Writes d_u (N), terms (N + K) at the nodes.
// Twin: reference::transform::cotangent_phi.

@group(1) @binding(1) var<storage, read> ratio: array<f32>;
@group(1) @binding(2) var<storage, read> u: array<f32>;
@group(1) @binding(3) var<storage, read> batch: array<vec2f>;
@group(1) @binding(4) var<storage, read> nodes: array<vec2f>;
@group(1) @binding(5) var<storage, read_write> d_u: array<f32>;
@group(1) @binding(6) var<storage, read_write> terms: array<f32>;

const QUADS: u32 = 8u;
const PARTS: u32 = 8u;

var<workgroup> partial_masses: array<vec4f, QUADS * PARTS>;

@compute @workgroup_size(QUADS * PARTS)
fn cotangent_phi(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let count = row_count(0u);
    let first = 4u * (group.x * QUADS + thread % QUADS);
    let a = node(min(first, count - 1u), count);
    let b = node(min(first + 1u, count - 1u), count);
    let c = node(min(first + 2u, count - 1u), count);
    let d = node(min(first + 3u, count - 1u), count);
    let x = vec4f(a.x, b.x, c.x, d.x);
    let y = vec4f(a.y, b.y, c.y, d.y);
    let share = vec4f(a.z, b.z, c.z, d.z);
    let rate = 0.5 / step_inputs.epsilon;
    let lines = step_inputs.target_count;
    var mass = vec4f();
    for (var i = thread / QUADS; i < lines; i += PARTS) {
        let dx = x - (step_inputs.target_origin.x + step_inputs.target_spacing * f32(i));
        let at_line = share - rate * dx * dx;
        for (var j = 0u; j < lines; j++) {
            let dy = y - (step_inputs.target_origin.y + step_inputs.target_spacing * f32(j));
            // No exponent exceeds 0 by more than rounding, because the sum in L contains this term.
            mass += safe_exp_of_four(at_line + ratio[i * lines + j] - rate * dy * dy);
        }
    }
    partial_masses[thread] = mass;
    workgroupBarrier();
    let i = 4u * QUADS * group.x + thread;
    if (thread < 4u * QUADS && i < count) {
        var sum = 0.0;
        for (var part = 0u; part < PARTS; part++) {
            sum += partial_masses[QUADS * part + thread / 4u][thread % 4u];
        }
        let weight = nodes[step_inputs.slot * count + i].y;
        d_u[i] = sum - weight;
        terms[i] = weight * u[i];
    }
}

// The two coordinates of a node, then u_i + s_i.
fn node(i: u32, count: u32) -> vec3f {
    return vec3f(source_node(i), u[i] + nodes[step_inputs.slot * count + i].x);
}
