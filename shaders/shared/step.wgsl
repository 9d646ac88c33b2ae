// What changes from step to step. Mirrored by `StepUniform` in Rust. Lattice points are origin + spacing * (i, j).
struct Step {
    base_phi: vec4f,        // curvature xx, xy, yy, then the constant
    base_psi: vec4f,
    base_slopes: vec4f,     // φ: x, y; ψ: x, y
    source_origin: vec2f,
    target_origin: vec2f,
    source_spacing: f32,
    target_spacing: f32,
    source_count: u32,      // along one axis
    target_count: u32,
    batch: u32,
    epsilon: f32,
    log_target_sum: f32,    // log Σ exp(−|y|²/2) over the target lattice
    log_normaliser: f32,    // of one axis of the heat average over source cells
    tempered_share: f32,    // of √p_N in the weights of the regression
    log_tempered_sum: f32,  // log Σ exp(−|y|²/4) over the target lattice where ψ is regressed
    learning_rate: f32,
    first_moment_decay: f32,
    second_moment_decay: f32,
    first_bias_correction: f32,
    second_bias_correction: f32,
    average_decay: f32,
    slot: u32,              // where this step's batches are, and where its losses are written
    draws: u32,             // N, around each point of a batch; 0 by quadrature
    seed_low: u32,          // of the draws
    seed_high: u32,
    penalty: f32,
}

@group(0) @binding(0) var<uniform> step_inputs: Step;

fn row_count(side: u32) -> u32 {
    if (step_inputs.draws > 0u) {
        return step_inputs.batch * (step_inputs.draws + 1u);
    }
    return select(step_inputs.batch + step_inputs.source_count * step_inputs.source_count,
                  step_inputs.target_count * step_inputs.target_count, side == 1u);
}

fn source_point(index: u32) -> vec2f {
    let cell = vec2f(f32(index / step_inputs.source_count), f32(index % step_inputs.source_count));
    return step_inputs.source_origin + step_inputs.source_spacing * cell;
}

fn target_point(index: u32) -> vec2f {
    let cell = vec2f(f32(index / step_inputs.target_count), f32(index % step_inputs.target_count));
    return step_inputs.target_origin + step_inputs.target_spacing * cell;
}

// log ω: the weights ω are proportional to p_N on the target lattice and sum to 1.
fn log_weight(y: vec2f) -> f32 {
    return -0.5 * dot(y, y) - step_inputs.log_target_sum;
}

fn draw_seed() -> vec2u {
    return vec2u(step_inputs.seed_low, step_inputs.seed_high);
}
