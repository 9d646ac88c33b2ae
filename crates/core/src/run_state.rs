//! The state of a run that both backends share: its settings, its source and target, and its measurements.

use crate::config::{Config, MAX_EPSILON, MIN_EPSILON};
use crate::divergence_monitor::{Divergence, DivergenceMonitor};
use crate::exact::flow::ExactFlow;
use crate::measure::{Density, Problem, Problems, Target};
use crate::metrics::{Measurement, estimate, measure};
use crate::potentials::{Shown, TabulatedPotentials};
use crate::shown::ShownFlow;
use crate::step_sampler::StepSampler;
use std::sync::Arc;

/// The part of a session that does not depend on the backend.
#[derive(Debug)]
pub(crate) struct RunState {
    pub config: Config,
    pub source: Density,
    /// Source and target on the lattice of each ε.
    pub problems: Problems,
    pub step_sampler: StepSampler,
    /// The last tabulation, once it is on the host.
    pub tabulation: Option<TabulatedPotentials>,
    /// ε of the last tabulation, which on a GPU may not be on the host yet; none before the first tabulation.
    pub tabulated_epsilon: Option<f64>,
    /// Whether the last tabulation belongs to an earlier source.
    pub is_tabulation_old: bool,
    monitor: DivergenceMonitor,
    divergence: Option<Divergence>,
}

impl RunState {
    /// # Panics
    /// When the settings are not [valid](Config::validate).
    pub fn new(config: Config, source: &Density, target: Target) -> Self {
        config.validate().unwrap_or_else(|sentence| panic!("{sentence}"));
        Self {
            problems: Problems::new(source, &target),
            step_sampler: StepSampler::start(&config, source).to(target),
            config,
            source: source.clone(),
            tabulation: None,
            tabulated_epsilon: None,
            is_tabulation_old: false,
            monitor: DivergenceMonitor::default(),
            divergence: None,
        }
    }

    pub fn target(&self) -> &Target {
        self.step_sampler.target()
    }

    /// Another source with the same target. While a drawing still changes (not `is_last`), the problem is a
    /// [draft](Problems::draft).
    pub fn set_source(&mut self, source: &Density, is_last: bool) {
        self.problems = if is_last { Problems::new } else { Problems::draft }(source, self.target());
        self.source = source.clone();
    }

    /// The source and target on the lattice of the present ε.
    pub fn problem(&mut self) -> Arc<Problem> {
        self.problems.at(self.config.epsilon)
    }

    /// Starts the step count and the random batches and draws again.
    pub fn restart_steps(&mut self) {
        self.step_sampler = StepSampler::start(&self.config, &self.source).to(self.target().clone());
    }

    /// Forgets tabulation and divergence, because the weights were replaced.
    pub fn forget_measurements(&mut self) {
        (self.tabulation, self.tabulated_epsilon) = (None, None);
        self.forget_divergence();
    }

    /// Forgets that the run diverged, because its source or its settings have changed.
    pub fn forget_divergence(&mut self) {
        (self.monitor, self.divergence) = (DivergenceMonitor::default(), None);
    }

    pub fn divergence(&self) -> Option<&Divergence> {
        self.divergence.as_ref()
    }

    /// Sets ε, clamped to its range; returns whether it changed. NaN changes nothing.
    pub fn set_epsilon(&mut self, epsilon: f64) -> bool {
        let epsilon = epsilon.clamp(MIN_EPSILON, MAX_EPSILON);
        let is_new = !epsilon.is_nan() && epsilon != self.config.epsilon;
        if is_new {
            self.config.epsilon = epsilon;
            self.forget_divergence();
        }
        is_new
    }

    /// Measures and keeps a tabulation on the lattice of `problem`, made after these [steps, evaluations]. `losses`
    /// are the J/ε of the last steps at its ε.
    pub fn measure(
        &mut self,
        tabulation: TabulatedPotentials,
        problem: &Problem,
        losses: &[f32],
        [step, evaluations]: [u64; 2],
    ) -> Measurement {
        let epsilon = tabulation.epsilon;
        let metrics = measure(&problem.lattice, &problem.source, &problem.target, &tabulation);
        self.tabulation = Some(tabulation);
        let measurement = Measurement { step, evaluations, epsilon, metrics, estimate: estimate(losses, epsilon) };
        if epsilon == self.config.epsilon && self.divergence.is_none() {
            let symptom = self.monitor.observe(&measurement);
            self.divergence = symptom
                .map(|symptom| Divergence::new(&measurement, symptom, &self.config, &self.source, self.target()));
        }
        measurement
    }

    /// The ε at which the learned flow is tabulated for a picture of `wanted`: that of the exact flow if the picture
    /// shows one, which lags behind the settings while ε moves, and otherwise that of the settings.
    pub fn epsilon_beside(&self, wanted: Shown, exact: Option<&ExactFlow>) -> f64 {
        let exact = exact.filter(|_| !matches!(wanted, Shown::Learned(_)));
        exact.map_or(self.config.epsilon, |exact| exact.epsilon)
    }

    /// ε of the flow that a picture of `wanted` shows.
    pub fn epsilon_of(&self, wanted: Shown, exact: Option<&ExactFlow>) -> f64 {
        match (wanted, self.tabulated_epsilon) {
            (Shown::Learned(_), Some(epsilon)) => epsilon,
            _ => self.epsilon_beside(wanted, exact),
        }
    }

    /// Whether the last tabulation has another ε than a picture of `wanted` [needs](Self::epsilon_beside).
    pub fn is_behind(&self, wanted: Shown, exact: Option<&ExactFlow>) -> bool {
        self.tabulated_epsilon.is_some_and(|epsilon| epsilon != self.epsilon_beside(wanted, exact))
    }

    /// Whether the learned and the exact flow are both of the present source.
    pub fn is_one_source(&self, is_exact_behind: bool) -> bool {
        !self.is_tabulation_old && !is_exact_behind
    }

    /// Whether a picture of `shown` waits for no flow of the present source: only a difference does.
    pub fn can_be_drawn(&self, shown: Shown, is_exact_behind: bool) -> bool {
        !matches!(shown, Shown::Difference(_)) || self.is_one_source(is_exact_behind)
    }

    /// The potentials that a picture of `shown` is made of; none while a part of them is not on the host.
    /// `is_one_source` says whether both parts of a difference belong to the present source.
    pub fn potentials(&self, shown: Shown, exact: Option<&ExactFlow>, is_one_source: bool) -> Option<ShownFlow> {
        let exact = exact.filter(|_| shown == Shown::Exact || is_one_source);
        ShownFlow::new(shown, self.tabulation.as_ref(), exact)
    }
}
