//! The exact potentials on the GPU: Sinkhorn's iteration in the log domain, in f32.

use super::device::Gpu;
use super::kernel::{Inputs, Kernels, storage, write_single};
use super::plan::{Counts, DispatchSize, Planned, heat, record};
use super::uniforms::StepUniform;
use crate::gaussian::Quadratic;
use crate::lattice::Lattice;
use crate::network::Side;

/// Two potentials and what a sweep needs; each buffer a field on the lattice (G, G).
#[derive(Debug)]
pub struct Sinkhorn {
    gpu: Gpu,
    lattice: Lattice,
    /// log p and log q, with `LOG_ZERO` for log 0.
    log_densities: [wgpu::Buffer; 2],
    /// φ/ε.
    pub u: wgpu::Buffer,
    /// ψ/ε.
    pub w: wgpu::Buffer,
    /// log H_ε[e^w]: log ρ_0 is u plus this, and the error of ρ_0 is that of the source marginal.
    pub heat_w: wgpu::Buffer,
    inputs: Inputs,
    start_plan: Vec<Planned>,
    sweep_plan: Vec<Planned>,
}

impl Sinkhorn {
    /// Buffers and bind groups for sweeps on this lattice.
    pub fn new(gpu: &Gpu, kernels: &Kernels, lattice: &Lattice) -> Self {
        let field = |label| storage(gpu, label, lattice.len());
        let log_densities = [field("log p"), field("log q")];
        let (u, w, heat_u, heat_w) = (field("u"), field("w"), field("log H[e^u]"), field("log H[e^w]"));
        let half_sweep = |density: &wgpu::Buffer, heat: &wgpu::Buffer, potential: &wgpu::Buffer| {
            (
                kernels.bind("half_sweep", Default::default(), &[density, heat, potential]),
                DispatchSize::Rows(Side::Psi, 1),
            )
        };
        let sweep_plan = vec![
            half_sweep(&log_densities[0], &heat_w, &u),
            heat(kernels, &u, &heat_u),
            half_sweep(&log_densities[1], &heat_u, &w),
            heat(kernels, &w, &heat_w),
        ];
        Self {
            gpu: gpu.clone(),
            lattice: *lattice,
            inputs: kernels.inputs::<StepUniform>("sinkhorn", 1),
            start_plan: vec![heat(kernels, &w, &heat_w)],
            sweep_plan,
            log_densities,
            u,
            w,
            heat_w,
        }
    }

    /// Sets log p, log q and the initial w; [`encode_start`](Self::encode_start) must follow.
    pub fn write(&self, log_source: &[f64], log_target: &[f64], w: &[f64]) {
        let [p, q] = &self.log_densities;
        for (buffer, field) in [(p, log_source), (q, log_target), (&self.w, w)] {
            write_single(&self.gpu, buffer, field);
        }
    }

    /// Records what must come before the first sweep.
    pub fn encode_start(&self, pass: &mut wgpu::ComputePass<'_>, epsilon: f64) {
        self.record(&self.start_plan, pass, epsilon);
    }

    /// Records one sweep: both potentials. Every sweep of a submission has the same ε.
    pub fn encode_sweep(&self, pass: &mut wgpu::ComputePass<'_>, epsilon: f64) {
        self.record(&self.sweep_plan, pass, epsilon);
    }

    fn record(&self, plan: &[Planned], pass: &mut wgpu::ComputePass<'_>, epsilon: f64) {
        // There is no closed-form base in an exact potential.
        let base = [Quadratic::default(); 2];
        self.inputs.write(&self.gpu, &[StepUniform::tabulation(&base, &self.lattice, epsilon)]);
        record(plan, pass, &self.inputs, 0, &Counts::of_lattice(&self.lattice));
    }
}
