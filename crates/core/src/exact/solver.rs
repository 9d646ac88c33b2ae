//! Keeps the exact flow up to date: solves it again whenever the source or ε changes, and audits the learned flow
//! against it. On the host; [`gpu::exact`](crate::gpu::exact) adds the kernels for Sinkhorn iterations and drawing.

use super::audit::{Audit, AuditMetrics, AuditReport};
use super::flow::ExactFlow;
use super::sinkhorn::{Sinkhorn, Solution, Stop};
use crate::measure::Problem;
use crate::metrics::Measurement;
use crate::numeric::MASKED_BELOW;
use crate::potentials::{SecondPotential, TabulatedPotentials};
use std::sync::Arc;
use std::time::Duration;
use web_time::Instant;

/// The exact solution of a run, in progress or done, and the audit against it.
#[derive(Debug)]
pub struct Exact {
    stop: Stop,
    /// The problem that is being solved, or was solved last.
    problem: Arc<Problem>,
    /// The solve in progress.
    solving: Option<Solving>,
    /// The next ε to be solved, with the problem on its lattice; and whether that has another source.
    next: Option<(f64, Arc<Problem>)>,
    next_is_other_source: bool,
    /// The last exact flow.
    solved: Option<ExactFlow>,
    /// Number of exact flows solved so far.
    solutions: u64,
    /// Whether the last exact flow belongs to an earlier source.
    is_behind: bool,
    /// Whether the last exact flow is a draft, which is still being solved to the full tolerance.
    is_draft: bool,
    /// ε, and w at the nodes, of the exact flow before the last, of the same source.
    before: Option<(f64, Vec<f64>)>,
    audit: Option<(Audit, AuditReport)>,
}

/// Limit of the extrapolation beyond the last solution, in units of the distance between the last two.
const REACH: f64 = 4.0;

/// While a source changes, a flow is shown as a draft at this tolerance, or after this many sweeps. It is solved to
/// the full tolerance only if the source stays the same. So the picture follows the pen at any ε.
const DRAFT: Stop = Stop { tolerance: 2e-3, max_sweeps: 16 };

fn is_near(solution: &Solution) -> bool {
    solution.error <= DRAFT.tolerance || solution.sweeps >= DRAFT.max_sweeps
}

#[derive(Debug)]
struct Solving {
    epsilon: f64,
    sinkhorn: Sinkhorn,
    /// Whether to show a draft before the full tolerance is reached.
    drafts: bool,
}

impl Exact {
    /// Begins to solve this problem at ε.
    pub fn new(problem: &Arc<Problem>, epsilon: f64) -> Self {
        let mut exact = Self {
            stop: Stop::default(),
            problem: problem.clone(),
            solving: None,
            next: None,
            next_is_other_source: false,
            solved: None,
            solutions: 0,
            is_behind: false,
            is_draft: false,
            before: None,
            audit: None,
        };
        exact.begin(epsilon, false);
        exact
    }

    /// The exact flow of the present source and ε, once it is solved.
    pub fn flow(&self) -> Option<&ExactFlow> {
        self.solved.as_ref().filter(|_| self.solving.is_none())
    }

    /// The last exact flow; while ε moves it may have an earlier ε, while a drawing changes an earlier source.
    pub fn last_flow(&self) -> Option<&ExactFlow> {
        self.solved.as_ref()
    }

    /// The problem that is being solved, or was solved last.
    pub fn problem(&self) -> &Arc<Problem> {
        &self.problem
    }

    /// Number of exact flows solved so far; the last flow has changed whenever this number has.
    pub fn solutions(&self) -> u64 {
        self.solutions
    }

    /// Whether the last exact flow belongs to an earlier source.
    pub fn is_behind(&self) -> bool {
        self.is_behind
    }

    /// When to stop.
    pub fn stop(&self) -> &Stop {
        &self.stop
    }

    /// ε and the solution so far of the solve in progress.
    pub fn solving(&self) -> Option<(f64, &Solution)> {
        self.solving.as_ref().map(|solving| (solving.epsilon, solving.sinkhorn.solution()))
    }

    /// Whether [`work`](Self::work) has something to do.
    pub fn has_work(&self) -> bool {
        self.audit.is_some() || self.solving.is_some()
    }

    /// Begins with another source and forgets all of the one before.
    pub fn load(&mut self, problem: &Arc<Problem>, epsilon: f64) {
        self.problem = problem.clone();
        self.audit = None;
        self.begin(epsilon, false);
        (self.next, self.next_is_other_source, self.solved, self.before) = (None, false, None, None);
        (self.is_behind, self.is_draft) = (false, false);
    }

    /// The source changes, as a drawing does while the pen moves. The last flow is kept. If the source will change
    /// again (`goes_on`), the solve in progress continues until it is a draft, so that there are flows to show; of all
    /// sources that come meanwhile only the newest is solved next. Returns whether a solve began.
    pub fn follow(&mut self, problem: &Arc<Problem>, epsilon: f64, goes_on: bool) -> bool {
        self.audit = None;
        self.is_behind = true;
        let waits = goes_on && self.solving.as_ref().is_some_and(|solving| solving.drafts);
        if waits {
            (self.next, self.next_is_other_source) = (Some((epsilon, problem.clone())), true);
        } else {
            (self.problem, self.before) = (problem.clone(), None);
            self.begin(epsilon, true);
            (self.next, self.next_is_other_source) = (None, false);
        }
        !waits
    }

    /// Another ε, with the problem on its lattice. The solve in progress is finished first, so that there are
    /// solutions while ε moves; of all ε that come meanwhile only the newest is solved next.
    pub fn solve(&mut self, problem: &Arc<Problem>, epsilon: f64) {
        self.audit = None;
        match (&self.solving, &self.solved) {
            (Some(solving), _) => {
                let is_other = self.next_is_other_source;
                let next = Some((epsilon, problem.clone()));
                self.next = next.filter(|(next, _)| is_other || *next != solving.epsilon);
            }
            (None, Some(solved)) if solved.epsilon == epsilon => {}
            _ => {
                self.problem = problem.clone();
                self.begin(epsilon, false);
            }
        }
    }

    fn begin(&mut self, epsilon: f64, drafts: bool) {
        let start = self.start(epsilon).filter(|start| start.len() == self.problem.nodes.len());
        let sinkhorn = Sinkhorn::of(&self.problem, epsilon, start.as_deref());
        self.solving = Some(Solving { epsilon, sinkhorn, drafts });
    }

    /// A starting point w for ε. Potentials in units of cost are smooth in ε, so ψ is extrapolated linearly from the
    /// last two solutions ψ_0 and ψ_1, at ε_0 and ε_1,
    ///
    /// ψ = ψ_1 + (ψ_1 − ψ_0) (ε − ε_1) / (ε_1 − ε_0),
    ///
    /// While ε moves this takes about a third of the sweeps of a start from ψ_1.
    fn start(&self, epsilon: f64) -> Option<Vec<f64>> {
        let on_its_way =
            self.solving().filter(|(_, solution)| solution.sweeps > 0).map(|(of, solution)| (of, &solution.w));
        let solved = || self.solved.as_ref().map(|solved| (solved.epsilon, &solved.solution.w_on_nodes));
        let (newest, last) = on_its_way.or_else(solved)?;
        let (share, of, w) = match &self.before {
            Some((of, w)) if w.len() == last.len() => {
                (((epsilon - newest) / (newest - of)).clamp(-REACH, REACH), *of, w)
            }
            _ => (0.0, newest, last),
        };
        let share = if share.is_nan() { 0.0 } else { share };
        let value = |(&last, &w): (&f64, &f64)| {
            let psi = newest * last;
            if last > MASKED_BELOW { (psi + share * (psi - of * w)) / epsilon } else { last }
        };
        Some(last.iter().zip(w).map(value).collect())
    }

    /// The solve in progress is done: keeps its solution as the last flow and begins with what is next.
    pub fn finish(&mut self, epsilon: f64, solution: Solution) {
        self.solving = None;
        // There is no extrapolation from one source to another, or from a draft to its final solution.
        let leads_on = !self.is_behind && !self.is_draft;
        let before = self.show(epsilon, solution);
        self.before = before.filter(|_| leads_on).map(|before| (before.epsilon, before.solution.w_on_nodes));
        self.is_draft = false;
        if !self.go_on()
            && let Some((epsilon, problem)) = self.next.take()
        {
            self.problem = problem;
            self.begin(epsilon, false);
        }
    }

    /// Shows the solve in progress as a draft, if the source changes and the solution is near enough; returns whether
    /// it did. The solve continues to the full tolerance unless another source [waits](Self::go_on).
    pub fn draft(&mut self, solution: Solution) -> bool {
        let Some(solving) = self.solving.as_mut().filter(|solving| solving.drafts && is_near(&solution)) else {
            return false;
        };
        solving.drafts = false;
        let epsilon = solving.epsilon;
        self.show(epsilon, solution);
        (self.is_draft, self.before) = (true, None);
        true
    }

    /// Begins with the source that waits; returns whether there was one.
    pub fn go_on(&mut self) -> bool {
        if !std::mem::take(&mut self.next_is_other_source) {
            return false;
        }
        let Some((epsilon, problem)) = self.next.take() else { return false };
        (self.problem, self.before, self.is_behind) = (problem, None, true);
        self.begin(epsilon, true);
        true
    }

    fn show(&mut self, epsilon: f64, solution: Solution) -> Option<ExactFlow> {
        let Problem { lattice, source, target, .. } = &*self.problem;
        let flow = ExactFlow::new(lattice, source, target, epsilon, solution);
        (self.solutions, self.is_behind) = (self.solutions + 1, false);
        self.solved.replace(flow)
    }

    /// Begins to compare the learned flow that was just measured with the exact one, if that is solved and no other
    /// audit is in progress.
    pub fn audit(
        &mut self,
        measurement: &Measurement,
        tabulation: &TabulatedPotentials,
        second_potential: SecondPotential,
    ) {
        let Some(solved) = self.flow().filter(|solved| solved.epsilon == tabulation.epsilon) else { return };
        if self.audit.is_none() {
            let Problem { lattice, source, target, .. } = &*self.problem;
            let audit = Audit::new(lattice, source, target, tabulation, second_potential);
            let (step, epsilon) = (measurement.step, measurement.epsilon);
            let gap = solved.optimum - measurement.metrics.dual;
            let report = AuditReport { step, epsilon, second_potential, findings: AuditMetrics::default(), gap };
            self.audit = Some((audit, report));
        }
    }

    /// Forgets the audit in progress.
    pub fn drop_audit(&mut self) {
        self.audit = None;
    }

    /// Solves and audits for about `budget`, at least one slice of some milliseconds if there is anything to do. It
    /// stops early when a solution or an audit is done; returns the audit that this completed, if any.
    pub fn work(&mut self, budget: Duration) -> Option<AuditReport> {
        let start = Instant::now();
        while self.has_work() {
            if let Some(Solving { epsilon, sinkhorn, drafts }) = &mut self.solving {
                let (is_done, epsilon) = (sinkhorn.sweep(&self.stop), *epsilon);
                if is_done || *drafts && sinkhorn.is_on_its_lattice() && is_near(sinkhorn.solution()) {
                    let solution = sinkhorn.finish();
                    if is_done {
                        self.finish(epsilon, solution);
                    } else {
                        self.draft(solution);
                        self.go_on();
                    }
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
