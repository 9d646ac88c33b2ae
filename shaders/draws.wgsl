// The point of every row by Monte Carlo: the side's own batch, then N draws around each point of the other batch,
// centre + √ε ξ. Reads batches (slots, 2, B). Writes points (R), R = B (N + 1).
// Twin: reference::monte_carlo::points_of_draws.

@group(1) @binding(1) var<storage, read> batches: array<vec2f>;
@group(1) @binding(2) var<storage, read_write> points: array<vec2f>;

@compute @workgroup_size(64)
fn points_of_draws(@builtin(global_invocation_id) id: vec3u) {
    let row = id.x;
    if (row >= row_count(stage.side)) {
        return;
    }
    let batch = step_inputs.batch;
    let first = 2u * step_inputs.slot * batch;
    if (row < batch) {
        points[row] = batches[first + stage.side * batch + row];
    } else {
        let index = row - batch;
        let centre = batches[first + (1u - stage.side) * batch + index / step_inputs.draws];
        points[row] = centre + sqrt(step_inputs.epsilon) * normal_pair(draw_seed(), stage.side, index);
    }
}
