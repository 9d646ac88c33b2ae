//! The history of a run in bounded memory: earlier states, to look at and to continue from.

use flowsketch_core::checkpoint::Checkpoint;
use flowsketch_core::config::Config;
use flowsketch_core::cpu::session::CpuSession;
use flowsketch_core::measure::Target;
use flowsketch_core::potentials::{SecondPotential, Shown};
use flowsketch_core::shown::ShownFlow;
use flowsketch_protocol::export::RunSnapshot;

/// An earlier state of a run, and its settings then.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEntry {
    /// The settings in that state.
    pub config: Config,
    /// Weights and optimisers of both networks.
    pub checkpoint: Checkpoint,
}

/// Most entries that are kept: 350 kB each with the default networks, 11 MB in all.
pub const MOST: usize = 32;

/// Entries of one run, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct History {
    entries: Vec<HistoryEntry>,
    /// Fewest steps between two entries.
    spacing: u64,
}

impl History {
    /// The entries that are kept, the oldest first.
    pub fn entries(&self) -> &[HistoryEntry] {
        &self.entries
    }

    /// Whether an entry at that step would be kept.
    pub fn wants(&self, step: u64) -> bool {
        self.entries.last().is_none_or(|last| step >= last.checkpoint.step + self.spacing.max(1))
    }

    /// Keeps an entry that is [wanted](Self::wants). When there are too many, every second one is dropped, and later
    /// ones are kept as far apart as those that remain.
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

    /// The run is now at `step` with these settings. Drops entries of later steps, and those that the settings cannot
    /// [continue](Config::continues).
    pub fn follow(&mut self, config: &Config, step: u64) {
        self.entries.retain(|entry| entry.checkpoint.step <= step && config.continues(&entry.config));
        if self.entries.is_empty() {
            self.spacing = 0;
        }
    }

    /// Drops all entries, because the source or the target has changed.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}

/// The learned flow of a snapshot, from φ and its transform; none without a checkpoint.
pub fn recall(snapshot: RunSnapshot) -> Option<ShownFlow> {
    let RunSnapshot { config, source, target, checkpoint, .. } = snapshot;
    let checkpoint = checkpoint?;
    let end = Target::of(target.as_ref().map(|target| &target.density));
    let mut session = CpuSession::new(config, &source, end).resumed(&checkpoint);
    session.tabulate();
    session.potentials(Shown::Learned(SecondPotential::Transform))
}
