//! The flow between two potentials on the flow lattice, learned or exact.

use super::device::Gpu;
use super::kernel::{Inputs, Kernels, storage};
use super::plan::{Counts, DispatchSize, Planned, record};
use super::uniforms::{FlowTimeUniform, StageUniform};
use crate::lattice::Lattice;
use crate::network::Side;

/// u_t and w_t with their gradients, (value, ∂x, ∂y, 0) each, of u and w.
pub(super) fn heat_gradients(
    kernels: &Kernels,
    potentials: [&wgpu::Buffer; 2],
    heated: [&wgpu::Buffer; 2],
) -> Vec<Planned> {
    let sides = [Side::Phi, Side::Psi].into_iter().zip(potentials.into_iter().zip(heated));
    let planned = sides.map(|(side, (potential, heated))| {
        let stage = StageUniform { side: side as u32, ..Default::default() };
        (kernels.bind("heat_gradient", stage, &[potential, heated]), DispatchSize::Lines(side))
    });
    planned.collect()
}

/// Evaluates one pair of potentials at one time after another.
#[derive(Debug)]
pub struct Flow {
    gpu: Gpu,
    /// The lattice of the potentials, no finer than the first.
    lattice: Lattice,
    /// (log ρ_t, v_x, v_y, 0) on that lattice (G, G) at the time evaluated last.
    pub field: wgpu::Buffer,
    inputs: Inputs,
    plan: Vec<Planned>,
    /// ε and t of what is in `field`.
    at: Option<[f64; 2]>,
}

impl Flow {
    /// For the potentials u and w (G, G) on `lattice`, or on one that is [set](Self::set_lattice). Their values are
    /// read when what [`encode`](Self::encode) recorded is carried out.
    pub fn new(gpu: &Gpu, kernels: &Kernels, lattice: &Lattice, u: &wgpu::Buffer, w: &wgpu::Buffer) -> Self {
        let field4 = |label| storage(gpu, label, 4 * lattice.len());
        let [heated_u, heated_w] = ["u heated", "w heated"].map(field4);
        let field = field4("flow");
        let mut plan = heat_gradients(kernels, [u, w], [&heated_u, &heated_w]);
        let buffers = [&heated_u, &heated_w, &field];
        plan.push((kernels.bind("flow_of_potentials", Default::default(), &buffers), DispatchSize::Rows(Side::Psi, 1)));
        let inputs = kernels.inputs::<FlowTimeUniform>("flow time", 1);
        Self { gpu: gpu.clone(), lattice: *lattice, field, inputs, plan, at: None }
    }

    /// Must be called when the potentials have changed.
    pub fn forget(&mut self) {
        self.at = None;
    }

    /// Must be called when the potentials have changed and are on this lattice, which is no finer than the first.
    pub fn set_lattice(&mut self, lattice: &Lattice) {
        (self.lattice, self.at) = (*lattice, None);
    }

    /// The lattice of the potentials.
    pub fn lattice(&self) -> &Lattice {
        &self.lattice
    }

    /// Records the flow at time t, once per submission; returns whether it had to be evaluated.
    pub fn encode(&mut self, pass: &mut wgpu::ComputePass<'_>, epsilon: f64, t: f64) -> bool {
        let known = self.at.replace([epsilon, t]) == Some([epsilon, t]);
        if !known {
            self.inputs.write(&self.gpu, &[FlowTimeUniform::new(&self.lattice, epsilon, t)]);
            record(&self.plan, pass, &self.inputs, 0, &Counts::of_lattice(&self.lattice));
        }
        !known
    }
}
