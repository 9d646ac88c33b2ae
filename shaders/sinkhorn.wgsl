// Half a sweep of Sinkhorn's iteration: the potential that makes its own marginal exact, log p − log H of the other
// potential, and log 0 where p is 0.
// Reads log_density, log_heat (G, G). Writes potential (G, G). Twin: exact::sinkhorn::half_sweep.

@group(1) @binding(1) var<storage, read> log_density: array<f32>;
@group(1) @binding(2) var<storage, read> log_heat: array<f32>;
@group(1) @binding(3) var<storage, read_write> potential: array<f32>;

@compute @workgroup_size(64)
fn half_sweep(@builtin(global_invocation_id) id: vec3u) {
    let cell = id.x;
    if (cell >= row_count(1u)) {
        return;
    }
    let log_p = log_density[cell];
    potential[cell] = select(LOG_ZERO, log_p - log_heat[cell], log_p > 0.5 * LOG_ZERO);
}
