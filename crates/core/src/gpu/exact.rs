//! The exact flow on a device: solved for by kernels, or by the host and then uploaded; and the flow that is drawn.

use super::device::Gpu;
use super::flow::Flow;
use super::kernel::{Kernels, storage, write_single};
use super::readback::Readback;
use super::sinkhorn;
use crate::exact::audit::AuditReport;
use crate::exact::flow::ExactFlow;
use crate::exact::sinkhorn::{Solution, log_density, marginal_error};
use crate::exact::solver::Exact;
use crate::lattice::Lattice;
use crate::measure::{Problem, coarsest_lattice};
use crate::metrics::Measurement;
use crate::potentials::{SecondPotential, TabulatedPotentials};
use std::sync::Arc;
use std::time::Duration;

/// What runs the sweeps of Sinkhorn's iteration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Solver {
    /// The kernels, in f32.
    Gpu,
    /// The host in f64, in slices; faster than kernels on a software adapter.
    Host,
}

/// Sweeps in one submission, when the kernels sweep.
const SWEEPS: u32 = 16;

/// An [`Exact`] whose sweeps and pictures can be made by kernels.
#[derive(Debug)]
pub struct ExactOnGpu {
    gpu: Gpu,
    host: Exact,
    solver: Solver,
    wanted_solver: Solver,
    kernels: sinkhorn::Sinkhorn,
    readback: Readback,
    /// Sweeps that the kernels made so far.
    sweeps: u32,
    /// Whether a submission of sweeps is under way whose result is still wanted.
    submitted: bool,
    /// u and w of the last solution or draft, and their flow.
    solved: [wgpu::Buffer; 2],
    flow: Flow,
    /// ε of what `solved` holds, and the number of solutions by then.
    shown_epsilon: Option<f64>,
    shown_solutions: u64,
}

impl ExactOnGpu {
    /// Solves for the flow of this problem at ε. There is room for flows on lattices as fine as `finest`.
    pub(crate) fn new(
        gpu: &Gpu,
        kernels: &Kernels,
        finest: &Lattice,
        solver: Solver,
        problem: &Arc<Problem>,
        epsilon: f64,
    ) -> Self {
        let on_gpu = sinkhorn::Sinkhorn::new(gpu, kernels, &coarsest_lattice());
        let solved = ["exact u", "exact w"].map(|label| storage(gpu, label, finest.len()));
        let mut exact = Self {
            gpu: gpu.clone(),
            host: Exact::new(problem, epsilon),
            solver,
            wanted_solver: solver,
            readback: Readback::new(gpu, &[&on_gpu.u, &on_gpu.w, &on_gpu.heat_w]),
            sweeps: 0,
            submitted: false,
            flow: Flow::new(gpu, kernels, finest, &solved[0], &solved[1]),
            solved,
            kernels: on_gpu,
            shown_epsilon: None,
            shown_solutions: 0,
        };
        exact.begin();
        exact
    }

    /// The exact flow, once it is there for the present source and ε.
    pub fn flow(&self) -> Option<&ExactFlow> {
        self.host.flow()
    }

    /// The problem that is being solved, or was solved last.
    pub fn problem(&self) -> &Problem {
        self.host.problem()
    }

    /// Chooses what runs the sweeps, from the next source or ε on.
    pub fn set_solver(&mut self, solver: Solver) {
        self.wanted_solver = solver;
    }

    /// The solver chosen last.
    pub(crate) fn wanted_solver(&self) -> Solver {
        self.wanted_solver
    }

    /// As [`Exact::last_flow`]: what pictures show.
    pub fn last_flow(&self) -> Option<&ExactFlow> {
        self.host.last_flow()
    }

    /// As [`Exact::solutions`].
    pub fn solutions(&self) -> u64 {
        self.host.solutions()
    }

    /// As [`Exact::is_behind`].
    pub fn is_behind(&self) -> bool {
        self.host.is_behind()
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
    pub(crate) fn load(&mut self, problem: &Arc<Problem>, epsilon: f64) {
        self.host.load(problem, epsilon);
        self.shown_epsilon = None;
        self.begin();
    }

    /// As [`Exact::follow`].
    pub(crate) fn follow(&mut self, problem: &Arc<Problem>, epsilon: f64, goes_on: bool) {
        if self.host.follow(problem, epsilon, goes_on) {
            self.begin();
        }
    }

    /// As [`Exact::solve`].
    pub(crate) fn solve(&mut self, problem: &Arc<Problem>, epsilon: f64) {
        let is_solving = self.host.solving().is_some();
        self.host.solve(problem, epsilon);
        if !is_solving {
            self.begin();
        }
    }

    /// Uploads the newest solution or draft, which pictures show from now on.
    fn show(&mut self) {
        if let Some(flow) = self.host.last_flow() {
            for (buffer, field) in self.solved.iter().zip([&flow.solution.u, &flow.solution.w]) {
                write_single(&self.gpu, buffer, field);
            }
            (self.shown_epsilon, self.shown_solutions) = (Some(flow.epsilon), self.host.solutions());
            self.flow.set_lattice(&flow.lattice);
        }
    }

    /// Begins a solve. The kernels can sweep on the coarsest lattice only: on a finer one the host is faster than they
    /// would be, because it sums the target over fewer points.
    fn begin(&mut self) {
        let is_coarse = self.problem().lattice == coarsest_lattice();
        self.solver = if is_coarse { self.wanted_solver } else { Solver::Host };
        (self.sweeps, self.submitted) = (0, false);
        if let (Solver::Gpu, Some((_, start))) = (self.solver, self.host.solving()) {
            let [source, target] = [&self.problem().source, &self.problem().target].map(|density| log_density(density));
            self.kernels.write(&source, &target, &start.w);
        }
    }

    /// As [`Exact::audit`].
    pub(crate) fn audit(
        &mut self,
        measurement: &Measurement,
        tabulation: &TabulatedPotentials,
        second_potential: SecondPotential,
    ) {
        self.host.audit(measurement, tabulation, second_potential);
    }

    /// Forgets an audit under way.
    pub(crate) fn drop_audit(&mut self) {
        self.host.drop_audit();
    }

    /// As [`Exact::work`], unless the kernels sweep.
    pub(crate) fn work(&mut self, budget: Duration) -> Option<AuditReport> {
        if !self.has_host_work() {
            return None;
        }
        let audit = self.host.work(budget);
        if self.host.solutions() != self.shown_solutions {
            self.show();
            self.begin();
        }
        audit
    }

    /// Records sweeps, if the kernels sweep and something is to be solved; returns whether their result is to be
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
        // Sweeps for a source or ε that was abandoned are of no use.
        let Some((epsilon, _)) = self.host.solving().filter(|_| self.submitted) else { return };
        let mut fields = values.into_iter().map(|field| field.into_iter().map(f64::from).collect::<Vec<f64>>());
        let mut next = || fields.next().expect("a readback has as many fields as sources");
        let (u, w, heat_w) = (next(), next(), next());
        let error = marginal_error(&self.problem().lattice, &self.problem().source, &u, &heat_w);
        self.submitted = false;
        let stop = self.host.stop();
        let is_done = error <= stop.tolerance || self.sweeps >= stop.max_sweeps || error.is_nan();
        let w_on_nodes = w.clone();
        let solution = Solution { u, w, heat_w, w_on_nodes, sweeps: self.sweeps, error };
        if is_done {
            self.host.finish(epsilon, solution);
            self.show();
            self.begin();
        } else if self.host.draft(solution) {
            self.show();
            // Unless another source waits, the kernels continue from where they are.
            if self.host.go_on() {
                self.begin();
            }
        }
    }

    /// Records the exact flow at time t, if there is one; returns whether it had to be evaluated.
    pub(crate) fn encode_flow(&mut self, pass: &mut wgpu::ComputePass<'_>, t: f64) -> bool {
        self.shown_epsilon.is_some_and(|epsilon| self.flow.encode(pass, epsilon, t))
    }

    pub(crate) fn field(&self) -> &wgpu::Buffer {
        &self.flow.field
    }

    /// The lattice of that field.
    pub(crate) fn lattice(&self) -> &Lattice {
        self.flow.lattice()
    }
}
