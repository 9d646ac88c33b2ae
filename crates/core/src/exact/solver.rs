//! The exact flow beside the learned one: solved again whenever the source or ε changes, and what is measured against it.
//! On the host; [`gpu::exact`](crate::gpu::exact) adds the kernels that sweep and draw.

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

/// The exact solution for one source, on its way or done, and audits against it.
#[derive(Debug)]
pub struct Exact {
    stop: Stop,
    /// What is solved for, or was last.
    problem: Arc<Problem>,
    /// What is being solved for, if anything.
    solving: Option<Solving>,
    /// The ε to be solved for after that, and the problem on its lattice; and whether that is of another source.
    next: Option<(f64, Arc<Problem>)>,
    next_is_other_source: bool,
    /// What was solved for last.
    solved: Option<ExactFlow>,
    /// Solutions so far.
    solutions: u64,
    /// Whether what was solved for last is of a source before the newest.
    is_behind: bool,
    /// Whether it is still being solved for, to the last digit.
    is_draft: bool,
    /// ε and w at the nodes of what was solved for before that, of the same source.
    before: Option<(f64, Vec<f64>)>,
    audit: Option<(Audit, AuditReport)>,
}

/// The farthest that the line goes beyond the last solution, in distances of the last two.
const REACH: f64 = 4.0;

/// While a source changes, a flow is shown as soon as it is so near, or after so many sweeps, and solved for to the end
/// only if the source rests: the picture follows the pen at any ε.
const DRAFT: Stop = Stop { tolerance: 2e-3, max_sweeps: 16 };

fn is_near(solution: &Solution) -> bool {
    solution.error <= DRAFT.tolerance || solution.sweeps >= DRAFT.max_sweeps
}

#[derive(Debug)]
struct Solving {
    epsilon: f64,
    sinkhorn: Sinkhorn,
    /// Whether it is to be shown as a draft.
    drafts: bool,
}

impl Exact {
    /// Solves for the flow of this problem at ε.
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

    /// The exact flow, once it is there for the present source and ε.
    pub fn flow(&self) -> Option<&ExactFlow> {
        self.solved.as_ref().filter(|_| self.solving.is_none())
    }

    /// The exact flow that was solved for last, be it of an ε before the present one, or while a drawing changes of a source
    /// before the newest.
    pub fn last_flow(&self) -> Option<&ExactFlow> {
        self.solved.as_ref()
    }

    /// What is solved for, or was last.
    pub fn problem(&self) -> &Arc<Problem> {
        &self.problem
    }

    /// How many flows were solved for so far: as long as it is the same, so is the last one.
    pub fn solutions(&self) -> u64 {
        self.solutions
    }

    /// Whether the last flow is of a source before the newest.
    pub fn is_behind(&self) -> bool {
        self.is_behind
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

    /// Another source.
    pub fn load(&mut self, problem: &Arc<Problem>, epsilon: f64) {
        self.problem = problem.clone();
        self.audit = None;
        self.begin(epsilon, false);
        (self.next, self.next_is_other_source, self.solved, self.before) = (None, false, None, None);
        (self.is_behind, self.is_draft) = (false, false);
    }

    /// The source changes, as a drawing does while the pen moves. The last flow stays. Where it `goes_on` to change, what is
    /// being solved for becomes a draft first, so that there are flows; of all sources that come meanwhile, the last counts.
    /// Whether a solve began.
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

    /// Another ε, and the problem on its lattice. What is being solved for is finished first, so that there are solutions
    /// while ε moves; of all that come meanwhile, the last counts.
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

    /// A good w to begin with. Potentials in units of cost are smooth in ε: ψ is taken from the line through the last two
    /// solutions ψ_0 and ψ_1, of ε_0 and ε_1,
    ///
    /// ψ = ψ_1 + (ψ_1 − ψ_0) (ε − ε_1) / (ε_1 − ε_0),
    ///
    /// which while ε moves takes about a third of the sweeps that ψ_1 alone does.
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

    /// It is solved.
    pub fn finish(&mut self, epsilon: f64, solution: Solution) {
        self.solving = None;
        // No line leads from one source to another, or from a draft to what it is a draft of.
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

    /// Takes what is being solved for as a flow, if the source changes and it is near enough; whether it did. It is
    /// solved for to the end unless another source [waits](Self::go_on).
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

    /// Begins with the source that waits; whether there was any.
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

    /// The learned flow was measured: compares it with the exact one, if that is there and no other audit is under way.
    pub fn audit(&mut self, report: &Measurement, tabulation: &TabulatedPotentials, second_potential: SecondPotential) {
        let Some(solved) = self.flow().filter(|solved| solved.epsilon == tabulation.epsilon) else { return };
        if self.audit.is_none() {
            let Problem { lattice, source, target, .. } = &*self.problem;
            let audit = Audit::new(lattice, source, target, tabulation, second_potential);
            let (step, epsilon) = (report.step, report.epsilon);
            let gap = solved.optimum - report.metrics.dual;
            let report = AuditReport { step, epsilon, second_potential, findings: AuditMetrics::default(), gap };
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
