//! The exact flow beside the learned one: solved again whenever the source or ε changes, and what is measured against it.
//! On the host; [`gpu::exact`](crate::gpu::exact) adds the kernels that sweep and draw.

use crate::audit::{Audit, Completion, ExactFlow, Findings, normalised, target_density};
use crate::cpu::LOG_ZERO;
use crate::cpu::sinkhorn::{Sinkhorn, Solution, Stop};
use crate::lattice::Lattice;
use crate::metrics::Recovery;
use crate::session::Report;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use web_time::Instant;

/// An audit of the learned flow that was measured last.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditReport {
    /// Training steps behind the flow, and ε of both.
    pub step: u64,
    pub epsilon: f64,
    pub completion: Completion,
    pub findings: Findings,
    /// D* − J(φ), units of cost.
    pub gap: f64,
}

/// The exact solution for one source, on its way or done, and audits against it.
#[derive(Debug)]
pub struct Exact {
    lattice: Lattice,
    stop: Stop,
    source: Vec<f64>,
    target: Vec<f64>,
    /// What is being solved for, if anything.
    solving: Option<Solving>,
    /// The ε to be solved for after that.
    next: Option<f64>,
    /// What was solved for last, of the present source.
    solved: Option<ExactFlow>,
    /// ε and w of what was solved for before that, of the present source.
    before: Option<(f64, Vec<f64>)>,
    audit: Option<(Audit, AuditReport)>,
}

/// The farthest that the line goes beyond the last solution, in distances of the last two.
const REACH: f64 = 4.0;

#[derive(Debug)]
struct Solving {
    epsilon: f64,
    sinkhorn: Sinkhorn,
}

impl Exact {
    /// Of no source yet: [`load`](Self::load) gives one. The target is the Normal.
    pub fn new(lattice: &Lattice) -> Self {
        Self::to(lattice, target_density(lattice))
    }

    /// The same to another target, of mass 1 on `lattice`.
    pub fn to(lattice: &Lattice, target: Vec<f64>) -> Self {
        Self {
            lattice: *lattice,
            stop: Stop::default(),
            source: vec![],
            target,
            solving: None,
            next: None,
            solved: None,
            before: None,
            audit: None,
        }
    }

    /// The exact flow, once it is there for the present source and ε.
    pub fn flow(&self) -> Option<&ExactFlow> {
        self.solved.as_ref().filter(|_| self.solving.is_none())
    }

    /// The exact flow of the present source that was solved for last, be it of an ε before the present one.
    pub fn last_flow(&self) -> Option<&ExactFlow> {
        self.solved.as_ref()
    }

    /// The source and p_N, of mass 1 on the flow lattice.
    pub fn densities(&self) -> [&[f64]; 2] {
        [&self.source, &self.target]
    }

    /// When to stop.
    pub fn stop(&self) -> &Stop {
        &self.stop
    }

    /// ε and the solution so far of what is being solved for.
    pub fn solving(&self) -> Option<(f64, &Solution)> {
        self.solving.as_ref().map(|solving| (solving.epsilon, solving.sinkhorn.solution()))
    }

    /// Whether [`work`](Self::work) has something to do.
    pub fn has_work(&self) -> bool {
        self.audit.is_some() || self.solving.is_some()
    }

    /// Another source: `density` at the points of the flow lattice.
    pub fn load(&mut self, density: &[f64], epsilon: f64) {
        self.source = normalised(&self.lattice, density.to_vec());
        self.audit = None;
        self.begin(epsilon);
        (self.next, self.solved, self.before) = (None, None, None);
    }

    /// Another ε. What is being solved for is finished first, so that there are solutions while ε moves; of all that come
    /// meanwhile, the last counts.
    pub fn solve(&mut self, epsilon: f64) {
        self.audit = None;
        match (&self.solving, &self.solved) {
            (Some(solving), _) => self.next = Some(epsilon).filter(|next| *next != solving.epsilon),
            (None, Some(solved)) if solved.epsilon == epsilon => {}
            _ => self.begin(epsilon),
        }
    }

    fn begin(&mut self, epsilon: f64) {
        let start = self.start(epsilon);
        let sinkhorn = Sinkhorn::new(&self.lattice, &self.source, &self.target, epsilon, start.as_deref());
        self.solving = Some(Solving { epsilon, sinkhorn });
    }

    /// A good w to begin with. Potentials in units of cost are smooth in ε: ψ is taken from the line through the last two
    /// solutions ψ_0 and ψ_1, of ε_0 and ε_1,
    ///
    /// ψ = ψ_1 + (ψ_1 − ψ_0) (ε − ε_1) / (ε_1 − ε_0),
    ///
    /// which while ε moves takes about a third of the sweeps that ψ_1 alone does.
    fn start(&self, epsilon: f64) -> Option<Vec<f64>> {
        let on_its_way = self.solving().filter(|(_, solution)| solution.sweeps > 0);
        let (newest, Solution { w: last, .. }) =
            on_its_way.or(self.solved.as_ref().map(|solved| (solved.epsilon, &solved.solution)))?;
        let (share, of, w) = match &self.before {
            Some((of, w)) => (((epsilon - newest) / (newest - of)).clamp(-REACH, REACH), *of, w),
            None => (0.0, newest, last),
        };
        let share = if share.is_nan() { 0.0 } else { share };
        let value = |(&last, &w): (&f64, &f64)| {
            let psi = newest * last;
            if last > 0.5 * LOG_ZERO { (psi + share * (psi - of * w)) / epsilon } else { last }
        };
        Some(last.iter().zip(w).map(value).collect())
    }

    /// It is solved.
    pub fn finish(&mut self, epsilon: f64, solution: Solution) {
        self.solving = None;
        let solved = ExactFlow::new(&self.lattice, &self.source, &self.target, epsilon, solution);
        self.before = self.solved.replace(solved).map(|before| (before.epsilon, before.solution.w));
        if let Some(next) = self.next.take() {
            self.begin(next);
        }
    }

    /// The learned flow was measured: compares it with the exact one, if that is there and no other audit is under way.
    pub fn audit(&mut self, report: &Report, recovery: &Recovery, completion: Completion) {
        let Some(solved) = self.flow().filter(|solved| solved.epsilon == recovery.epsilon) else { return };
        if self.audit.is_none() {
            let audit = Audit::new(&self.lattice, &self.source, recovery, completion).with_target(&self.target);
            let (step, epsilon) = (report.step, report.epsilon);
            let gap = solved.optimum - report.metrics.dual;
            let report = AuditReport { step, epsilon, completion, findings: Findings::default(), gap };
            self.audit = Some((audit, report));
        }
    }

    /// Forgets an audit under way.
    pub fn drop_audit(&mut self) {
        self.audit = None;
    }

    /// Sweeps and audits for about `budget`, at least one slice of some milliseconds if there is anything to do, but not
    /// beyond a solution or an audit that is done; the audit that this completed.
    pub fn work(&mut self, budget: Duration) -> Option<AuditReport> {
        let start = Instant::now();
        while self.has_work() {
            if let Some(Solving { epsilon, sinkhorn }) = &mut self.solving {
                if sinkhorn.sweep(&self.stop) {
                    let (epsilon, solution) = (*epsilon, sinkhorn.solution().clone());
                    self.finish(epsilon, solution);
                    break;
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
}
