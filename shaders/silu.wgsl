// SiLU, in place: hidden = z σ(z), slope = σ(z) (1 + z (1 − σ(z))), where σ(z) = 1 / (1 + exp(−z)).
// Reads z (R, O) and writes hidden (R, O) in its place, and slope (R, O). Twin: reference::potential::activate.

@group(1) @binding(1) var<storage, read_write> hidden: array<vec4f>;
@group(1) @binding(2) var<storage, read_write> slope: array<vec4f>;

@compute @workgroup_size(64)
fn silu(@builtin(global_invocation_id) id: vec3u) {
    if (id.x >= row_count(stage.side) * (stage.outputs / 4u)) {
        return;
    }
    let z = hidden[id.x];
    let e = vec4f(safe_exp(-z.x), safe_exp(-z.y), safe_exp(-z.z), safe_exp(-z.w));
    let sigmoid = 1.0 / (1.0 + e);
    hidden[id.x] = z * sigmoid;
    slope[id.x] = sigmoid * (1.0 + z * (1.0 - sigmoid));
}
