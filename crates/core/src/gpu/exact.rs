//! The exact flow on a device: kernels that sweep, or the host's solution brought there, and the flow that is drawn.

use super::flow::Flow;
use super::kernel::{Kernels, storage, write_single};
use super::{Gpu, Readback, sinkhorn};
use crate::audit::{Completion, ExactFlow};
use crate::cpu::sinkhorn::{Solution, log_density, marginal_error};
use crate::exact::{AuditReport, Exact};
use crate::lattice::Lattice;
use crate::metrics::Recovery;
use crate::session::Report;
use std::time::Duration;

/// Who sweeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Solver {
    /// The kernels, in f32.
    Gpu,
    /// The host in f64, in slices; faster than kernels on an adapter that is itself a program.
    Host,
}

/// Sweeps in one submission, when the kernels sweep.
const SWEEPS: u32 = 16;

/// An [`Exact`] whose sweeps and pictures can be made by kernels.
#[derive(Debug)]
pub struct ExactOnGpu {
    gpu: Gpu,
    lattice: Lattice,
    host: Exact,
    solver: Solver,
    wanted_solver: Solver,
    kernels: sinkhorn::Sinkhorn,
    readback: Readback,
    /// Sweeps that the kernels made so far.
    sweeps: u32,
    /// Whether a submission of sweeps is under way that is still wanted when it comes back.
    submitted: bool,
    /// u and w of what was solved for last, and their flow.
    solved: [wgpu::Buffer; 2],
    flow: Flow,
    /// ε of what `solved` holds.
    shown_epsilon: Option<f64>,
}

impl ExactOnGpu {
    pub(crate) fn new(gpu: &Gpu, kernels: &Kernels, lattice: &Lattice, solver: Solver) -> Self {
        let on_gpu = sinkhorn::Sinkhorn::new(gpu, kernels, lattice);
        let solved = ["exact u", "exact w"].map(|label| storage(gpu, label, lattice.len()));
        Self {
            gpu: gpu.clone(),
            lattice: *lattice,
            host: Exact::new(lattice),
            solver,
            wanted_solver: solver,
            readback: Readback::new(gpu, &[&on_gpu.u, &on_gpu.w, &on_gpu.heat_w]),
            sweeps: 0,
            submitted: false,
            flow: Flow::new(gpu, kernels, lattice, &solved[0], &solved[1]),
            solved,
            kernels: on_gpu,
            shown_epsilon: None,
        }
    }

    /// The exact flow, once it is there for the present source and ε.
    pub fn flow(&self) -> Option<&ExactFlow> {
        self.host.flow()
    }

    /// The source, of mass 1 on the flow lattice.
    pub fn source(&self) -> &[f64] {
        self.host.densities()[0]
    }

    /// Chooses who sweeps, from the next source or ε on.
    pub fn set_solver(&mut self, solver: Solver) {
        self.wanted_solver = solver;
    }

    /// As [`Exact::last_flow`]: what pictures show.
    pub fn last_flow(&self) -> Option<&ExactFlow> {
        self.host.last_flow()
    }

    fn kernels_sweep(&self) -> bool {
        self.solver == Solver::Gpu && self.host.solving().is_some()
    }

    /// Whether the host has something to do.
    pub fn has_host_work(&self) -> bool {
        self.host.has_work() && !self.kernels_sweep()
    }

    /// Whether the next submission shall sweep.
    pub fn has_gpu_work(&self) -> bool {
        self.kernels_sweep() && !self.submitted
    }

    /// As [`Exact::load`].
    pub(crate) fn load(&mut self, density: &[f64], epsilon: f64) {
        self.host.load(density, epsilon);
        self.shown_epsilon = None;
        self.begin();
    }

    /// As [`Exact::solve`].
    pub(crate) fn solve(&mut self, epsilon: f64) {
        let is_solving = self.host.solving().is_some();
        self.host.solve(epsilon);
        if !is_solving {
            self.begin();
        }
    }

    /// Something is solved: it is what pictures show from now on, and what comes next begins.
    fn solved(&mut self) {
        if let Some(flow) = self.host.last_flow() {
            for (buffer, field) in self.solved.iter().zip([&flow.solution.u, &flow.solution.w]) {
                write_single(&self.gpu, buffer, field);
            }
            self.shown_epsilon = Some(flow.epsilon);
            self.flow.forget();
        }
        self.begin();
    }

    fn begin(&mut self) {
        (self.solver, self.sweeps, self.submitted) = (self.wanted_solver, 0, false);
        if let (Solver::Gpu, Some((_, start))) = (self.solver, self.host.solving()) {
            let [source, target] = self.host.densities().map(log_density);
            self.kernels.write(&source, &target, &start.w);
        }
    }

    /// As [`Exact::audit`].
    pub(crate) fn audit(&mut self, report: &Report, recovery: &Recovery, completion: Completion) {
        self.host.audit(report, recovery, completion);
    }

    /// Forgets an audit under way.
    pub(crate) fn drop_audit(&mut self) {
        self.host.drop_audit();
    }

    /// As [`Exact::work`], unless it is the kernels that sweep.
    pub(crate) fn work(&mut self, budget: Duration) -> Option<AuditReport> {
        if !self.has_host_work() {
            return None;
        }
        let audit = self.host.work(budget);
        if self.host.last_flow().map(|flow| flow.epsilon) != self.shown_epsilon {
            self.solved();
        }
        audit
    }

    /// Records sweeps, if it is the kernels that sweep and something is to be solved; says whether their result is to be
    /// [read back](Self::encode_readback).
    pub(crate) fn encode_sweeps(&mut self, pass: &mut wgpu::ComputePass<'_>) -> bool {
        if !self.has_gpu_work() || !self.readback.is_idle() {
            return false;
        }
        let Some((epsilon, _)) = self.host.solving() else { return false };
        if self.sweeps == 0 {
            self.kernels.encode_start(pass, epsilon);
        }
        (0..SWEEPS).for_each(|_| self.kernels.encode_sweep(pass, epsilon));
        (self.sweeps, self.submitted) = (self.sweeps + SWEEPS, true);
        true
    }

    pub(crate) fn encode_readback(&mut self, encoder: &mut wgpu::CommandEncoder) {
        self.readback.encode(encoder);
    }

    /// Takes what came back from the kernels.
    pub(crate) fn poll(&mut self) {
        let Some(values) = self.readback.take::<f32>() else { return };
        // What was submitted for another source or ε is of no use.
        let Some((epsilon, _)) = self.host.solving().filter(|_| self.submitted) else { return };
        let mut fields = values.into_iter().map(|field| field.into_iter().map(f64::from).collect::<Vec<f64>>());
        let mut next = || fields.next().expect("a readback has as many fields as sources");
        let (u, w, heat_w) = (next(), next(), next());
        let error = marginal_error(&self.lattice, self.source(), &u, &heat_w);
        self.submitted = false;
        let stop = self.host.stop();
        if error <= stop.tolerance || self.sweeps >= stop.max_sweeps || error.is_nan() {
            self.host.finish(epsilon, Solution { u, w, heat_w, sweeps: self.sweeps, error });
            self.solved();
        }
    }

    /// Records the exact flow at time t, if there is one; says whether it was not there already.
    pub(crate) fn encode_flow(&mut self, pass: &mut wgpu::ComputePass<'_>, t: f64) -> bool {
        self.shown_epsilon.is_some_and(|epsilon| self.flow.encode(pass, epsilon, t))
    }

    pub(crate) fn field(&self) -> &wgpu::Buffer {
        &self.flow.field
    }
}
