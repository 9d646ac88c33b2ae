//! What a driver asks of a run, on whichever backend it is.

use crate::config::Config;
use crate::cpu::session::CpuSession;
use crate::divergence_monitor::Divergence;
use crate::exact::audit::AuditReport;
use crate::gpu::session::Session;
use crate::metrics::Measurement;
use crate::potentials::{SecondPotential, Shown};
use crate::shown::ShownFlow;
use std::time::Duration;

/// The part of a session that is the same on a GPU and on the processor. How steps are taken and pictures drawn is not: a
/// GPU is given work and answers frames later, the processor does it before it answers.
pub trait Backend {
    fn config(&self) -> &Config;

    /// Training steps so far, and their network evaluations.
    fn step(&self) -> u64;
    fn evaluations(&self) -> u64;

    /// Why this run leads nowhere, once a measurement showed that it has diverged.
    fn divergence(&self) -> Option<&Divergence>;

    /// Changes ε, and goes on from the weights as they are.
    fn set_epsilon(&mut self, epsilon: f64);

    /// Whether the learned flow is of another ε than a picture of `wanted` needs.
    fn is_behind(&self, wanted: Shown) -> bool;

    /// What a picture shows when it is asked to show `wanted`, and the ε that it is of.
    fn shown(&self, wanted: Shown) -> Shown;
    fn epsilon_of(&self, wanted: Shown) -> f64;

    /// The potentials that a picture of `wanted` is made of, where all of them are there.
    fn potentials(&self, wanted: Shown) -> Option<ShownFlow>;

    /// Exact flows so far: as long as it is the same, so is the last one.
    fn solutions(&self) -> u64;

    /// Whether the exact flow is there for the present source and ε.
    fn is_solved(&self) -> bool;

    /// Whether the host has something to solve or to audit.
    fn has_host_work(&self) -> bool;

    /// Compares the flow that was measured last with the exact one; the result comes from
    /// [`work_on_host`](Self::work_on_host).
    fn audit(&mut self, measurement: &Measurement, second_potential: SecondPotential);

    /// Solves and audits on the host for about `budget`; the audit that this completed.
    fn work_on_host(&mut self, budget: Duration) -> Option<AuditReport>;
}

/// The methods of a session by the same names.
macro_rules! backend {
    ($session:ty, $has_host_work:ident) => {
        impl Backend for $session {
            fn config(&self) -> &Config {
                self.config()
            }

            fn step(&self) -> u64 {
                self.step()
            }

            fn evaluations(&self) -> u64 {
                self.evaluations()
            }

            fn divergence(&self) -> Option<&Divergence> {
                self.divergence()
            }

            fn set_epsilon(&mut self, epsilon: f64) {
                self.set_epsilon(epsilon);
            }

            fn is_behind(&self, wanted: Shown) -> bool {
                self.is_behind(wanted)
            }

            fn shown(&self, wanted: Shown) -> Shown {
                self.shown(wanted)
            }

            fn epsilon_of(&self, wanted: Shown) -> f64 {
                self.epsilon_of(wanted)
            }

            fn potentials(&self, wanted: Shown) -> Option<ShownFlow> {
                self.potentials(wanted)
            }

            fn solutions(&self) -> u64 {
                self.exact().solutions()
            }

            fn is_solved(&self) -> bool {
                self.exact().flow().is_some()
            }

            fn has_host_work(&self) -> bool {
                self.exact().$has_host_work()
            }

            fn audit(&mut self, measurement: &Measurement, second_potential: SecondPotential) {
                self.audit(measurement, second_potential);
            }

            fn work_on_host(&mut self, budget: Duration) -> Option<AuditReport> {
                self.work_on_host(budget)
            }
        }
    };
}

backend!(Session, has_host_work);
backend!(CpuSession, has_work);
