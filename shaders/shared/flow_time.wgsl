// One time t of the flow. Mirrored by `FlowTimeUniform` in Rust.

struct FlowTime {
    variances: vec2f,       // tε for u, (1 − t)ε for w
    log_normalisers: vec2f, // of one axis of the heat average
    spacing: f32,
    epsilon: f32,
    count: u32,             // along one axis of the flow lattice
    differences: u32,       // bit 0: the gradient of u_t by differences; bit 1: that of w_t
}

@group(0) @binding(0) var<uniform> flow_time: FlowTime;
