//! The flow between two potentials on a lattice, as the kernels evaluate it.

use crate::heat::flow::flow_with;
use crate::heat::log_domain::log_heat_gradient;
use crate::lattice::Lattice;
use crate::numeric::Real;

/// (log ρ_t, v_x, v_y) at every point of the lattice: log ρ_t = u_t + w_t, v_t = ε/2 ∇(w_t − u_t), with
/// u_t = log H_{tε}[e^u] and w_t = log H_{(1−t)ε}[e^w].
pub fn flow<T: Real>(u: &[T], w: &[T], lattice: &Lattice, epsilon: f64, t: f64) -> Vec<[T; 3]> {
    flow_with(log_heat_gradient, u, w, lattice, epsilon, t)
}
