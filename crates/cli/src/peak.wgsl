// Each invocation computes eight independent chains of 256 fused multiply-adds of vec4f.

@group(0) @binding(0) var<storage, read_write> values: array<f32>;

@compute @workgroup_size(64)
fn peak(@builtin(global_invocation_id) id: vec3u) {
    let start = vec4f(values[id.x]) + vec4f(0.0, 0.1, 0.2, 0.3);
    let factor = vec4f(0.999 * start.x + 0.5);
    let term = 0.01 * start;
    var a = start;
    var b = start + 1.0;
    var c = start + 2.0;
    var d = start + 3.0;
    var e = start + 4.0;
    var f = start + 5.0;
    var g = start + 6.0;
    var h = start + 7.0;
    for (var i = 0u; i < 256u; i++) {
        a = fma(a, factor, term);
        b = fma(b, factor, term);
        c = fma(c, factor, term);
        d = fma(d, factor, term);
        e = fma(e, factor, term);
        f = fma(f, factor, term);
        g = fma(g, factor, term);
        h = fma(h, factor, term);
    }
    // The sum is never so large, so nothing is written; but the compiler does not know that and must compute it.
    let sum = dot(a + b + c + d + e + f + g + h, vec4f(1.0));
    if (sum > 1e30) {
        values[id.x] = sum;
    }
}
