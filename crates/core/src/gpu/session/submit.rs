//! One submission: what is recorded for the device, and how its results are taken.

use super::Session;
use crate::checkpoint::LearnerState;
use crate::gpu::clock::Clock;
use crate::gpu::readback::Readback;
use crate::gpu::submission::{
    FLOWS_OF_PARTICLE_STEP, PARTICLE_STEPS, PARTICLE_STEPS_OF_SOFTWARE, PendingTabulation, Submission, Work,
};
use crate::gpu::view::{Frame, Subject};
use crate::metrics::Measurement;
use crate::potentials::{Shown, TabulatedPotentials};
use std::sync::{Arc, OnceLock};
use web_time::Instant;

impl Session {
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
        let is_first = self.state.tabulated_epsilon.is_none() && !is_exact;
        let tabulate = readback.is_some() && (work.tabulate || is_first);
        let epsilon = frame.map_or(self.state.config.epsilon, |frame| self.epsilon_beside(frame.shown));
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
                let inputs: Vec<_> = (0..steps).map(|_| self.state.step_sampler.advance(&self.state.config)).collect();
                self.trainer.encode_steps(&mut pass, &inputs, path);
                self.timer.record_host(1e3 * start.elapsed().as_secs_f64(), steps);
                self.last_steps = steps;
            }
            if tabulate {
                let lattice = self.state.problems.lattice(epsilon);
                self.trainer.set_lattice(&lattice);
                self.trainer.encode_tabulation(&mut pass, &self.state.step_sampler.base(&self.state.config), epsilon);
                (self.state.tabulated_epsilon, self.state.is_tabulation_old) = (Some(epsilon), false);
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
            let losses = if epsilon == self.state.config.epsilon { self.last_steps } else { 0 };
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

    /// Records the flows that a picture of `shown` needs; returns whether there was any to record.
    fn encode_flow(&mut self, pass: &mut wgpu::ComputePass<'_>, shown: Shown, time: f64) -> bool {
        let mut evaluated = false;
        if let (Shown::Learned(second_potential) | Shown::Difference(second_potential), Some(epsilon)) =
            (shown, self.state.tabulated_epsilon)
        {
            evaluated |= self.flows[second_potential as usize].encode(pass, epsilon, time);
        }
        if let Shown::Exact | Shown::Difference(_) = shown {
            evaluated |= self.exact.encode_flow(pass, time);
        }
        evaluated
    }

    /// Takes what has come back since the last call; never waits. Returns the newest measurement, if there is a new one.
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
        for (side, snapshot) in self.checkpoint.snapshots.iter_mut().enumerate() {
            let len = self.shape.len;
            snapshot.state = both.each_ref().map(|both| both[side * len..][..len].to_vec());
        }
        let losses: Vec<f32> = next().into_iter().step_by(2).take(pending.losses as usize).collect();
        (self.checkpoint.step, self.checkpoint.evaluations) = (pending.step, pending.evaluations);
        self.received_generation = self.generation;
        let problem = self.state.problems.on(&pending.lattice);
        self.state.measure(tabulation, &problem, &losses, [pending.step, pending.evaluations])
    }
}
