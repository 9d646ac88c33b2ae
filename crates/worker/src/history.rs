//! The past of a run in bounded memory: where it stood now and then, to look at and to go on from.

use flowsketch_core::checkpoint::Progress;
use flowsketch_core::config::Config;
use flowsketch_core::cpu::session::CpuSession;
use flowsketch_core::measure::Target;
use flowsketch_core::potentials::{Completion, Shown};
use flowsketch_core::shown::ShownFlow;
use flowsketch_protocol::export::RunSnapshot;

/// Where a run stood, and its settings then.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    pub config: Config,
    /// Weights and optimisers of both networks.
    pub progress: Progress,
}

/// Most moments that are kept: 350 kB each with the default networks, 11 MB in all.
pub const MOST: usize = 32;

/// Moments of one run, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct History {
    moments: Vec<Moment>,
    /// Steps between two moments at least.
    spacing: u64,
}

impl History {
    pub fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// Whether a moment at that step would be kept.
    pub fn wants(&self, step: u64) -> bool {
        self.moments.last().is_none_or(|last| step >= last.progress.step + self.spacing.max(1))
    }

    /// Keeps a moment that is [wanted](Self::wants). Where there are too many every second one goes, and later ones are as far
    /// apart as those that stay.
    pub fn keep(&mut self, moment: Moment) {
        if !self.wants(moment.progress.step) {
            return;
        }
        self.moments.push(moment);
        if self.moments.len() == MOST {
            let mut number = 0;
            self.moments.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            let steps = |moment: Option<&Moment>| moment.map_or(0, |moment| moment.progress.step);
            self.spacing = (steps(self.moments.last()) - steps(self.moments.first())) / self.moments.len() as u64;
        }
    }

    /// The run is at that step, with those settings: what is later, or of networks of another kind, is not of its past.
    pub fn follow(&mut self, config: &Config, step: u64) {
        self.moments.retain(|moment| moment.progress.step <= step && config.continues(&moment.config));
        if self.moments.is_empty() {
            self.spacing = 0;
        }
    }

    /// Another source or target: none of it is of the past of this run.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}

/// The learned flow of a run where it stands: φ and its transform.
pub fn recall(snapshot: RunSnapshot) -> Option<ShownFlow> {
    let RunSnapshot { config, source, target, progress, .. } = snapshot;
    let progress = progress?;
    let end = Target::of(target.as_ref().map(|target| &target.density));
    let mut session = CpuSession::new(config, &source, end).resumed(&progress);
    session.recover();
    session.potentials(Shown::Learned(Completion::Transform))
}
