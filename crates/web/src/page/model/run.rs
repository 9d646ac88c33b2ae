//! The run: its settings, how far training has come, and when it pauses.

use crate::model::early_stopping::EarlyStopping;
use crate::model::status_line::Training;
use flowsketch_core::config::Config;
use flowsketch_core::divergence_monitor::Divergence;
use flowsketch_core::metrics::Measurement;

pub struct Run {
    /// The settings as the person wants them; ε in the run follows in the next frame.
    pub config: Config,
    pub training: Training,
    stopping: EarlyStopping,
    /// Whether training continues with the next ink: it was paused because the pad was emptied.
    waits_for_ink: bool,
    /// While the panels compare other runs: what training was, and whether the flow played.
    pub held: Option<(Training, bool)>,
    /// Why the run has diverged, once that was detected.
    pub divergence: Option<Divergence>,
    /// Training steps of the run; some of them may still be being computed.
    pub step: u64,
    /// The newest measurement of the flow.
    pub measurement: Option<Measurement>,
    /// ε of the exact flow that audits compare with.
    pub audited_epsilon: f64,
}

impl Run {
    pub fn new(config: &Config) -> Self {
        Self {
            config: config.clone(),
            training: Training::On,
            stopping: EarlyStopping::from(0, config.evaluations_of_step()),
            waits_for_ink: false,
            held: None,
            divergence: None,
            step: 0,
            measurement: None,
            audited_epsilon: config.epsilon,
        }
    }

    pub fn is_training(&self) -> bool {
        self.training == Training::On
    }

    pub fn train(&mut self) {
        self.watch_anew();
        (self.training, self.waits_for_ink) = (Training::On, false);
    }

    pub fn pause(&mut self) {
        (self.training, self.waits_for_ink) = (Training::Paused, false);
    }

    /// There is nothing to train on: it pauses until there is ink, unless the person paused it.
    pub fn pause_until_ink(&mut self) {
        let waits_for_ink = self.goes_on_with_ink();
        self.pause();
        self.waits_for_ink = waits_for_ink;
    }

    /// Whether it can be trained now.
    pub fn can_train(&self) -> bool {
        self.divergence.is_none() && self.held.is_none()
    }

    /// Whether training continues with a drawing: the person has not paused it.
    pub fn goes_on_with_ink(&self) -> bool {
        self.training != Training::Paused || self.waits_for_ink
    }

    /// The run is at step 0 again.
    pub fn restart(&mut self) {
        (self.measurement, self.step) = (None, 0);
        self.watch_anew();
        self.divergence = None;
        if self.training == Training::Diverged {
            self.training = Training::Paused;
        }
    }

    /// A new period of training begins at this step.
    pub fn watch_anew(&mut self) {
        self.stopping = EarlyStopping::from(self.step, self.config.evaluations_of_step());
    }

    /// Takes a measured fit while training is on; returns whether training pauses because of it.
    pub fn see(&mut self, measurement: &Measurement) -> bool {
        let stop = self.stopping.see(measurement.step, measurement.metrics.kl_source);
        if let Some(stop) = stop {
            self.training = Training::Stopped(stop);
        }
        stop.is_some()
    }
}
