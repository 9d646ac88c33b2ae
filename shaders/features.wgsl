// The inputs of the first layer: 0.5 x (2), sin(f·x) (F), cos(f·x) (F), zeros up to I.
// Reads points (R), frequencies (2, F). Writes features (R, I). Twin: cpu::potential::features.

const INPUT_SCALE: f32 = 0.5;

@group(1) @binding(1) var<storage, read> points: array<vec2f>;
@group(1) @binding(2) var<storage, read> frequencies: array<vec2f>;
@group(1) @binding(3) var<storage, read_write> features: array<f32>;

@compute @workgroup_size(64)
fn features_of_points(@builtin(global_invocation_id) id: vec3u) {
    let row = id.x / stage.inputs;
    let column = id.x % stage.inputs;
    if (row >= row_count(stage.side)) {
        return;
    }
    let x = points[row];
    let first = stage.side * stage.features;
    var value = 0.0;
    if (column < 2u) {
        value = INPUT_SCALE * select(x.x, x.y, column == 1u);
    } else if (column < 2u + stage.features) {
        value = sin(dot(frequencies[first + column - 2u], x));
    } else if (column < 2u + 2u * stage.features) {
        value = cos(dot(frequencies[first + column - 2u - stage.features], x));
    }
    features[id.x] = value;
}
