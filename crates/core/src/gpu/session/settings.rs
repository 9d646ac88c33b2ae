//! How a run starts, starts again, and takes another source, ε, settings or device.

use super::Session;
use crate::checkpoint::{Checkpoint, LearnerState};
use crate::config::Config;
use crate::gpu::device::Gpu;
use crate::gpu::flow::Flow;
use crate::gpu::plan::KernelPath;
use crate::measure::Density;
use crate::run::Onward;

impl Session {
    /// Starts again from another source: same settings, same seed, step 0.
    pub fn load(&mut self, source: &Density) {
        self.state.set_source(source, true);
        if self.state.problems.finest().count > self.finest.count {
            let paths = KernelPath::candidates(&self.gpu, &self.state.config);
            *self = self.rebuilt(&paths, self.state.config.clone(), source);
            return;
        }
        self.exact.load(&self.state.problem(), self.state.config.epsilon);
        self.reset();
    }

    /// A run at step 0 with buffers of its own, on the same device.
    fn rebuilt(&self, paths: &[KernelPath], config: Config, source: &Density) -> Self {
        let solver = Some(self.exact.wanted_solver());
        Self::with_kernels(&self.gpu, self.kernels.clone(), paths, solver, config, source)
    }

    /// Continues with another source, as a drawing that changes asks for many times a second. The flows shown stay until new
    /// ones are there. Before the last of these sources the exact flow is that of a [draft](crate::measure::Problems::draft).
    pub fn follow(&mut self, source: &Density, onward: Onward, is_last: bool) {
        self.state.set_source(source, is_last);
        if is_last && self.state.problems.finest().count > self.finest.count {
            self.move_to_finer(source);
        } else {
            let problem = self.state.problem();
            self.exact.follow(&problem, self.state.config.epsilon, onward == Onward::On && !is_last);
        }
        self.state.step_sampler.follow(source);
        self.forget_divergence();
        // What is measured of the submissions in flight is of the source before.
        self.generation += 1;
        self.state.is_tabulation_old = true;
        match onward {
            Onward::On => {}
            Onward::Warm => self.start_warm(),
            Onward::Afresh => self.reset(),
        }
    }

    /// Makes room for the lattice that this source needs, and keeps what is learned.
    fn move_to_finer(&mut self, source: &Density) {
        let paths = KernelPath::candidates(&self.gpu, &self.state.config);
        let mut next = self.rebuilt(&paths, self.state.config.clone(), source);
        self.hand_over_to(&mut next);
        next.generation = self.generation;
        std::mem::swap(&mut next.tuner, &mut self.tuner);
        std::mem::swap(&mut next.timer, &mut self.timer);
        *self = next;
    }

    /// Keeps the weights, on the device and as they came back last, and starts the optimiser again.
    fn start_warm(&mut self) {
        self.state.step_sampler.rewind(0, 0);
        self.checkpoint.forget_optimiser();
        let LearnerState { first_moment, second_moment, .. } = self.trainer.networks().state();
        let zeros = vec![0; first_moment.size() as usize];
        [first_moment, second_moment].into_iter().for_each(|buffer| self.gpu.queue.write_buffer(buffer, 0, &zeros));
    }

    /// Starts again from the same source: same seed, step 0.
    pub fn reset(&mut self) {
        self.state.restart_steps();
        self.checkpoint = Checkpoint::start(&self.state.config);
        self.restart_from_checkpoint();
    }

    /// Continues from a checkpoint of this run, or of another with these settings and this source.
    pub fn resume(&mut self, checkpoint: &Checkpoint) {
        self.state.step_sampler.rewind(checkpoint.step, checkpoint.evaluations);
        self.checkpoint = checkpoint.clone();
        self.restart_from_checkpoint();
    }

    pub(super) fn restart_from_checkpoint(&mut self) {
        self.trainer.write(&self.checkpoint.snapshots);
        self.generation += 1;
        self.last_steps = 0;
        self.state.forget_measurements();
        self.flows.iter_mut().for_each(Flow::forget);
        self.exact.drop_audit();
    }

    /// Changes ε (clamped to its range; not a number changes nothing) and goes on from the weights as they are: what
    /// the networks add to the closed-form base, in nats, serves the new ε well.
    pub fn set_epsilon(&mut self, epsilon: f64) {
        if self.state.set_epsilon(epsilon) {
            self.last_steps = 0;
            self.exact.solve(&self.state.problem(), self.state.config.epsilon);
        }
    }

    /// Takes other settings. Goes on from the weights as they are where that [can be](Config::continues), and starts
    /// again at step 0 where it cannot.
    ///
    /// # Panics
    /// When the settings are not [valid](Config::validate).
    pub fn reconfigure(&mut self, config: Config) {
        let continues = config.continues(&self.state.config);
        let epsilon = config.epsilon;
        let built =
            |config: &Config| (config.batch, config.source_nodes, config.target_nodes, config.draws, config.optimiser);
        let is_built = continues && built(&config) == built(&self.state.config);
        let config = Config { epsilon: self.state.config.epsilon, ..config };
        if is_built {
            self.state.config = config;
            self.forget_divergence();
        } else {
            // What is on the device is of the sizes of the settings: it is built anew, and what is learned copied.
            let paths = KernelPath::candidates(&self.gpu, &config);
            let mut next = self.rebuilt(&paths, config, &self.state.source);
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

    /// Hands the weights and the counters over to a run with buffers of its own.
    fn hand_over_to(&mut self, next: &mut Self) {
        self.copy_weights_to(next);
        std::mem::swap(&mut next.state.step_sampler, &mut self.state.step_sampler);
        std::mem::swap(&mut next.checkpoint, &mut self.checkpoint);
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

    /// The same run on another device, from the weights that came back last: for when a device is lost.
    pub fn moved_to(self, gpu: &Gpu) -> Self {
        let mut moved = Self::new(gpu, self.state.config, &self.state.source);
        moved.state.step_sampler = self.state.step_sampler;
        moved.resume(&self.checkpoint);
        moved
    }
}
