//! The past of a run in bounded memory: where it stood now and then, to look at and to go on from.

use flowsketch_core::checkpoint::Checkpoint;
use flowsketch_core::config::Config;
use flowsketch_core::cpu::session::CpuSession;
use flowsketch_core::measure::Target;
use flowsketch_core::potentials::{SecondPotential, Shown};
use flowsketch_core::shown::ShownFlow;
use flowsketch_protocol::export::RunSnapshot;

/// Where a run stood, and its settings then.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEntry {
    pub config: Config,
    /// Weights and optimisers of both networks.
    pub checkpoint: Checkpoint,
}

/// Most moments that are kept: 350 kB each with the default networks, 11 MB in all.
pub const MOST: usize = 32;

/// Moments of one run, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct History {
    entries: Vec<HistoryEntry>,
    /// Steps between two moments at least.
    spacing: u64,
}

impl History {
    pub fn entries(&self) -> &[HistoryEntry] {
        &self.entries
    }

    /// Whether a moment at that step would be kept.
    pub fn wants(&self, step: u64) -> bool {
        self.entries.last().is_none_or(|last| step >= last.checkpoint.step + self.spacing.max(1))
    }

    /// Keeps a moment that is [wanted](Self::wants). Where there are too many every second one goes, and later ones are as far
    /// apart as those that stay.
    pub fn keep(&mut self, entry: HistoryEntry) {
        if !self.wants(entry.checkpoint.step) {
            return;
        }
        self.entries.push(entry);
        if self.entries.len() == MOST {
            let mut number = 0;
            self.entries.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            let steps = |entry: Option<&HistoryEntry>| entry.map_or(0, |entry| entry.checkpoint.step);
            self.spacing = (steps(self.entries.last()) - steps(self.entries.first())) / self.entries.len() as u64;
        }
    }

    /// The run is at that step, with those settings: what is later, or of networks of another kind, is not of its past.
    pub fn follow(&mut self, config: &Config, step: u64) {
        self.entries.retain(|entry| entry.checkpoint.step <= step && config.continues(&entry.config));
        if self.entries.is_empty() {
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
    let RunSnapshot { config, source, target, checkpoint, .. } = snapshot;
    let checkpoint = checkpoint?;
    let end = Target::of(target.as_ref().map(|target| &target.density));
    let mut session = CpuSession::new(config, &source, end).resumed(&checkpoint);
    session.tabulate();
    session.potentials(Shown::Learned(SecondPotential::Transform))
}
