//! A run on the CPU, with what [`Session`](crate::gpu::session::Session) offers on a GPU; whoever owns it says when
//! each thing is done, and waits for it.

use super::trainer::Trainer;
use super::work::Portion;
use crate::checkpoint::{Checkpoint, Parameters, Snapshot};
use crate::config::Config;
use crate::divergence_monitor::Divergence;
use crate::exact::audit::AuditReport;
use crate::exact::solver::Exact;
use crate::heat::flow::{flow_on, picture_lattice};
use crate::lattice::Lattice;
use crate::measure::{Density, Target};
use crate::metrics::Measurement;
use crate::potentials::{Pair, SecondPotential, Shown, TabulatedPotentials};
use crate::run::Onward;
use crate::run_state::RunState;
use crate::shown::ShownFlow;
use crate::step_sampler::StepInputs;
use crate::step_timer::{MAX_STEPS, StepTimer};
use std::time::Duration;
use web_time::Instant;

/// A run on the CPU, in f32.
#[derive(Debug)]
pub struct CpuSession {
    state: RunState,
    trainer: Trainer,
    /// J/ε of the steps of the last [`train`](Self::train), or of the newest by [`train_until`](Self::train_until).
    losses: Vec<f32>,
    /// Whether the step under way is of the present ε.
    is_current: bool,
    /// How long that step has taken so far.
    spent: Duration,
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
    ///
    /// # Panics
    /// When the settings are not [valid](Config::validate).
    pub fn new(config: Config, source: &Density, target: Target) -> Self {
        let mut state = RunState::new(config, source, target);
        let exact = Exact::new(&state.problem(), state.config.epsilon);
        let (config, shape) = (&state.config, state.config.shape());
        Self {
            trainer: Trainer::new(shape.clone(), config.activation, &Parameters::pair(config, &shape)),
            losses: vec![],
            is_current: false,
            spent: Duration::ZERO,
            timer: StepTimer::new(MAX_STEPS, config.evaluations_of_step()),
            state,
            exact,
            flows: Default::default(),
        }
    }

    /// Continues from a checkpoint of this run, or of another with these settings, this source and this target.
    pub fn resume(&mut self, checkpoint: &Checkpoint) {
        self.state.step_sampler.rewind(checkpoint.step, checkpoint.evaluations);
        self.restart_from(&checkpoint.snapshots);
    }

    /// The same for a run that is moved on before it is used.
    pub fn resumed(mut self, checkpoint: &Checkpoint) -> Self {
        self.resume(checkpoint);
        self
    }

    /// Its settings.
    pub fn config(&self) -> &Config {
        &self.state.config
    }

    /// The lattice of the exact flow that is solved for, or was last: that of this source, this target and its ε.
    pub fn lattice(&self) -> &Lattice {
        &self.exact.problem().lattice
    }

    /// The source density.
    pub fn source(&self) -> &Density {
        &self.state.source
    }

    /// p_D and p_N, of mass 1 on that lattice.
    pub fn densities(&self) -> [&[f64]; 2] {
        let problem = self.exact.problem();
        [&problem.source, &problem.target]
    }

    /// Training steps since the start that are done.
    pub fn step(&self) -> u64 {
        self.state.step_sampler.step() - u64::from(self.trainer.under_way().is_some())
    }

    /// Network evaluations of those steps: one is a forward and a backward pass at one point.
    pub fn evaluations(&self) -> u64 {
        self.state.step_sampler.evaluations() - self.trainer.under_way().map_or(0, StepInputs::evaluations)
    }

    /// Where the run stands after those steps.
    pub fn checkpoint(&self) -> Checkpoint {
        let mut snapshots = Snapshot::pair(&self.state.config, &self.state.config.shape());
        for (snapshot, state) in snapshots.iter_mut().zip(self.trainer.states()) {
            snapshot.state = state;
        }
        Checkpoint { snapshots, step: self.step(), evaluations: self.evaluations() }
    }

    /// The potentials tabulated last.
    pub fn tabulation(&self) -> Option<&TabulatedPotentials> {
        self.state.tabulation.as_ref()
    }

    /// Starts again from another source: same settings, same seed, step 0.
    pub fn load(&mut self, source: &Density) {
        self.state.set_source(source, true);
        self.exact.load(&self.state.problem(), self.state.config.epsilon);
        self.flows[EXACT].at = None;
        self.reset();
    }

    /// Continues with another source, as a drawing that changes asks for many times a second. The flows shown stay until new
    /// ones are there. Before the last of these sources the exact flow is that of a [draft](crate::measure::Problems::draft).
    pub fn follow(&mut self, source: &Density, onward: Onward, is_last: bool) {
        self.state.set_source(source, is_last);
        let problem = self.state.problem();
        self.exact.follow(&problem, self.state.config.epsilon, onward == Onward::On && !is_last);
        self.state.step_sampler.follow(source);
        // A step under way is of the source before: it is done, and says nothing of this one.
        self.forget_divergence();
        self.state.is_tabulation_old = true;
        match onward {
            Onward::On => {}
            Onward::Warm => {
                let mut checkpoint = self.checkpoint();
                checkpoint.forget_optimiser();
                self.trainer.set_states(checkpoint.snapshots.each_ref().map(|snapshot| &snapshot.state));
                self.state.step_sampler.rewind(0, 0);
                self.spent = Duration::ZERO;
            }
            Onward::Afresh => self.reset(),
        }
    }

    /// Starts again from the same source: same seed, step 0.
    pub fn reset(&mut self) {
        self.state.restart_steps();
        self.restart_from(&Checkpoint::start(&self.state.config).snapshots);
    }

    fn restart_from(&mut self, snapshots: &[Snapshot; 2]) {
        self.spent = Duration::ZERO;
        self.trainer.set_states(snapshots.each_ref().map(|snapshot| &snapshot.state));
        self.forget_losses();
        self.state.forget_measurements();
        self.forget_learned();
        self.exact.drop_audit();
    }

    /// Takes other settings. Goes on from the weights as they are where that [can be](Config::continues), and starts
    /// again at step 0 where it cannot. A step under way is dropped.
    pub fn reconfigure(&mut self, config: Config) {
        let continues = config.continues(&self.state.config);
        if config.evaluations_of_step() != self.state.config.evaluations_of_step() {
            self.timer = StepTimer::new(MAX_STEPS, config.evaluations_of_step());
        }
        self.drop_step();
        let epsilon = config.epsilon;
        self.state.config = Config { epsilon: self.state.config.epsilon, ..config };
        self.set_epsilon(epsilon);
        self.forget_divergence();
        if !continues {
            let shape = self.state.config.shape();
            let parameters = Parameters::pair(&self.state.config, &shape);
            self.trainer = Trainer::new(shape, self.state.config.activation, &parameters);
            self.reset();
        }
    }

    fn drop_step(&mut self) {
        self.state.step_sampler.rewind(self.step(), self.evaluations());
        self.trainer.drop_step();
        self.spent = Duration::ZERO;
    }

    fn forget_divergence(&mut self) {
        self.state.forget_divergence();
        self.forget_losses();
    }

    fn forget_losses(&mut self) {
        self.is_current = false;
        self.losses.clear();
    }

    fn forget_learned(&mut self) {
        self.flows[..EXACT].iter_mut().for_each(|flow| flow.at = None);
    }

    /// Changes ε (clamped to its range; not a number changes nothing) and goes on from the weights as they are.
    pub fn set_epsilon(&mut self, epsilon: f64) {
        if self.state.set_epsilon(epsilon) {
            self.forget_losses();
            self.exact.solve(&self.state.problem(), self.state.config.epsilon);
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
            let step = self.state.step_sampler.advance(&self.state.config);
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
                self.trainer.begin(self.state.step_sampler.advance(&self.state.config));
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
        self.tabulate_at(self.state.config.epsilon)
    }

    /// The same at another ε: that of the exact flow [beside it](Self::epsilon_beside).
    pub fn tabulate_at(&mut self, epsilon: f64) -> Measurement {
        let base = self.state.step_sampler.base(&self.state.config);
        let problem = self.state.problems.at(epsilon);
        let tabulation = self.trainer.tabulate(&base, self.state.target(), &problem.lattice, epsilon);
        (self.state.tabulated_epsilon, self.state.is_tabulation_old) = (Some(epsilon), false);
        self.forget_learned();
        let counters = [self.step(), self.evaluations()];
        let losses: &[f32] = if epsilon == self.state.config.epsilon { &self.losses } else { &[] };
        self.state.measure(tabulation, &problem, losses, counters)
    }

    /// Why this run leads nowhere, once a measurement showed that it has diverged; until it starts again or its
    /// settings change.
    pub fn divergence(&self) -> Option<&Divergence> {
        self.state.divergence()
    }

    /// The exact flow beside the learned one.
    pub fn exact(&self) -> &Exact {
        &self.exact
    }

    /// Compares the flow that was measured last with the exact one, from φ and `second_potential`; the report comes from
    /// [`work_on_host`](Self::work_on_host). Does nothing while there is no exact flow of its ε, or another audit is under way.
    pub fn audit(&mut self, measurement: &Measurement, second_potential: SecondPotential) {
        if let Some(tabulation) = &self.state.tabulation {
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

    /// Whether a picture of `wanted` waits for no flow of the present source: only a difference does.
    pub fn can_be_drawn(&self, wanted: Shown) -> bool {
        self.state.can_be_drawn(self.shown(wanted), self.exact.is_behind())
    }

    /// What a picture shows when it is asked to show `wanted`.
    pub fn shown(&self, wanted: Shown) -> Shown {
        wanted.with_exact(self.exact.last_flow().is_some())
    }

    /// ε that the learned flow is to be tabulated at for a picture of `wanted`: that of the exact flow where it shows one, which
    /// is a little behind while ε moves, and otherwise that of the settings.
    pub fn epsilon_beside(&self, wanted: Shown) -> f64 {
        self.state.epsilon_beside(wanted, self.exact.last_flow())
    }

    /// ε of the flow that a picture of `wanted` shows.
    pub fn epsilon_of(&self, wanted: Shown) -> f64 {
        self.state.epsilon_of(wanted, self.exact.last_flow())
    }

    /// Whether the tabulated flow is of another ε than a picture of `wanted` [needs](Self::epsilon_beside).
    pub fn is_behind(&self, wanted: Shown) -> bool {
        self.state.is_behind(wanted, self.exact.last_flow())
    }

    /// The potentials that a picture of `wanted` is made of; none as long as a part of it is not there, or the parts of a
    /// difference are not of one ε and one source.
    pub fn potentials(&self, wanted: Shown) -> Option<ShownFlow> {
        let is_one_source = self.state.is_one_source(self.exact.is_behind());
        self.state.potentials(self.shown(wanted), self.exact.last_flow(), is_one_source)
    }

    /// The flow at time t in [0, 1] that a picture of `wanted` shows; none before the first tabulation, unless the exact
    /// flow is wanted and there, and as long as the flows of a difference are not of one ε and one source.
    pub fn flow(&mut self, wanted: Shown, t: f64) -> Option<Subject<'_>> {
        let t = if t.is_nan() { 0.0 } else { t.clamp(0.0, 1.0) };
        let shown = self.shown(wanted);
        if let Shown::Learned(second_potential) | Shown::Difference(second_potential) = shown {
            let tabulation = self.state.tabulation.as_ref()?;
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
