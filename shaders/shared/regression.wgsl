// Where ψ is regressed, and with which weight.

const NATS_TO_FLOOR: f32 = 11.512925464970229;

// Whether p_N is at least 1e-5 of its maximum.
fn is_regressed(y: vec2f) -> bool {
    return 0.5 * dot(y, y) <= NATS_TO_FLOOR;
}

// ω′: a mixture of weights proportional to p_N and to √p_N; 0 where ψ is not regressed.
fn regression_weight(y: vec2f) -> f32 {
    let share = step_inputs.tempered_share;
    let tempered = safe_exp(-0.25 * dot(y, y) - step_inputs.log_tempered_sum);
    return select(0.0, (1.0 - share) * safe_exp(log_weight(y)) + share * tempered, is_regressed(y));
}
