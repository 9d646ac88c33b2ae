//! Where the time of a training step goes on a GPU.

use super::plan::{Counts, record};
use super::trainer::Trainer;
use crate::profile::Profiled;
use crate::step_sampler::StepInputs;
use std::time::Duration;
use web_time::Instant;

/// A submission that takes longer than this counts as lost.
const PATIENCE: Duration = Duration::from_secs(60);

impl Trainer {
    /// Times each dispatch of a step by itself, on the path of that index, for about `budget` seconds each. A time is
    /// the difference between a submission of `2n` such dispatches and one of `n`, so that the overhead of a submission
    /// does not count. Afterwards the weights are meaningless.
    pub fn profile(&self, step: &StepInputs, path: usize, budget: f64) -> Vec<Profiled> {
        self.write_steps(std::slice::from_ref(step));
        let counts = Counts::of_step(&step.points);
        let profiled = |planned| {
            let time = |count: usize| {
                let start = Instant::now();
                let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
                {
                    let mut pass = encoder.begin_compute_pass(&Default::default());
                    for _ in 0..count {
                        record(std::slice::from_ref(planned), &mut pass, &self.step_inputs, 0, &counts);
                    }
                }
                self.gpu.queue.submit([encoder.finish()]);
                let wait = wgpu::PollType::Wait { submission_index: None, timeout: Some(PATIENCE) };
                // A device that does not answer is timed as a slow one; the next step detects its failure.
                _ = self.gpu.device.poll(wait);
                start.elapsed().as_secs_f64()
            };
            time(1);
            let count = ((budget / 9.0 / time(1)) as usize).clamp(1, 1000);
            let mut differences: Vec<f64> = (0..3).map(|_| (time(2 * count) - time(count)) / count as f64).collect();
            differences.sort_by(f64::total_cmp);
            let (name, rows) = (planned.0.kernel, f64::from(planned.1.rows(&counts)));
            let operations = match name {
                "fused_forward" => Some(rows * self.shape().operations_forward() as f64),
                "fused_backward" | "fused_groups" => Some(rows * self.shape().operations() as f64),
                _ => None,
            };
            Profiled { name, seconds: differences[1].max(0.0), operations }
        };
        self.step_plan(path).iter().map(profiled).collect()
    }
}
