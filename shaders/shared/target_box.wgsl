// The box outside which ψ is log 0.

const TARGET_MASK: f32 = 5.0;

fn in_target_box(y: vec2f) -> bool {
    return max(abs(y.x), abs(y.y)) < TARGET_MASK;
}
