//! Particles that kernels move through a flow: all frames are in one buffer, which is read back after the last one.

use super::device::Gpu;
use super::flow::heat_gradients;
use super::kernel::{Dispatch, Inputs, Kernels, storage};
use super::plan::{Counts, Planned, record};
use super::readback::Readback;
use super::uniforms::{FlowTimeUniform, ParticleStepUniform};
use crate::explore::{ParticleConfig, Trajectories};
use crate::lattice::Lattice;
use crate::particle_step::{FRAMES, STEPS};
use crate::potentials::Potentials;

/// Two clouds of a fixed number of particles, which can be launched repeatedly.
#[derive(Debug)]
pub struct ParticlesOnGpu {
    gpu: Gpu,
    lattice: Lattice,
    /// Particles of each cloud.
    count: u32,
    /// The flow that they follow to the end, u and w (G, G).
    potentials: [wgpu::Buffer; 2],
    /// Positions (FRAMES, 2, N) of (x, y), world units.
    frames: wgpu::Buffer,
    /// A slot for each time at which gradients are needed, and one for each step.
    moments: Inputs,
    particle_steps: Inputs,
    /// Gradients at the first, middle and last time of a step. The last of one step is the first of the next, so the outer
    /// two change places from step to step.
    heat: [Vec<Planned>; 3],
    moves: [Dispatch; 2],
    readback: Readback,
    /// The launch under way, and its steps recorded so far.
    config: Option<ParticleConfig>,
    done: usize,
}

impl ParticlesOnGpu {
    /// For flows on `lattice`, and `count` particles of each cloud.
    pub fn new(gpu: &Gpu, kernels: &Kernels, lattice: &Lattice, count: u32) -> Self {
        let potentials = ["particles' u", "particles' w"].map(|label| storage(gpu, label, lattice.len()));
        let field4 = |label| storage(gpu, label, 4 * lattice.len());
        let heated = [(); 3].map(|()| ["u heated", "w heated"].map(field4));
        let heat = heated.each_ref().map(|heated| heat_gradients(kernels, potentials.each_ref(), heated.each_ref()));
        let frames = storage(gpu, "particles", FRAMES * 4 * count as usize);
        let moves = [[0, 1, 2], [2, 1, 0]].map(|times: [usize; 3]| {
            let buffers: Vec<_> = times.iter().flat_map(|&time| &heated[time]).chain([&frames]).collect();
            kernels.bind("particles", Default::default(), &buffers)
        });
        Self {
            gpu: gpu.clone(),
            lattice: *lattice,
            count,
            potentials,
            readback: Readback::new(gpu, &[&frames]),
            frames,
            moments: kernels.inputs::<FlowTimeUniform>("moments", 2 * STEPS as u64 + 1),
            particle_steps: kernels.inputs::<ParticleStepUniform>("particle steps", STEPS as u64),
            heat,
            moves,
            config: None,
            done: 0,
        }
    }

    /// Whether it was made for flows on this lattice and `count` particles of each cloud.
    pub fn serves(&self, lattice: &Lattice, count: u32) -> bool {
        self.lattice == *lattice && self.count == count
    }

    /// Whether a launch is under way, or its result was not taken yet.
    pub fn is_under_way(&self) -> bool {
        self.config.is_some()
    }

    /// Whether steps of a launch are still to be recorded.
    pub fn has_work(&self) -> bool {
        self.is_under_way() && self.done < STEPS
    }

    /// Launches particles in this flow: as many as there is room for, whatever `config.count` says.
    ///
    /// # Panics
    /// When a launch is under way, or the flow is on another lattice.
    pub fn start_particles(&mut self, potentials: &Potentials, config: ParticleConfig) {
        assert!(!self.is_under_way(), "another launch is under way");
        assert!(potentials.lattice() == self.lattice, "the flow is on another lattice");
        let config = ParticleConfig { count: self.count, ..config };
        let queue = &self.gpu.queue;
        for (buffer, field) in self.potentials.iter().zip([&potentials.u, &potentials.w]) {
            queue.write_buffer(buffer, 0, bytemuck::cast_slice(field));
        }
        let starts = config.starts(potentials);
        let starts: &[u8] = bytemuck::cast_slice(&starts);
        for cloud in 0..2 {
            queue.write_buffer(&self.frames, cloud * starts.len() as u64, starts);
        }
        let mut moments = [FlowTimeUniform::default(); 2 * STEPS + 1];
        let mut particle_steps = [ParticleStepUniform::default(); STEPS];
        for step in 0..STEPS {
            let particle_step = config.particle_step(potentials, step);
            particle_steps[step] = ParticleStepUniform::new(&particle_step, self.count);
            // The last time of a step is the first of the next.
            for (moment, root) in moments[2 * step..].iter_mut().zip(particle_step.roots()) {
                *moment = FlowTimeUniform::of_particles(&self.lattice, potentials.epsilon, root * root);
            }
        }
        self.moments.write(&self.gpu, &moments);
        self.particle_steps.write(&self.gpu, &particle_steps);
        (self.config, self.done) = (Some(config), 0);
    }

    /// Records up to `steps` steps of the launch under way. Returns how many it recorded, and whether the last step is
    /// among them; then the frames are to be [read back](Self::encode_readback).
    pub fn encode(&mut self, pass: &mut wgpu::ComputePass<'_>, steps: usize) -> (usize, bool) {
        if !self.has_work() {
            return (0, false);
        }
        let counts = Counts::of_lattice(&self.lattice);
        let heat = |pass: &mut _, place: usize, time: usize| {
            record(&self.heat[place], pass, &self.moments, time as u32, &counts);
        };
        if self.done == 0 {
            heat(pass, 0, 0);
        }
        let until = STEPS.min(self.done + steps);
        for step in self.done..until {
            heat(pass, 1, 2 * step + 1);
            heat(pass, 2 - 2 * (step % 2), 2 * step + 2);
            self.moves[step % 2].record(pass, &self.particle_steps, step as u32, 2 * self.count);
        }
        let recorded = until - self.done;
        self.done = until;
        (recorded, until == STEPS)
    }

    /// Records the readback of all frames.
    pub fn encode_readback(&self, encoder: &mut wgpu::CommandEncoder) {
        self.readback.encode(encoder);
    }

    /// The trajectories, once they have come back; never waits. Then, or if they were lost, no launch is under way any
    /// more.
    pub fn take(&mut self) -> Option<Trajectories> {
        if self.readback.is_idle() || !self.readback.is_settled() {
            return None;
        }
        let config = self.config.take()?;
        let positions = self.readback.take()?.pop()?;
        Some(Trajectories { config, positions })
    }
}
