// By Monte Carlo, for the k-th group of draws of a side, which are around a point of the other batch. `top` is the largest
// potential of the group, and `sum` that of exp(potential − top).

// log p at that point minus the log-mean-exp of the group: the transform of the side's potential, with which the
// penalty compares the other potential.
fn regression_target_of(side: u32, k: u32, top: f32, sum: f32) -> f32 {
    let log_density = log_densities[(2u * step_inputs.slot + 1u - side) * step_inputs.batch + k];
    return log_density - (top + safe_log(sum / f32(step_inputs.draws)));
}

// 1 + 2 α ε d, with d the other potential minus regression_target: the factor by which the penalty changes the
// cotangents of the group.
fn pull_of(k: u32, regression_target: f32) -> f32 {
    return 1.0 + 2.0 * step_inputs.penalty * step_inputs.epsilon * (other[k] - regression_target);
}
