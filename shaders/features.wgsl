// The inputs of the first layer: 0.5 x (2), sin(f·x) (F), cos(f·x) (F), zeros up to I.
// Reads points (R), frequencies (2, F). Writes features (R, I). Twin: reference::potential::features.

const INPUT_SCALE: f32 = 0.5;

@group(1) @binding(1) var<storage, read> points: array<vec2f>;
@group(1) @binding(2) var<storage, read> frequencies: array<vec2f>;
@group(1) @binding(3) var<storage, read_write> features: array<f32>;

// One invocation: both features of one frequency at one point; the one after the last frequency writes 0.5 x and the
// zeros.
@compute @workgroup_size(64)
fn features_of_points(@builtin(global_invocation_id) id: vec3u) {
    let row = id.x / (stage.features + 1u);
    let f = id.x % (stage.features + 1u);
    if (row >= row_count(stage.side)) {
        return;
    }
    let x = points[row];
    let first = row * stage.inputs;
    if (f < stage.features) {
        let angle = dot(frequencies[stage.side * stage.features + f], x);
        features[first + 2u + f] = sin(angle);
        features[first + 2u + stage.features + f] = cos(angle);
    } else {
        features[first] = INPUT_SCALE * x.x;
        features[first + 1u] = INPUT_SCALE * x.y;
        for (var column = 2u + 2u * stage.features; column < stage.inputs; column++) {
            features[first + column] = 0.0;
        }
    }
}
