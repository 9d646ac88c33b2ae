// The (c, ε)-transform at the target's nodes, from L_k = log H_ε[e^u](y_k) = log Σ_i exp(u_i + s_i − |x_i − y_k|²/2ε) over all
// nodes of the source, with s_i = log(a_i / 2πε): ratio = log ω − L, regression_target = log p_N − L = φ^{c,ε}/ε, and
// the terms ω regression_target of J/ε. A workgroup takes eight y_k, as two vectors of four; each of its invocations
// sums over a share of the nodes for all eight.
// Reads u (N), batch (slots, B), nodes (slots, N). Writes ratio (K), regression_target (K), terms (N + K) after the nodes.
// Twins: reference::transform::log_heat_of_nodes, transform::transform.

@group(1) @binding(1) var<storage, read> u: array<f32>;
@group(1) @binding(2) var<storage, read> batch: array<vec2f>;
@group(1) @binding(3) var<storage, read> nodes: array<vec2f>;
@group(1) @binding(4) var<storage, read_write> ratio: array<f32>;
@group(1) @binding(5) var<storage, read_write> regression_target: array<f32>;
@group(1) @binding(6) var<storage, read_write> terms: array<f32>;

const SUMMERS: u32 = 64u;
const TARGETS: u32 = 8u;

var<workgroup> partial_tops: array<vec4f, 2u * SUMMERS>;
var<workgroup> partial_sums: array<vec4f, 2u * SUMMERS>;

// The log-sum-exps of four targets so far, top + log(sum).
struct LogSums {
    top: vec4f,
    sum: vec4f,
}

@compute @workgroup_size(SUMMERS)
fn transform(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let first = group.x * TARGETS;
    let targets = row_count(1u);
    let y0 = target_point(min(first, targets - 1u));
    let y1 = target_point(min(first + 1u, targets - 1u));
    let y2 = target_point(min(first + 2u, targets - 1u));
    let y3 = target_point(min(first + 3u, targets - 1u));
    let y4 = target_point(min(first + 4u, targets - 1u));
    let y5 = target_point(min(first + 5u, targets - 1u));
    let y6 = target_point(min(first + 6u, targets - 1u));
    let y7 = target_point(min(first + 7u, targets - 1u));
    let low_x = vec4f(y0.x, y1.x, y2.x, y3.x);
    let low_y = vec4f(y0.y, y1.y, y2.y, y3.y);
    let high_x = vec4f(y4.x, y5.x, y6.x, y7.x);
    let high_y = vec4f(y4.y, y5.y, y6.y, y7.y);
    let rate = 0.5 / step_inputs.epsilon;
    let count = row_count(0u);
    var low = LogSums(vec4f(-3.4e38), vec4f());
    var high = LogSums(vec4f(-3.4e38), vec4f());
    for (var i = thread; i < count; i += SUMMERS) {
        let x = source_node(i);
        let share = u[i] + nodes[step_inputs.slot * count + i].x;
        low = with_exponents(low, exponents(share, rate, x, low_x, low_y));
        high = with_exponents(high, exponents(share, rate, x, high_x, high_y));
    }
    partial_tops[thread] = low.top;
    partial_tops[SUMMERS + thread] = high.top;
    partial_sums[thread] = low.sum;
    partial_sums[SUMMERS + thread] = high.sum;
    workgroupBarrier();
    let k = first + thread;
    if (thread < TARGETS && k < targets) {
        let start = SUMMERS * (thread / 4u);
        let lane = thread % 4u;
        var top = -3.4e38;
        for (var part = 0u; part < SUMMERS; part++) {
            top = max(top, partial_tops[start + part][lane]);
        }
        var sum = 0.0;
        for (var part = 0u; part < SUMMERS; part++) {
            sum += partial_sums[start + part][lane] * safe_exp(partial_tops[start + part][lane] - top);
        }
        let log_heat = top + safe_log(sum);
        let y = target_point(k);
        let weight = log_weight(y);
        let value = log_normal(y) - log_heat;
        ratio[k] = weight - log_heat;
        regression_target[k] = value;
        terms[count + k] = safe_exp(weight) * value;
    }
}

fn exponents(share: f32, rate: f32, x: vec2f, target_x: vec4f, target_y: vec4f) -> vec4f {
    let dx = x.x - target_x;
    let dy = x.y - target_y;
    return share - rate * (dx * dx + dy * dy);
}

// Adds one term to each sum with a single exponential, exp(−|exponent − top|).
fn with_exponents(sums: LogSums, exponent: vec4f) -> LogSums {
    let above = exponent - sums.top;
    let smaller = safe_exp_of_four(-abs(above));
    let sum = select(sums.sum + smaller, sums.sum * smaller + 1.0, above > vec4f());
    return LogSums(max(sums.top, exponent), sum);
}
