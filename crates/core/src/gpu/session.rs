//! A run: one source, two potentials, and the flow between them. The small face that the page and the tools use.

use super::clock::Clock;
use super::device::Gpu;
use super::exact::{ExactOnGpu, Solver};
use super::flow::Flow;
use super::kernel::Kernels;
use super::particles::ParticlesOnGpu;
use super::plan::KernelPath;
use super::readback::Readback;
use super::trainer::Trainer;
use super::view::{Frame, Subject};
use crate::autotuner::Autotuner;
use crate::checkpoint::{Checkpoint, LearnerState, Snapshot};
use crate::config::{Config, MAX_EPSILON, MIN_EPSILON};
use crate::divergence_monitor::{Divergence, DivergenceMonitor};
use crate::exact::audit::AuditReport;
use crate::explore::{ParticleConfig, Trajectories};
use crate::lattice::Lattice;
use crate::measure::{Density, Problems, Target, normal_density};
use crate::metrics::{Measurement, estimate, measure};
use crate::network::Shape;
use crate::potentials::{SecondPotential, Shown, TabulatedPotentials};
use crate::run::Onward;
use crate::shown::ShownFlow;
use crate::step_sampler::StepSampler;
use crate::step_timer::{MAX_STEPS, StepTimer};
use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use web_time::Instant;

/// What one submission shall do, in this order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Work {
    /// Training steps, at most `MAX_STEPS`; fewer are taken where a step is large.
    pub steps: u32,
    /// Whether to take over the averaged weights into the flow, and measure them. The first submission after a start
    /// always does.
    pub tabulate: bool,
    /// The time t in [0, 1] of the picture; its flow is evaluated only if t, or the potentials, changed.
    pub time: f64,
}

/// Most network evaluations of one submission, unless a single step has more.
const MAX_EVALUATIONS: u64 = 1_600_000;
/// Steps of particles in one submission: as much work as some training steps. On a processor that is felt.
const PARTICLE_STEPS: usize = 4;
const PARTICLE_STEPS_OF_SOFTWARE: usize = 1;
/// Flows that are as much work as a step of particles: gradients at two times.
const FLOWS_OF_PARTICLE_STEP: usize = 2;
/// Most submissions in flight.
pub const MAX_IN_FLIGHT: usize = 2;

/// A run on the GPU.
pub struct Session {
    gpu: Gpu,
    kernels: Kernels,
    config: Config,
    shape: Shape,
    source: Density,
    /// Source and target on the lattice of each ε.
    problems: Problems,
    /// The finest lattice that there is room for.
    finest: Lattice,
    step_sampler: StepSampler,
    trainer: Trainer,
    readbacks: [Readback; MAX_IN_FLIGHT],
    /// Both networks as they came back last, for another device.
    snapshots: [Snapshot; 2],
    /// Steps and evaluations behind `snapshots`.
    snapshot_counters: [u64; 2],
    tabulation: Option<TabulatedPotentials>,
    /// Whether the potentials tabulated last, on the device, are of a source before the present one.
    is_tabulation_old: bool,
    /// When `tabulation` was submitted, by the count of starts and sources.
    received_generation: u64,
    monitor: DivergenceMonitor,
    divergence: Option<Divergence>,
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
    /// ε of the potentials on the flow lattice, which is that of the trainer; none before the first tabulation.
    tabulated_epsilon: Option<f64>,
    /// The learned flow from φ and its transform, and from both networks.
    flows: [Flow; 2],
    exact: ExactOnGpu,
    /// Made when they are first launched.
    particles: Option<Box<ParticlesOnGpu>>,
}

/// What a submission that is under way will bring.
struct Submission {
    generation: u64,
    steps: u32,
    /// Index of the path they took.
    path: usize,
    /// Flows evaluated, or as much work for particles.
    flows: u32,
    submitted: Instant,
    #[cfg_attr(target_arch = "wasm32", expect(dead_code, reason = "a page never waits"))]
    index: wgpu::SubmissionIndex,
    done: Arc<OnceLock<Instant>>,
    /// Index of the clock that times its steps.
    clock: Option<usize>,
    tabulation: Option<PendingTabulation>,
}

struct PendingTabulation {
    readback: usize,
    step: u64,
    evaluations: u64,
    epsilon: f64,
    lattice: Lattice,
    /// Steps whose losses come with it.
    losses: u32,
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
        let shape = config.shape();
        let mut problems = Problems::new(source, &Target::Normal);
        let finest = problems.finest();
        let problem = problems.at(config.epsilon);
        let evaluations_of_step = config.evaluations_of_step();
        let max_steps = (MAX_EVALUATIONS / evaluations_of_step).clamp(1, u64::from(MAX_STEPS)) as u32;
        let mut trainer = Trainer::new(gpu, &kernels, paths, &config, &shape, finest, max_steps as usize);
        trainer.set_lattice(&problem.lattice);
        let fields = trainer.fields();
        let flows = [&fields.w, &fields.masked_psi].map(|w| Flow::new(gpu, &kernels, &finest, &fields.u, w));
        let solver = solver.unwrap_or(if gpu.software { Solver::Host } else { Solver::Gpu });
        let exact = ExactOnGpu::new(gpu, &kernels, &finest, solver, &problem, config.epsilon);
        let mut sources = vec![&fields.u, &fields.w, &fields.masked_psi, &fields.heat_w];
        sources.extend(trainer.networks().state().into_array());
        sources.push(trainer.losses());
        let readbacks = std::array::from_fn(|_| Readback::new(gpu, &sources));
        let mut session = Self {
            gpu: gpu.clone(),
            kernels,
            step_sampler: StepSampler::start(&config, source),
            snapshots: Snapshot::pair(&config, &shape),
            config,
            shape,
            source: source.clone(),
            problems,
            finest,
            trainer,
            readbacks,
            snapshot_counters: [0, 0],
            tabulation: None,
            is_tabulation_old: false,
            received_generation: 0,
            monitor: DivergenceMonitor::default(),
            divergence: None,
            last_steps: 0,
            generation: 0,
            in_flight: VecDeque::new(),
            clocks: (0..MAX_IN_FLIGHT).filter_map(|_| Clock::new(gpu)).collect(),
            timer: StepTimer::new(max_steps, evaluations_of_step),
            tuner: Autotuner::new(paths.len()),
            max_steps,
            tabulated_epsilon: None,
            flows,
            exact,
            particles: None,
        };
        session.restart_from_snapshots();
        session
    }

    /// The device it runs on.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// Its settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Its networks and buffers on the device.
    pub fn trainer(&self) -> &Trainer {
        &self.trainer
    }

    /// The source density.
    pub fn source(&self) -> &Density {
        &self.source
    }

    /// Training steps submitted since the start.
    pub fn step(&self) -> u64 {
        self.step_sampler.step()
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
        let step = self.step_sampler.advance(&self.config);
        self.trainer.profile(&step, self.tuner.chosen().unwrap_or(0), budget)
    }

    /// Network evaluations of those steps: one is a forward and a backward pass at one point.
    pub fn evaluations(&self) -> u64 {
        self.step_sampler.evaluations()
    }

    /// The potentials that came back last.
    pub fn tabulation(&self) -> Option<&TabulatedPotentials> {
        self.tabulation.as_ref()
    }

    /// Both networks and their optimisers as they came back last.
    pub fn snapshots(&self) -> &[Snapshot; 2] {
        &self.snapshots
    }

    /// Starts again from another source: same settings, same seed, step 0.
    pub fn load(&mut self, source: &Density) {
        let mut problems = Problems::new(source, &Target::Normal);
        if problems.finest().count > self.finest.count {
            let paths = KernelPath::candidates(&self.gpu, &self.config);
            *self = self.rebuilt(&paths, self.config.clone(), source);
            return;
        }
        (self.source, self.problems) = (source.clone(), problems);
        self.exact.load(&self.problems.at(self.config.epsilon), self.config.epsilon);
        self.reset();
    }

    /// A run at step 0 with buffers of its own, on the same device.
    fn rebuilt(&self, paths: &[KernelPath], config: Config, source: &Density) -> Self {
        let solver = Some(self.exact.wanted_solver());
        Self::with_kernels(&self.gpu, self.kernels.clone(), paths, solver, config, source)
    }

    /// Goes on to another source, as a drawing that changes asks for many times a second. The flows shown stay until others
    /// are there. Until the last of them the flow is that of a [draft](Problems::draft).
    pub fn follow(&mut self, source: &Density, onward: Onward, is_last: bool) {
        let mut problems = if is_last { Problems::new } else { Problems::draft }(source, &Target::Normal);
        if is_last && problems.finest().count > self.finest.count {
            self.move_to_finer(source);
        } else {
            (self.source, self.problems) = (source.clone(), problems);
            let problem = self.problems.at(self.config.epsilon);
            self.exact.follow(&problem, self.config.epsilon, onward == Onward::On && !is_last);
        }
        self.step_sampler.follow(source);
        self.forget_divergence();
        // What is measured of the submissions in flight is of the source before.
        self.generation += 1;
        self.is_tabulation_old = true;
        match onward {
            Onward::On => {}
            Onward::Warm => self.start_warm(),
            Onward::Afresh => self.reset(),
        }
    }

    /// Makes room for the lattice that this source needs, and keeps what is learned.
    fn move_to_finer(&mut self, source: &Density) {
        let paths = KernelPath::candidates(&self.gpu, &self.config);
        let mut next = self.rebuilt(&paths, self.config.clone(), source);
        self.hand_over_to(&mut next);
        next.generation = self.generation;
        std::mem::swap(&mut next.tuner, &mut self.tuner);
        std::mem::swap(&mut next.timer, &mut self.timer);
        *self = next;
    }

    /// From the weights on the device, with an optimiser that starts; for another device, from those that came back last.
    fn start_warm(&mut self) {
        self.step_sampler.rewind(0, 0);
        self.snapshot_counters = [0, 0];
        for snapshot in &mut self.snapshots {
            snapshot.state.first_moment.fill(0.0);
            snapshot.state.second_moment.fill(0.0);
        }
        let LearnerState { first_moment, second_moment, .. } = self.trainer.networks().state();
        let zeros = vec![0; first_moment.size() as usize];
        [first_moment, second_moment].into_iter().for_each(|buffer| self.gpu.queue.write_buffer(buffer, 0, &zeros));
    }

    /// Starts again from the same source: same seed, step 0.
    pub fn reset(&mut self) {
        self.step_sampler = StepSampler::start(&self.config, &self.source);
        self.snapshots = Snapshot::pair(&self.config, &self.shape);
        self.snapshot_counters = [0, 0];
        self.restart_from_snapshots();
    }

    /// Goes on from where this run, or another of these settings and this source, stood.
    pub fn resume(&mut self, checkpoint: &Checkpoint) {
        self.step_sampler.rewind(checkpoint.step, checkpoint.evaluations);
        self.snapshots = checkpoint.snapshots.clone();
        self.snapshot_counters = [checkpoint.step, checkpoint.evaluations];
        self.restart_from_snapshots();
    }

    fn restart_from_snapshots(&mut self) {
        self.trainer.write(&self.snapshots);
        self.generation += 1;
        self.tabulation = None;
        self.forget_divergence();
        self.tabulated_epsilon = None;
        self.flows.iter_mut().for_each(Flow::forget);
        self.exact.drop_audit();
    }

    /// Changes ε (clamped to its range; not a number changes nothing) and goes on from the weights as they are: what
    /// the networks add to the closed-form base, in nats, serves the new ε well.
    pub fn set_epsilon(&mut self, epsilon: f64) {
        let epsilon = epsilon.clamp(MIN_EPSILON, MAX_EPSILON);
        if !epsilon.is_nan() && epsilon != self.config.epsilon {
            self.config.epsilon = epsilon;
            self.forget_divergence();
            self.exact.solve(&self.problems.at(epsilon), epsilon);
        }
    }

    /// Takes other settings. Goes on from the weights as they are where that [can be](Config::continues), and starts
    /// again at step 0 where it cannot.
    ///
    /// # Panics
    /// When the settings are not [valid](Config::validate).
    pub fn reconfigure(&mut self, config: Config) {
        let continues = config.continues(&self.config);
        let epsilon = config.epsilon;
        let built =
            |config: &Config| (config.batch, config.source_nodes, config.target_nodes, config.draws, config.optimiser);
        let is_built = continues && built(&config) == built(&self.config);
        let config = Config { epsilon: self.config.epsilon, ..config };
        if is_built {
            self.config = config;
            self.forget_divergence();
        } else {
            // What is on the device is of the sizes of the settings: it is built anew, and what is learned copied.
            let paths = KernelPath::candidates(&self.gpu, &config);
            let mut next = self.rebuilt(&paths, config, &self.source);
            if continues {
                self.hand_over_to(&mut next);
            }
            // The flows that it was solving for have room in its own buffers only.
            if next.finest == self.finest {
                std::mem::swap(&mut next.exact, &mut self.exact);
            }
            std::mem::swap(&mut next.tuner, &mut self.tuner);
            std::mem::swap(&mut next.particles, &mut self.particles);
            next.exact.drop_audit();
            *self = next;
        }
        self.set_epsilon(epsilon);
    }

    /// What is learned goes over to a run with buffers of its own, and where it stands.
    fn hand_over_to(&mut self, next: &mut Self) {
        self.copy_weights_to(next);
        std::mem::swap(&mut next.step_sampler, &mut self.step_sampler);
        std::mem::swap(&mut next.snapshots, &mut self.snapshots);
        next.snapshot_counters = self.snapshot_counters;
    }

    fn copy_weights_to(&self, other: &Self) {
        let descriptor = wgpu::CommandEncoderDescriptor { label: Some("weights") };
        let mut encoder = self.gpu.device.create_command_encoder(&descriptor);
        let [from, to] = [self, other].map(|session| session.trainer.networks().state().into_array());
        for (from, to) in from.into_iter().zip(to) {
            encoder.copy_buffer_to_buffer(from, 0, to, 0, from.size());
        }
        self.gpu.queue.submit([encoder.finish()]);
    }

    /// Why this run leads nowhere, once a report showed that it has diverged; until it starts again or its settings
    /// change.
    pub fn divergence(&self) -> Option<&Divergence> {
        self.divergence.as_ref()
    }

    fn forget_divergence(&mut self) {
        (self.monitor, self.divergence, self.last_steps) = (DivergenceMonitor::default(), None, 0);
    }

    /// Whether there is room for another submission.
    pub fn is_ready(&self) -> bool {
        self.in_flight.len() < MAX_IN_FLIGHT
    }

    /// Submits `work`, and a picture if asked. Does nothing if the session is not [ready](Self::is_ready).
    pub fn submit(&mut self, work: &Work, frame: Option<&Frame<'_>>) {
        if !self.is_ready() {
            return;
        }
        let descriptor = wgpu::CommandEncoderDescriptor { label: Some("submission") };
        let mut encoder = self.gpu.device.create_command_encoder(&descriptor);
        let steps = work.steps.min(self.max_steps);
        let (path, steps) = if steps > 0 { self.tuner.next(steps) } else { (0, 0) };
        let readback = self.readbacks.iter().position(Readback::is_idle);
        // The exact flow alone needs no learned one.
        let is_exact = frame.is_some_and(|frame| self.shown(frame.shown) == Shown::Exact);
        let is_first = self.tabulated_epsilon.is_none() && !is_exact;
        let tabulate = readback.is_some() && (work.tabulate || is_first);
        let epsilon = frame.map_or(self.config.epsilon, |frame| self.epsilon_beside(frame.shown));
        let mut flow = false;
        let (swept, moved, arrived);
        let clock = self.clocks.iter().position(Clock::is_idle).filter(|_| steps > 0);
        {
            let timestamp_writes = clock.map(|clock| self.clocks[clock].writes());
            let descriptor = wgpu::ComputePassDescriptor { label: None, timestamp_writes };
            let mut pass = encoder.begin_compute_pass(&descriptor);
            if steps > 0 {
                // Kernels are compiled once, and not for each step.
                self.trainer.compile(path);
                let start = Instant::now();
                let inputs: Vec<_> = (0..steps).map(|_| self.step_sampler.advance(&self.config)).collect();
                self.trainer.encode_steps(&mut pass, &inputs, path);
                self.timer.record_host(1e3 * start.elapsed().as_secs_f64(), steps);
                self.last_steps = steps;
            }
            if tabulate {
                let lattice = self.problems.lattice(epsilon);
                self.trainer.set_lattice(&lattice);
                self.trainer.encode_tabulation(&mut pass, &self.step_sampler.base(&self.config), epsilon);
                (self.tabulated_epsilon, self.is_tabulation_old) = (Some(epsilon), false);
                self.flows.iter_mut().for_each(|flow| flow.set_lattice(&lattice));
            }
            swept = self.exact.encode_sweeps(&mut pass);
            let most = if self.gpu.software { PARTICLE_STEPS_OF_SOFTWARE } else { PARTICLE_STEPS };
            let particles = self.particles.as_mut();
            (moved, arrived) = particles.map_or((0, false), |particles| particles.encode(&mut pass, most));
            if let Some(frame) = frame {
                let time = if work.time.is_nan() { 0.0 } else { work.time.clamp(0.0, 1.0) };
                flow = self.encode_flow(&mut pass, self.shown(frame.shown), time);
            }
        }
        if let Some(clock) = clock {
            self.clocks[clock].encode(&mut encoder);
        }
        if swept {
            self.exact.encode_readback(&mut encoder);
        }
        if let Some(particles) = self.particles.as_ref().filter(|_| arrived) {
            particles.encode_readback(&mut encoder);
        }
        let tabulation = readback.filter(|_| tabulate).map(|readback| {
            self.readbacks[readback].encode(&mut encoder);
            let [step, evaluations] = [self.step(), self.evaluations()];
            let losses = if epsilon == self.config.epsilon { self.last_steps } else { 0 };
            PendingTabulation { readback, step, evaluations, epsilon, lattice: *self.trainer.lattice(), losses }
        });
        if let Some(frame) = frame {
            let learned = |second_potential| &self.flows[second_potential as usize].field;
            let lattice = *self.trainer.lattice();
            let (lattice, subject) = match self.shown(frame.shown) {
                Shown::Exact => (*self.exact.lattice(), Subject::Flow(self.exact.field())),
                // A tabulation at the ε of the exact flow is on the lattice of it.
                Shown::Difference(second_potential) if lattice == *self.exact.lattice() => {
                    (lattice, Subject::Difference(learned(second_potential), self.exact.field()))
                }
                Shown::Learned(second_potential) | Shown::Difference(second_potential) => {
                    (lattice, Subject::Flow(learned(second_potential)))
                }
            };
            frame.view.encode(&self.gpu, &mut encoder, &lattice, subject, frame);
        }
        let done = Arc::new(OnceLock::new());
        let (submitted, signal) = (Instant::now(), done.clone());
        let index = self.gpu.queue.submit([encoder.finish()]);
        self.gpu.queue.on_submitted_work_done(move || {
            signal.get_or_init(Instant::now);
        });
        let generation = self.generation;
        let flows = u32::from(flow) + (FLOWS_OF_PARTICLE_STEP * moved) as u32;
        self.in_flight.push_back(Submission {
            generation,
            steps,
            path,
            flows,
            submitted,
            index,
            done,
            clock,
            tabulation,
        });
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

    /// ε that the learned flow is tabulated at for a picture of `wanted`: that of the exact flow where it shows one, which
    /// while ε moves is a little behind, and otherwise that of the settings.
    pub fn epsilon_beside(&self, wanted: Shown) -> f64 {
        let exact = self.exact.last_flow().filter(|_| !matches!(wanted, Shown::Learned(_)));
        exact.map_or(self.config.epsilon, |exact| exact.epsilon)
    }

    /// ε of the flow that a picture of `wanted` shows.
    pub fn epsilon_of(&self, wanted: Shown) -> f64 {
        match (wanted, self.tabulated_epsilon) {
            (Shown::Learned(_), Some(epsilon)) => epsilon,
            _ => self.epsilon_beside(wanted),
        }
    }

    /// Whether the learned flow on the device is of another ε than a picture of `wanted` [needs](Self::epsilon_beside).
    pub fn is_behind(&self, wanted: Shown) -> bool {
        self.tabulated_epsilon.is_some_and(|epsilon| epsilon != self.epsilon_beside(wanted))
    }

    /// The potentials that a picture of `wanted` is made of; none as long as a part of it is not on the host, or the parts
    /// of a difference are not of one ε and one source.
    pub fn potentials(&self, wanted: Shown) -> Option<ShownFlow> {
        let shown = self.shown(wanted);
        let is_one = !self.exact.is_behind() && self.received_generation == self.generation;
        let exact = self.exact.last_flow().filter(|_| shown == Shown::Exact || is_one);
        ShownFlow::new(shown, self.tabulation.as_ref(), exact)
    }

    /// Whether a picture of `wanted` waits for no flow of the present source: only a difference does.
    pub fn can_be_drawn(&self, wanted: Shown) -> bool {
        let is_one = !self.is_tabulation_old && !self.exact.is_behind();
        is_one || !matches!(self.shown(wanted), Shown::Difference(_))
    }

    /// Particles set out into the flow that a picture of `wanted` shows, as it is on the host, and keep it; some submissions
    /// later [they are there](Self::take_paths). Those before are forgotten. Without such a flow none set out.
    pub fn start_particles(&mut self, wanted: Shown, particle_config: ParticleConfig) {
        let Some(ShownFlow { potentials, .. }) = self.potentials(wanted) else { return };
        let (particle_config, lattice) = (particle_config.clamped(), potentials.lattice());
        let before = self.particles.take();
        let reused = before.filter(|before| before.serves(&lattice, particle_config.count) && !before.is_under_way());
        let made = || Box::new(ParticlesOnGpu::new(&self.gpu, &self.kernels, &lattice, particle_config.count));
        self.particles.insert(reused.unwrap_or_else(made)).start_particles(&potentials, particle_config);
    }

    /// Whether particles are on their way, or were not taken yet.
    pub fn has_particles(&self) -> bool {
        self.particles.as_ref().is_some_and(|particles| particles.is_under_way())
    }

    /// Whether the next submission shall move particles.
    pub fn moves_particles(&self) -> bool {
        self.particles.as_ref().is_some_and(|particles| particles.has_work())
    }

    /// Where particles went, once they are there; never waits.
    pub fn take_paths(&mut self) -> Option<Trajectories> {
        self.particles.as_mut().and_then(|particles| particles.take())
    }

    /// Records the flows that a picture of `shown` needs; says whether there was any to record.
    fn encode_flow(&mut self, pass: &mut wgpu::ComputePass<'_>, shown: Shown, time: f64) -> bool {
        let mut evaluated = false;
        if let (Shown::Learned(second_potential) | Shown::Difference(second_potential), Some(epsilon)) =
            (shown, self.tabulated_epsilon)
        {
            evaluated |= self.flows[second_potential as usize].encode(pass, epsilon, time);
        }
        if let Shown::Exact | Shown::Difference(_) = shown {
            evaluated |= self.exact.encode_flow(pass, time);
        }
        evaluated
    }

    /// The exact flow beside the learned one.
    pub fn exact(&self) -> &ExactOnGpu {
        &self.exact
    }

    /// Chooses who solves for the exact flow, from the next source or ε on: at first the kernels, unless the adapter is
    /// a software adapter.
    pub fn set_exact_solver(&mut self, solver: Solver) {
        self.exact.set_solver(solver);
    }

    /// Compares the flow that was measured last with the exact one, from φ and `second_potential`; the report comes from
    /// [`work_on_host`](Self::work_on_host). Does nothing while there is no exact flow of its ε, or another audit is
    /// under way.
    pub fn audit(&mut self, measurement: &Measurement, second_potential: SecondPotential) {
        if let Some(tabulation) = &self.tabulation {
            self.exact.audit(measurement, tabulation, second_potential);
        }
    }

    /// Sweeps and audits on the host for about `budget`; the audit that this completed, if it completed one.
    pub fn work_on_host(&mut self, budget: Duration) -> Option<AuditReport> {
        self.exact.work(budget)
    }

    /// Takes what has come back since the last call; never waits. The newest report, if there is a new one.
    pub fn poll(&mut self) -> Option<Measurement> {
        // Natively this is what runs the callbacks; in a browser it does nothing. A lost device is told by its callback.
        let _ = self.gpu.device.poll(wgpu::PollType::Poll);
        self.exact.poll();
        let mut measurement = None;
        while let Some(submission) = self.in_flight.front() {
            let Some(&done) = submission.done.get() else { break };
            let is_read = |pending: &PendingTabulation| self.readbacks[pending.readback].is_settled();
            let is_timed = |clock: usize| self.clocks[clock].is_settled();
            if !submission.tabulation.as_ref().is_none_or(is_read) || !submission.clock.is_none_or(is_timed) {
                break;
            }
            let submission = self.in_flight.pop_front().expect("it was at the front");
            let Submission { submitted, steps, path, flows, clock, .. } = submission;
            let tabulated = submission.tabulation.is_some();
            let elapsed = self.timer.elapsed_ms(submitted, done);
            let ms = clock.and_then(|clock| self.clocks[clock].take_ms()).unwrap_or(elapsed);
            self.timer.record(ms, steps, tabulated, flows);
            // Which path is faster shows where there was little else to do than steps.
            if steps > 0 && !tabulated && flows <= 1 {
                self.tuner.record(path, steps, ms);
            }
            if let Some(pending) = submission.tabulation {
                let values = self.readbacks[pending.readback].take();
                if let (Some(values), true) = (values, submission.generation == self.generation) {
                    measurement = Some(self.receive(values, &pending));
                }
            }
        }
        measurement
    }

    fn receive(&mut self, values: Vec<Vec<f32>>, pending: &PendingTabulation) -> Measurement {
        let mut values = values.into_iter();
        let mut next = || values.next().expect("a readback has as many values as sources");
        let mut field = || {
            let mut values = next();
            values.truncate(pending.lattice.len());
            values
        };
        let (u, w, psi, heat_w) = (field(), field(), field(), field());
        let log_rho_0 = u.iter().zip(&heat_w).map(|(u, heat)| u + heat).collect();
        let tabulation = TabulatedPotentials { epsilon: pending.epsilon, u, w, psi, log_rho_0 };
        let both = LearnerState { theta: next(), first_moment: next(), second_moment: next(), average: next() };
        for (side, snapshot) in self.snapshots.iter_mut().enumerate() {
            let len = self.shape.len;
            snapshot.state = both.each_ref().map(|both| both[side * len..][..len].to_vec());
        }
        let losses: Vec<f32> = next().into_iter().step_by(2).take(pending.losses as usize).collect();
        self.snapshot_counters = [pending.step, pending.evaluations];
        let problem = self.problems.on(&pending.lattice);
        let metrics = measure(&problem.lattice, &problem.source, &normal_density(&problem.lattice), &tabulation);
        (self.tabulation, self.received_generation) = (Some(tabulation), self.generation);
        let PendingTabulation { step, evaluations, epsilon, .. } = *pending;
        let measurement = Measurement { step, evaluations, epsilon, metrics, estimate: estimate(&losses, epsilon) };
        if epsilon == self.config.epsilon && self.divergence.is_none() {
            let symptom = self.monitor.observe(&measurement);
            self.divergence = symptom
                .map(|symptom| Divergence::new(&measurement, symptom, &self.config, &self.source, &Target::Normal));
        }
        measurement
    }

    /// Where the run stood when its weights came back last.
    pub fn checkpoint(&self) -> Checkpoint {
        let [step, evaluations] = self.snapshot_counters;
        Checkpoint { snapshots: self.snapshots.clone(), step, evaluations }
    }

    /// How many training steps a submission should have to take about `target_ms`, from the measured times so far.
    pub fn steps_for(&self, target_ms: f64) -> u32 {
        self.timer.steps_for(target_ms)
    }

    /// Measured milliseconds of a training step, once one is known.
    pub fn step_ms(&self) -> Option<f64> {
        self.timer.step_ms()
    }

    /// The same run on another device, from the weights that came back last: for when a device is lost.
    pub fn moved_to(self, gpu: &Gpu) -> Self {
        let mut moved = Self::new(gpu, self.config, &self.source);
        moved.step_sampler = self.step_sampler;
        moved.step_sampler.rewind(self.snapshot_counters[0], self.snapshot_counters[1]);
        moved.snapshots = self.snapshots;
        moved.snapshot_counters = self.snapshot_counters;
        moved.restart_from_snapshots();
        moved
    }
}
