//! A run on the CPU, with what [`Session`](crate::gpu::session::Session) offers on a GPU; whoever owns it says when
//! each thing is done, and waits for it.

use super::trainer::Trainer;
use super::work::Portion;
use crate::checkpoint::{Checkpoint, Parameters, Snapshot};
use crate::config::{Config, MAX_EPSILON, MIN_EPSILON};
use crate::divergence_monitor::{Divergence, DivergenceMonitor};
use crate::exact::audit::AuditReport;
use crate::exact::solver::Exact;
use crate::heat::flow::{flow_on, picture_lattice};
use crate::lattice::Lattice;
use crate::measure::{Density, Problems, Target};
use crate::metrics::{Measurement, estimate, measure};
use crate::potentials::{Pair, SecondPotential, Shown, TabulatedPotentials};
use crate::run::Onward;
use crate::shown::ShownFlow;
use crate::step_sampler::{StepInputs, StepSampler};
use crate::step_timer::{MAX_STEPS, StepTimer};
use std::time::Duration;
use web_time::Instant;

/// A run on the CPU, in f32.
#[derive(Debug)]
pub struct CpuSession {
    config: Config,
    source: Density,
    /// Source and target on the lattice of each ε.
    problems: Problems,
    step_sampler: StepSampler,
    trainer: Trainer,
    /// J/ε of the steps of the last [`train`](Self::train), or of the newest by [`train_until`](Self::train_until).
    losses: Vec<f32>,
    /// Whether the step under way is of the present ε.
    is_current: bool,
    /// How long that step has taken so far.
    spent: Duration,
    monitor: DivergenceMonitor,
    divergence: Option<Divergence>,
    tabulation: Option<TabulatedPotentials>,
    /// Whether that is of a source before the present one.
    is_tabulation_old: bool,
    exact: Exact,
    timer: StepTimer,
    /// The learned flow from φ and its transform, that from both networks, and the exact one.
    flows: [FlowAt; 3],
}

/// A flow, and the ε and t it is of.
#[derive(Clone, Debug, Default)]
struct FlowAt {
    at: Option<[f64; 2]>,
    lattice: Option<Lattice>,
    field: Vec<[f32; 3]>,
}

impl FlowAt {
    /// Evaluates the flow of a pair, which is asked for only if it is not there already.
    fn evaluate(&mut self, epsilon: f64, t: f64, pair: impl FnOnce() -> Pair) {
        if self.at.replace([epsilon, t]) != Some([epsilon, t]) {
            let pair = pair();
            let shown = picture_lattice(&pair.lattice, epsilon, t);
            let flow = flow_on(&pair, &shown, t);
            (self.lattice, self.field) = (Some(shown), flow.into_iter().map(|f| f.map(|v| v as f32)).collect());
        }
    }
}

/// What a picture is of.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// That of the fields: the flow lattice, or a coarser one that shows as much.
    pub lattice: Lattice,
    /// (log ρ_t, v_x, v_y) at its points.
    pub field: &'a [[f32; 3]],
    /// What is to be subtracted from it, for a difference.
    pub reference: Option<&'a [[f32; 3]]>,
}

/// The place of the exact flow in `flows`.
const EXACT: usize = 2;
/// So many of the newest steps that were taken piece by piece say what J is.
const LOSSES: usize = 4;

impl CpuSession {
    /// A run from `source` to `target` with the initial weights of `config.seed`; the flow at step 0 is the Gaussian
    /// bridge where the settings have the Gaussian base.
    pub fn new(config: Config, source: &Density, target: Target) -> Self {
        let shape = config.shape();
        let mut problems = Problems::new(source, &target);
        let exact = Exact::new(&problems.at(config.epsilon), config.epsilon);
        Self {
            step_sampler: StepSampler::start(&config, source).to(target),
            trainer: Trainer::new(shape.clone(), config.activation, &Parameters::pair(&config, &shape)),
            losses: vec![],
            is_current: false,
            spent: Duration::ZERO,
            monitor: DivergenceMonitor::default(),
            divergence: None,
            timer: StepTimer::new(MAX_STEPS, config.evaluations_of_step()),
            config,
            source: source.clone(),
            problems,
            tabulation: None,
            is_tabulation_old: false,
            exact,
            flows: Default::default(),
        }
    }

    /// Goes on from where this run, or another of these settings, this source and this target, stood.
    pub fn resume(&mut self, checkpoint: &Checkpoint) {
        self.step_sampler.rewind(checkpoint.step, checkpoint.evaluations);
        self.restart_from(&checkpoint.snapshots);
    }

    /// The same for a run that is moved on before it is used.
    pub fn resumed(mut self, checkpoint: &Checkpoint) -> Self {
        self.resume(checkpoint);
        self
    }

    /// Its settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The lattice of the exact flow that is solved for, or was last: that of this source, this target and its ε.
    pub fn lattice(&self) -> &Lattice {
        &self.exact.problem().lattice
    }

    /// The source density.
    pub fn source(&self) -> &Density {
        &self.source
    }

    /// p_D and p_N, of mass 1 on that lattice.
    pub fn densities(&self) -> [&[f64]; 2] {
        let problem = self.exact.problem();
        [&problem.source, &problem.target]
    }

    /// Training steps since the start that are done.
    pub fn step(&self) -> u64 {
        self.step_sampler.step() - u64::from(self.trainer.under_way().is_some())
    }

    /// Network evaluations of those steps: one is a forward and a backward pass at one point.
    pub fn evaluations(&self) -> u64 {
        self.step_sampler.evaluations() - self.trainer.under_way().map_or(0, StepInputs::evaluations)
    }

    /// Where the run stands after those steps.
    pub fn checkpoint(&self) -> Checkpoint {
        let mut snapshots = Snapshot::pair(&self.config, &self.config.shape());
        for (snapshot, state) in snapshots.iter_mut().zip(self.trainer.states()) {
            snapshot.state = state;
        }
        Checkpoint { snapshots, step: self.step(), evaluations: self.evaluations() }
    }

    /// The potentials tabulated last.
    pub fn tabulation(&self) -> Option<&TabulatedPotentials> {
        self.tabulation.as_ref()
    }

    /// Starts again from another source: same settings, same seed, step 0.
    pub fn load(&mut self, source: &Density) {
        self.take(source, true);
        self.exact.load(&self.problems.at(self.config.epsilon), self.config.epsilon);
        self.flows[EXACT].at = None;
        self.reset();
    }

    fn take(&mut self, source: &Density, is_last: bool) {
        self.source = source.clone();
        self.problems = if is_last { Problems::new } else { Problems::draft }(source, self.step_sampler.target());
    }

    /// Goes on to another source, as a drawing that changes asks for many times a second. The flows shown stay until others
    /// are there. Until the last of them the flow is that of a [draft](Problems::draft).
    pub fn follow(&mut self, source: &Density, onward: Onward, is_last: bool) {
        self.take(source, is_last);
        let problem = self.problems.at(self.config.epsilon);
        self.exact.follow(&problem, self.config.epsilon, onward == Onward::On && !is_last);
        self.step_sampler.follow(source);
        // A step under way is of the source before: it is done, and says nothing of this one.
        self.forget_divergence();
        self.is_tabulation_old = true;
        match onward {
            Onward::On => {}
            Onward::Warm => {
                let mut states = self.trainer.states();
                for state in &mut states {
                    state.first_moment.fill(0.0);
                    state.second_moment.fill(0.0);
                }
                self.trainer.set_states(states.each_ref());
                self.step_sampler.rewind(0, 0);
                self.spent = Duration::ZERO;
            }
            Onward::Afresh => self.reset(),
        }
    }

    /// Starts again from the same source: same seed, step 0.
    pub fn reset(&mut self) {
        let target = self.step_sampler.target().clone();
        self.step_sampler = StepSampler::start(&self.config, &self.source).to(target);
        self.restart_from(&Snapshot::pair(&self.config, &self.config.shape()));
    }

    fn restart_from(&mut self, snapshots: &[Snapshot; 2]) {
        self.spent = Duration::ZERO;
        self.trainer.set_states(snapshots.each_ref().map(|snapshot| &snapshot.state));
        self.forget_divergence();
        self.tabulation = None;
        self.forget_learned();
        self.exact.drop_audit();
    }

    /// Takes other settings. Goes on from the weights as they are where that [can be](Config::continues), and starts
    /// again at step 0 where it cannot. A step under way is dropped.
    pub fn reconfigure(&mut self, config: Config) {
        let continues = config.continues(&self.config);
        if config.evaluations_of_step() != self.config.evaluations_of_step() {
            self.timer = StepTimer::new(MAX_STEPS, config.evaluations_of_step());
        }
        self.drop_step();
        let epsilon = config.epsilon;
        self.config = Config { epsilon: self.config.epsilon, ..config };
        self.set_epsilon(epsilon);
        self.forget_divergence();
        if !continues {
            let shape = self.config.shape();
            let parameters = Parameters::pair(&self.config, &shape);
            self.trainer = Trainer::new(shape, self.config.activation, &parameters);
            self.reset();
        }
    }

    fn drop_step(&mut self) {
        self.step_sampler.rewind(self.step(), self.evaluations());
        self.trainer.drop_step();
        self.spent = Duration::ZERO;
    }

    fn forget_divergence(&mut self) {
        (self.monitor, self.divergence, self.is_current) = (DivergenceMonitor::default(), None, false);
        self.losses.clear();
    }

    fn forget_learned(&mut self) {
        self.flows[..EXACT].iter_mut().for_each(|flow| flow.at = None);
    }

    /// Changes ε (clamped to its range; not a number changes nothing) and goes on from the weights as they are.
    pub fn set_epsilon(&mut self, epsilon: f64) {
        let epsilon = epsilon.clamp(MIN_EPSILON, MAX_EPSILON);
        if !epsilon.is_nan() && epsilon != self.config.epsilon {
            self.config.epsilon = epsilon;
            self.forget_divergence();
            self.exact.solve(&self.problems.at(epsilon), epsilon);
        }
    }

    /// Takes so many training steps on all cores; one under way is the first of them.
    pub fn train(&mut self, steps: u32) {
        self.losses.clear();
        self.train_by(Portion::Phase, steps, || false);
    }

    /// Trains until so many steps are done or it `is_over`, which is asked after every piece of work; how many were done.
    ///
    /// The step under way then rests where it is, and nothing that is told of the run knows of it yet. It keeps its ε, so
    /// that there is learning while ε moves; other settings, and a run that starts again, drop it.
    pub fn train_until(&mut self, steps: u32, is_over: impl FnMut() -> bool) -> u32 {
        let done = self.train_by(Portion::Piece, steps, is_over);
        self.losses.drain(..self.losses.len().saturating_sub(LOSSES));
        done
    }

    /// Where the time of a training step goes: the median of each phase, of steps that take about `budget` seconds a phase.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn profile(&mut self, budget: f64) -> Vec<crate::profile::Profiled> {
        let start = Instant::now();
        let mut rounds = vec![];
        loop {
            let step = self.step_sampler.advance(&self.config);
            rounds.push(self.trainer.profile(step));
            if start.elapsed().as_secs_f64() > budget * rounds[0].len() as f64 && rounds.len() > 2 {
                break;
            }
        }
        let median = |phase: usize| {
            let mut parts: Vec<_> = rounds.iter().map(|round| round[phase]).collect();
            parts.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
            parts[parts.len() / 2]
        };
        (0..rounds[0].len()).map(median).collect()
    }

    fn train_by(&mut self, portion: Portion, steps: u32, mut is_over: impl FnMut() -> bool) -> u32 {
        let now = Instant::now();
        let start = now.checked_sub(self.spent).unwrap_or(now);
        let (mut done, mut last) = (0, start);
        while done < steps {
            if self.trainer.under_way().is_none() {
                self.trainer.begin(self.step_sampler.advance(&self.config));
                self.is_current = true;
            }
            if let Some(losses) = self.trainer.advance(portion) {
                (done, last) = (done + 1, Instant::now());
                if self.is_current {
                    self.losses.push(losses.phi as f32);
                }
            }
            if is_over() {
                break;
            }
        }
        let elapsed = self.timer.elapsed_ms(start, last);
        self.timer.record(elapsed, done, false, 0);
        self.spent = last.elapsed();
        done
    }

    /// How many training steps take about `target_ms`, at least one, from the measured times so far.
    pub fn steps_for(&self, target_ms: f64) -> u32 {
        self.timer.steps_for(target_ms)
    }

    /// Measured milliseconds of a training step, once one is known.
    pub fn step_ms(&self) -> Option<f64> {
        self.timer.step_ms()
    }

    /// Takes over the averaged weights into the flow, and measures them.
    pub fn tabulate(&mut self) -> Measurement {
        self.tabulate_at(self.config.epsilon)
    }

    /// The same at another ε: that of the exact flow [beside it](Self::epsilon_beside).
    pub fn tabulate_at(&mut self, epsilon: f64) -> Measurement {
        let base = self.step_sampler.base(&self.config);
        let problem = self.problems.at(epsilon);
        let tabulation = self.trainer.tabulate(&base, self.step_sampler.target(), &problem.lattice, epsilon);
        let metrics = measure(&problem.lattice, &problem.source, &problem.target, &tabulation);
        (self.tabulation, self.is_tabulation_old) = (Some(tabulation), false);
        self.forget_learned();
        let [step, evaluations] = [self.step(), self.evaluations()];
        let is_current = epsilon == self.config.epsilon;
        let estimate = if is_current { estimate(&self.losses, epsilon) } else { None };
        let measurement = Measurement { step, evaluations, epsilon, metrics, estimate };
        if is_current && self.divergence.is_none() {
            let symptom = self.monitor.observe(&measurement);
            self.divergence = symptom.map(|symptom| {
                Divergence::new(&measurement, symptom, &self.config, &self.source, self.step_sampler.target())
            });
        }
        measurement
    }

    /// Why this run leads nowhere, once a measurement showed that it has diverged; until it starts again or its
    /// settings change.
    pub fn divergence(&self) -> Option<&Divergence> {
        self.divergence.as_ref()
    }

    /// The exact flow beside the learned one.
    pub fn exact(&self) -> &Exact {
        &self.exact
    }

    /// Compares the flow that was measured last with the exact one, from φ and `second_potential`; the report comes from
    /// [`work_on_host`](Self::work_on_host). Does nothing while there is no exact flow of its ε, or another audit is under way.
    pub fn audit(&mut self, measurement: &Measurement, second_potential: SecondPotential) {
        if let Some(tabulation) = &self.tabulation {
            self.exact.audit(measurement, tabulation, second_potential);
        }
    }

    /// Sweeps and audits for about `budget`; the audit that this completed, if it completed one.
    pub fn work_on_host(&mut self, budget: Duration) -> Option<AuditReport> {
        let before = self.exact.solutions();
        let audit = self.exact.work(budget);
        if self.exact.solutions() != before {
            self.flows[EXACT].at = None;
        }
        audit
    }

    /// Whether both flows of a difference are of the present source.
    fn is_of_one_source(&self) -> bool {
        !self.is_tabulation_old && !self.exact.is_behind()
    }

    /// Whether a picture of `wanted` waits for no flow of the present source: only a difference does.
    pub fn can_be_drawn(&self, wanted: Shown) -> bool {
        !matches!(self.shown(wanted), Shown::Difference(_)) || self.is_of_one_source()
    }

    /// What a picture shows when it is asked to show `wanted`.
    pub fn shown(&self, wanted: Shown) -> Shown {
        wanted.with_exact(self.exact.last_flow().is_some())
    }

    /// ε that the learned flow is to be tabulated at for a picture of `wanted`: that of the exact flow where it shows one,
    /// which while ε moves is a little behind, and otherwise that of the settings.
    pub fn epsilon_beside(&self, wanted: Shown) -> f64 {
        let exact = self.exact.last_flow().filter(|_| !matches!(wanted, Shown::Learned(_)));
        exact.map_or(self.config.epsilon, |exact| exact.epsilon)
    }

    /// ε of the flow that a picture of `wanted` shows.
    pub fn epsilon_of(&self, wanted: Shown) -> f64 {
        match (wanted, &self.tabulation) {
            (Shown::Learned(_), Some(tabulation)) => tabulation.epsilon,
            _ => self.epsilon_beside(wanted),
        }
    }

    /// Whether the tabulated flow is of another ε than a picture of `wanted` [needs](Self::epsilon_beside).
    pub fn is_behind(&self, wanted: Shown) -> bool {
        self.tabulation.as_ref().is_some_and(|tabulation| tabulation.epsilon != self.epsilon_beside(wanted))
    }

    /// The potentials that a picture of `wanted` is made of; none as long as a part of it is not there, or the parts of a
    /// difference are not of one ε and one source.
    pub fn potentials(&self, wanted: Shown) -> Option<ShownFlow> {
        let shown = self.shown(wanted);
        let exact = self.exact.last_flow().filter(|_| shown == Shown::Exact || self.is_of_one_source());
        ShownFlow::new(shown, self.tabulation.as_ref(), exact)
    }

    /// The flow at time t in [0, 1] that a picture of `wanted` shows; none before the first tabulation, unless the exact
    /// flow is wanted and there, and as long as the flows of a difference are not of one ε and one source.
    pub fn flow(&mut self, wanted: Shown, t: f64) -> Option<Subject<'_>> {
        let t = if t.is_nan() { 0.0 } else { t.clamp(0.0, 1.0) };
        let shown = self.shown(wanted);
        if let Shown::Learned(second_potential) | Shown::Difference(second_potential) = shown {
            let tabulation = self.tabulation.as_ref()?;
            if matches!(shown, Shown::Difference(_)) && (self.is_behind(shown) || !self.can_be_drawn(shown)) {
                return None;
            }
            self.flows[second_potential as usize].evaluate(tabulation.epsilon, t, || tabulation.pair(second_potential));
        }
        if let (Shown::Exact | Shown::Difference(_), Some(exact)) = (shown, self.exact.last_flow()) {
            self.flows[EXACT].evaluate(exact.epsilon, t, || exact.pair());
        }
        let [.., exact] = &self.flows;
        let (flow, reference) = match shown {
            Shown::Learned(second_potential) => (&self.flows[second_potential as usize], None),
            Shown::Exact => (exact, None),
            Shown::Difference(second_potential) => {
                (&self.flows[second_potential as usize], Some(exact.field.as_slice()))
            }
        };
        flow.lattice.map(|lattice| Subject { lattice, field: &flow.field, reference })
    }
}
