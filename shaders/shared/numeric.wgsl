// The only places where exp and log are called: outside these ranges adapters disagree.

const LOG_ZERO: f32 = -1e30;
const LOG_TWO_PI: f32 = 1.8378770664093453;

fn safe_exp(x: f32) -> f32 {
    return select(0.0, exp(min(x, 88.0)), x > -87.0);
}

fn safe_exp_of_four(x: vec4f) -> vec4f {
    return select(vec4f(), exp(min(x, vec4f(88.0))), x > vec4f(-87.0));
}

fn safe_log(x: f32) -> f32 {
    return log(max(x, 1e-37));
}

// log p_N(y) of the standard Normal in the plane.
fn log_normal(y: vec2f) -> f32 {
    return -0.5 * dot(y, y) - LOG_TWO_PI;
}
