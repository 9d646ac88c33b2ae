// Cotangent of ½ Σ ω′ (w − regression_target)² with respect to w, and its terms.
// Reads w (K), regression_target (K). Writes d_w (K), terms (K). Twin: reference::transform::cotangent_psi.

@group(1) @binding(1) var<storage, read> w: array<f32>;
@group(1) @binding(2) var<storage, read> regression_target: array<f32>;
@group(1) @binding(3) var<storage, read_write> d_w: array<f32>;
@group(1) @binding(4) var<storage, read_write> terms: array<f32>;

@compute @workgroup_size(64)
fn cotangent_psi(@builtin(global_invocation_id) id: vec3u) {
    let k = id.x;
    let count = row_count(1u);
    if (k >= count) {
        return;
    }
    let weight = regression_weight(target_point(k));
    let miss = w[k] - regression_target[k];
    d_w[k] = weight * miss;
    terms[k] = 0.5 * weight * miss * miss;
}
