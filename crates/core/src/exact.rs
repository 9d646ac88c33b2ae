//! The exact flow beside the learned one: solved again whenever the source or ε changes, and what is measured against it.

use crate::audit::{Audit, Completion, ExactFlow, Findings, normalised, target_density};
use crate::cpu::LOG_ZERO;
use crate::cpu::sinkhorn::{Sinkhorn, Solution, Stop, log_density, marginal_error};
use crate::gpu::flow::Flow;
use crate::gpu::kernel::Kernels;
use crate::gpu::{Gpu, Readback, sinkhorn};
use crate::lattice::Lattice;
use crate::metrics::Recovery;
use crate::session::Report;
use std::time::Duration;
use web_time::Instant;

/// Who sweeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Solver {
    /// The kernels, in f32.
    Gpu,
    /// The host in f64, in slices; faster than kernels on an adapter that is itself a program.
    Host,
}

/// Sweeps in one submission, when the kernels sweep.
const GPU_SWEEPS: u32 = 16;

/// An audit of the learned flow that was measured last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AuditReport {
    /// Training steps behind the flow, and ε of both.
    pub step: u64,
    pub epsilon: f64,
    pub completion: Completion,
    pub findings: Findings,
    /// D* − J(φ), units of cost.
    pub gap: f64,
}

/// The exact solution for one source, on its way or done.
#[derive(Debug)]
pub struct Exact {
    lattice: Lattice,
    solver: Solver,
    wanted_solver: Solver,
    stop: Stop,
    source: Vec<f64>,
    target: Vec<f64>,
    /// What is being solved for, if anything.
    solving: Option<Solving>,
    solved: Option<ExactFlow>,
    kernels: sinkhorn::Sinkhorn,
    readback: Readback,
    flow: Flow,
    /// ε of what the buffers of `flow` hold.
    shown_epsilon: Option<f64>,
    audit: Option<(Audit, AuditReport)>,
}

#[derive(Debug)]
struct Solving {
    epsilon: f64,
    /// On the host: the solution so far. On the GPU: what to begin with, and the number of sweeps.
    sinkhorn: Sinkhorn,
    sweeps: u32,
    /// Whether a submission is under way, and whether it is still wanted when it comes back.
    submitted: bool,
}

impl Exact {
    pub(crate) fn new(gpu: &Gpu, kernels: &Kernels, lattice: &Lattice, solver: Solver) -> Self {
        let on_gpu = sinkhorn::Sinkhorn::new(gpu, kernels, lattice);
        let flow = Flow::new(gpu, kernels, lattice, &on_gpu.u, &on_gpu.w);
        Self {
            lattice: *lattice,
            solver,
            wanted_solver: solver,
            stop: Stop::default(),
            source: vec![],
            target: target_density(lattice),
            solving: None,
            solved: None,
            readback: Readback::new(gpu, &[&on_gpu.u, &on_gpu.w, &on_gpu.heat_w]),
            kernels: on_gpu,
            flow,
            shown_epsilon: None,
            audit: None,
        }
    }

    /// The exact flow, once it is there for the present source and ε.
    pub fn flow(&self) -> Option<&ExactFlow> {
        self.solved.as_ref().filter(|_| self.solving.is_none())
    }

    /// Chooses who sweeps, from the next source or ε on.
    pub fn set_solver(&mut self, solver: Solver) {
        self.wanted_solver = solver;
    }

    /// The source, of mass 1 on the flow lattice.
    pub fn source(&self) -> &[f64] {
        &self.source
    }

    /// Whether a picture of an exact flow can be drawn: that of the present ε, or of the one before it.
    pub fn is_shown(&self) -> bool {
        self.shown_epsilon.is_some()
    }

    /// Whether the host has something to do.
    pub fn has_host_work(&self) -> bool {
        self.audit.is_some() || (self.solving.is_some() && self.solver == Solver::Host)
    }

    /// Whether the next submission shall sweep.
    pub fn has_gpu_work(&self) -> bool {
        self.solver == Solver::Gpu && self.solving.as_ref().is_some_and(|solving| !solving.submitted)
    }

    /// Another source: `density` at the points of the flow lattice.
    pub(crate) fn load(&mut self, density: &[f64], epsilon: f64) {
        self.source = normalised(&self.lattice, density.to_vec());
        self.shown_epsilon = None;
        self.solve(epsilon);
    }

    /// Another ε. The solution so far is what the next begins with: potentials in units of cost change little with ε.
    pub(crate) fn solve(&mut self, epsilon: f64) {
        self.audit = None;
        self.solver = self.wanted_solver;
        let so_far = match (&self.solving, self.solved.take()) {
            (Some(solving), _) if solving.sinkhorn.solution().sweeps > 0 => {
                Some((solving.epsilon, solving.sinkhorn.solution().w.clone()))
            }
            (_, Some(solved)) => Some((solved.epsilon, solved.solution.w)),
            _ => None,
        };
        let start = so_far.map(|(of, w)| {
            w.into_iter().map(|w| if w > 0.5 * LOG_ZERO { w * of / epsilon } else { w }).collect::<Vec<f64>>()
        });
        let sinkhorn = Sinkhorn::new(&self.lattice, &self.source, &self.target, epsilon, start.as_deref());
        if self.solver == Solver::Gpu {
            let w = &sinkhorn.solution().w;
            self.kernels.write(&log_density(&self.source), &log_density(&self.target), w);
        }
        self.solving = Some(Solving { epsilon, sinkhorn, sweeps: 0, submitted: false });
    }

    /// The learned flow was measured: compares it with the exact one, if that is there and no other audit is under way.
    pub(crate) fn audit(&mut self, report: &Report, recovery: &Recovery, completion: Completion) {
        let Some(solved) = self.flow().filter(|solved| solved.epsilon == recovery.epsilon) else { return };
        if self.audit.is_none() {
            let audit = Audit::new(&self.lattice, &self.source, recovery, completion);
            let (step, epsilon) = (report.step, report.epsilon);
            let gap = solved.optimum - report.metrics.dual;
            let report = AuditReport { step, epsilon, completion, findings: Findings::default(), gap };
            self.audit = Some((audit, report));
        }
    }

    /// Forgets an audit under way.
    pub(crate) fn drop_audit(&mut self) {
        self.audit = None;
    }

    /// Works on the host for about `budget`, at least one slice of some milliseconds if there is anything to do; the
    /// audit that this completed.
    pub fn work(&mut self, budget: Duration) -> Option<AuditReport> {
        let start = Instant::now();
        while self.has_host_work() {
            if self.solver == Solver::Host
                && let Some(solving) = &mut self.solving
            {
                if solving.sinkhorn.sweep(&self.stop) {
                    let (epsilon, solution) = (solving.epsilon, solving.sinkhorn.solution().clone());
                    self.kernels.write_potentials(&solution.u, &solution.w);
                    self.finish(epsilon, solution);
                }
            } else if let (Some((audit, report)), Some(solved)) = (&mut self.audit, &mut self.solved)
                && let Some(findings) = audit.advance(solved)
            {
                let report = AuditReport { findings, ..*report };
                self.audit = None;
                return Some(report);
            }
            if start.elapsed() >= budget {
                break;
            }
        }
        None
    }

    fn finish(&mut self, epsilon: f64, solution: Solution) {
        self.solving = None;
        self.flow.forget();
        self.shown_epsilon = Some(epsilon);
        self.solved = Some(ExactFlow::new(&self.lattice, &self.source, &self.target, epsilon, solution));
    }

    /// Records sweeps, if it is the kernels that sweep and something is to be solved; says whether their result is to be
    /// [read back](Self::encode_readback).
    pub(crate) fn encode_sweeps(&mut self, pass: &mut wgpu::ComputePass<'_>) -> bool {
        if !self.has_gpu_work() || !self.readback.is_idle() {
            return false;
        }
        let Some(solving) = &mut self.solving else { return false };
        if solving.sweeps == 0 {
            self.kernels.encode_start(pass, solving.epsilon);
        }
        (0..GPU_SWEEPS).for_each(|_| self.kernels.encode_sweep(pass, solving.epsilon));
        solving.sweeps += GPU_SWEEPS;
        solving.submitted = true;
        self.flow.forget();
        self.shown_epsilon = Some(solving.epsilon);
        true
    }

    pub(crate) fn encode_readback(&mut self, encoder: &mut wgpu::CommandEncoder) {
        self.readback.encode(encoder);
    }

    /// Takes what came back from the kernels.
    pub(crate) fn poll(&mut self) {
        let Some(values) = self.readback.take() else { return };
        // What was submitted for another source or ε is of no use.
        let Some(solving) = self.solving.as_mut().filter(|solving| solving.submitted) else { return };
        let mut fields = values.into_iter().map(|field| field.into_iter().map(f64::from).collect::<Vec<f64>>());
        let mut next = || fields.next().expect("a readback has as many fields as sources");
        let (u, w, heat_w) = (next(), next(), next());
        let error = marginal_error(&self.lattice, &self.source, &u, &heat_w);
        solving.submitted = false;
        if error <= self.stop.tolerance || solving.sweeps >= self.stop.max_sweeps || error.is_nan() {
            let (epsilon, sweeps) = (solving.epsilon, solving.sweeps);
            self.finish(epsilon, Solution { u, w, heat_w, sweeps, error });
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
