//! A run: one source, two potentials, and the flow between them. What the page and the tools use.
//!
//! ```no_run
//! use flowsketch_core::config::Config;
//! use flowsketch_core::gpu::Gpu;
//! use flowsketch_core::gpu::session::{Session, Work};
//! use flowsketch_core::measure::Preset;
//!
//! fn train(gpu: &Gpu) {
//!     let mut session = Session::new(gpu, Config::default(), &Preset::Moons.density());
//!     session.submit(&Work { steps: 20, tabulate: true, time: 0.0 }, None);
//!     // Frames later: the measurement of what was submitted.
//!     if let Some(measurement) = session.poll() {
//!         println!("{}", measurement.metrics.kl_source);
//!     }
//! }
//! ```

mod settings;
mod submit;

use super::clock::Clock;
use super::device::Gpu;
use super::exact::{ExactOnGpu, Solver};
use super::flow::Flow;
use super::kernel::Kernels;
use super::particles::ParticlesOnGpu;
use super::plan::KernelPath;
use super::readback::Readback;
use super::submission::{MAX_EVALUATIONS, Submission};
pub use super::submission::{MAX_IN_FLIGHT, Work};
use super::trainer::Trainer;
use crate::autotuner::Autotuner;
use crate::checkpoint::{Checkpoint, Snapshot};
use crate::config::Config;
use crate::divergence_monitor::Divergence;
use crate::exact::audit::AuditReport;
use crate::explore::{ParticleConfig, Trajectories};
use crate::lattice::Lattice;
use crate::measure::{Density, Target};
use crate::metrics::Measurement;
use crate::network::Shape;
use crate::potentials::{SecondPotential, Shown, TabulatedPotentials};
use crate::run_state::RunState;
use crate::shown::ShownFlow;
use crate::step_timer::{MAX_STEPS, StepTimer};
use std::collections::VecDeque;
use std::time::Duration;

/// A run on the GPU.
pub struct Session {
    gpu: Gpu,
    kernels: Kernels,
    state: RunState,
    shape: Shape,
    /// The finest lattice that there is room for.
    finest: Lattice,
    trainer: Trainer,
    readbacks: [Readback; MAX_IN_FLIGHT],
    /// Both networks as they came back last, for another device.
    checkpoint: Checkpoint,
    /// The generation of the potentials that came back last.
    received_generation: u64,
    /// Steps of the last submission with any: their losses are in the trainer's buffer.
    last_steps: u32,
    /// Counts starts and sources: what was submitted before the last one no longer matters.
    generation: u64,
    in_flight: VecDeque<Submission>,
    /// Of the submissions in flight, where the device tells times.
    clocks: Vec<Clock>,
    timer: StepTimer,
    /// Of the paths that the kernels can take.
    tuner: Autotuner,
    /// Most training steps of one submission.
    max_steps: u32,
    /// The learned flow from φ and its transform, and from both networks.
    flows: [Flow; 2],
    exact: ExactOnGpu,
    /// Made when they are first launched.
    particles: Option<Box<ParticlesOnGpu>>,
}

impl Session {
    /// A run from `source` with the initial weights of `config.seed`; the flow at step 0 is the Gaussian bridge where the
    /// settings have the Gaussian base.
    ///
    /// # Panics
    /// When the settings are not [valid](Config::validate).
    pub fn new(gpu: &Gpu, config: Config, source: &Density) -> Self {
        let paths = KernelPath::candidates(gpu, &config);
        Self::with_kernels(gpu, Kernels::new(gpu), &paths, None, config, source)
    }

    /// The same on kernels of this path, whatever the device.
    ///
    /// # Panics
    /// As [`new`](Self::new); and when the device does not offer what the path needs.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn on_path(gpu: &Gpu, path: KernelPath, config: Config, source: &Density) -> Self {
        Self::with_kernels(gpu, Kernels::new(gpu), &[path], None, config, source)
    }

    fn with_kernels(
        gpu: &Gpu,
        kernels: Kernels,
        paths: &[KernelPath],
        solver: Option<Solver>,
        config: Config,
        source: &Density,
    ) -> Self {
        let mut state = RunState::new(config, source, Target::Normal);
        let (config, shape) = (&state.config, state.config.shape());
        let evaluations_of_step = config.evaluations_of_step();
        let max_steps = (MAX_EVALUATIONS / evaluations_of_step).clamp(1, u64::from(MAX_STEPS)) as u32;
        let finest = state.problems.finest();
        let mut trainer = Trainer::new(gpu, &kernels, paths, config, &shape, finest, max_steps as usize);
        let checkpoint = Checkpoint::start(config);
        let problem = state.problem();
        trainer.set_lattice(&problem.lattice);
        let fields = trainer.fields();
        let flows = [&fields.w, &fields.masked_psi].map(|w| Flow::new(gpu, &kernels, &finest, &fields.u, w));
        let solver = solver.unwrap_or(if gpu.software { Solver::Host } else { Solver::Gpu });
        let exact = ExactOnGpu::new(gpu, &kernels, &finest, solver, &problem, state.config.epsilon);
        let mut sources = vec![&fields.u, &fields.w, &fields.masked_psi, &fields.heat_w];
        sources.extend(trainer.networks().state().into_array());
        sources.push(trainer.losses());
        let readbacks = std::array::from_fn(|_| Readback::new(gpu, &sources));
        let mut session = Self {
            gpu: gpu.clone(),
            kernels,
            state,
            shape,
            finest,
            trainer,
            readbacks,
            checkpoint,
            received_generation: 0,
            last_steps: 0,
            generation: 0,
            in_flight: VecDeque::new(),
            clocks: (0..MAX_IN_FLIGHT).filter_map(|_| Clock::new(gpu)).collect(),
            timer: StepTimer::new(max_steps, evaluations_of_step),
            tuner: Autotuner::new(paths.len()),
            max_steps,
            flows,
            exact,
            particles: None,
        };
        session.restart_from_checkpoint();
        session
    }

    /// The device it runs on.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// Its settings.
    pub fn config(&self) -> &Config {
        &self.state.config
    }

    /// Its networks and buffers on the device.
    pub fn trainer(&self) -> &Trainer {
        &self.trainer
    }

    /// The source density.
    pub fn source(&self) -> &Density {
        &self.state.source
    }

    /// Training steps submitted since the start.
    pub fn step(&self) -> u64 {
        self.state.step_sampler.step()
    }

    /// The kernels that a training step runs on, so far as that is decided.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn path(&self) -> KernelPath {
        self.trainer.path(self.tuner.chosen().unwrap_or(0))
    }

    /// Where the time of a training step goes: each of its dispatches, timed for about `budget` seconds. Afterwards the
    /// run is of no use.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn profile(&mut self, budget: f64) -> Vec<crate::profile::Profiled> {
        let step = self.state.step_sampler.advance(&self.state.config);
        self.trainer.profile(&step, self.tuner.chosen().unwrap_or(0), budget)
    }

    /// Network evaluations of those steps: one is a forward and a backward pass at one point.
    pub fn evaluations(&self) -> u64 {
        self.state.step_sampler.evaluations()
    }

    /// The potentials that came back last.
    pub fn tabulation(&self) -> Option<&TabulatedPotentials> {
        self.state.tabulation.as_ref()
    }

    /// Both networks and their optimisers as they came back last.
    pub fn snapshots(&self) -> &[Snapshot; 2] {
        &self.checkpoint.snapshots
    }

    /// Why this run leads nowhere, once a report showed that it has diverged; until it starts again or its settings
    /// change.
    pub fn divergence(&self) -> Option<&Divergence> {
        self.state.divergence()
    }

    fn forget_divergence(&mut self) {
        self.state.forget_divergence();
        self.last_steps = 0;
    }

    /// Whether there is room for another submission.
    pub fn is_ready(&self) -> bool {
        self.in_flight.len() < MAX_IN_FLIGHT
    }

    /// Whether submissions are in flight.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn is_under_way(&self) -> bool {
        !self.in_flight.is_empty()
    }

    /// Waits until the oldest of the submissions in flight is done, if there is one; what it brings comes with the next
    /// [`poll`](Self::poll).
    ///
    /// # Errors
    /// When it takes longer than `patience`, or the device was lost.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn wait_for_oldest(&self, patience: Duration) -> Result<(), wgpu::PollError> {
        let Some(oldest) = self.in_flight.front() else { return Ok(()) };
        let wait = wgpu::PollType::Wait { submission_index: Some(oldest.index.clone()), timeout: Some(patience) };
        self.gpu.device.poll(wait).map(|_| ())
    }

    /// What a picture shows when it is asked to show `wanted`.
    pub fn shown(&self, wanted: Shown) -> Shown {
        wanted.with_exact(self.exact.last_flow().is_some())
    }

    /// ε that the learned flow is tabulated at for a picture of `wanted`: that of the exact flow where it shows one, which is a
    /// little behind while ε moves, and otherwise that of the settings.
    pub fn epsilon_beside(&self, wanted: Shown) -> f64 {
        self.state.epsilon_beside(wanted, self.exact.last_flow())
    }

    /// ε of the flow that a picture of `wanted` shows.
    pub fn epsilon_of(&self, wanted: Shown) -> f64 {
        self.state.epsilon_of(wanted, self.exact.last_flow())
    }

    /// Whether the learned flow on the device is of another ε than a picture of `wanted` [needs](Self::epsilon_beside).
    pub fn is_behind(&self, wanted: Shown) -> bool {
        self.state.is_behind(wanted, self.exact.last_flow())
    }

    /// The potentials that a picture of `wanted` is made of; none as long as a part of it is not on the host, or the parts
    /// of a difference are not of one ε and one source.
    pub fn potentials(&self, wanted: Shown) -> Option<ShownFlow> {
        let is_one_source = !self.exact.is_behind() && self.received_generation == self.generation;
        self.state.potentials(self.shown(wanted), self.exact.last_flow(), is_one_source)
    }

    /// Whether a picture of `wanted` waits for no flow of the present source: only a difference does.
    pub fn can_be_drawn(&self, wanted: Shown) -> bool {
        self.state.can_be_drawn(self.shown(wanted), self.exact.is_behind())
    }

    /// Starts particles in the flow that a picture of `wanted` shows, as it is on the host; they keep that flow. Some
    /// submissions later their trajectories [can be taken](Self::take_paths). Earlier particles are dropped. Does nothing
    /// where there is no such flow.
    pub fn start_particles(&mut self, wanted: Shown, particle_config: ParticleConfig) {
        let Some(ShownFlow { potentials, .. }) = self.potentials(wanted) else { return };
        let (particle_config, lattice) = (particle_config.clamped(), potentials.lattice());
        let before = self.particles.take();
        let reused = before.filter(|before| before.serves(&lattice, particle_config.count) && !before.is_under_way());
        let made = || Box::new(ParticlesOnGpu::new(&self.gpu, &self.kernels, &lattice, particle_config.count));
        self.particles.insert(reused.unwrap_or_else(made)).start_particles(&potentials, particle_config);
    }

    /// Whether particles are being moved, or their trajectories were not taken yet.
    pub fn has_particles(&self) -> bool {
        self.particles.as_ref().is_some_and(|particles| particles.is_under_way())
    }

    /// Whether the next submission shall move particles.
    pub fn moves_particles(&self) -> bool {
        self.particles.as_ref().is_some_and(|particles| particles.has_work())
    }

    /// The trajectories of the particles, once they are complete; never waits.
    pub fn take_paths(&mut self) -> Option<Trajectories> {
        self.particles.as_mut().and_then(|particles| particles.take())
    }

    /// The exact flow beside the learned one.
    pub fn exact(&self) -> &ExactOnGpu {
        &self.exact
    }

    /// Chooses what solves for the exact flow, from the next source or ε on. At first it is the kernels, and on a software
    /// adapter the host.
    pub fn set_exact_solver(&mut self, solver: Solver) {
        self.exact.set_solver(solver);
    }

    /// Compares the flow that was measured last with the exact one, from φ and `second_potential`; the report comes from
    /// [`work_on_host`](Self::work_on_host). Does nothing while there is no exact flow of its ε, or another audit is
    /// under way.
    pub fn audit(&mut self, measurement: &Measurement, second_potential: SecondPotential) {
        if let Some(tabulation) = &self.state.tabulation {
            self.exact.audit(measurement, tabulation, second_potential);
        }
    }

    /// Sweeps and audits on the host for about `budget`; the audit that this completed, if it completed one.
    pub fn work_on_host(&mut self, budget: Duration) -> Option<AuditReport> {
        self.exact.work(budget)
    }

    /// Both networks and the counters of the run as they came back last.
    pub fn checkpoint(&self) -> Checkpoint {
        self.checkpoint.clone()
    }

    /// How many training steps a submission should have to take about `target_ms`, from the measured times so far.
    pub fn steps_for(&self, target_ms: f64) -> u32 {
        self.timer.steps_for(target_ms)
    }

    /// Measured milliseconds of a training step, once one is known.
    pub fn step_ms(&self) -> Option<f64> {
        self.timer.step_ms()
    }
}
