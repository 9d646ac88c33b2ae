//! The interface of a run that is the same on both backends.

use crate::config::Config;
use crate::cpu::session::CpuSession;
use crate::divergence_monitor::Divergence;
use crate::exact::audit::AuditReport;
use crate::gpu::session::Session;
use crate::metrics::Measurement;
use crate::potentials::{SecondPotential, Shown};
use crate::shown::ShownFlow;
use std::time::Duration;

/// The part of a session that is the same on a GPU and on the processor. Training steps and drawing are not part of it:
/// on a GPU they are asynchronous and finish some frames later, on the processor they are done when the call returns.
pub trait Backend {
    /// The settings of the run, with the present ε.
    fn config(&self) -> &Config;

    /// Training steps so far, and their network evaluations.
    fn step(&self) -> u64;
    /// Network evaluations of those steps: one is a forward and a backward pass at one point.
    fn evaluations(&self) -> u64;

    /// Why this run has diverged, once a measurement showed that it has.
    fn divergence(&self) -> Option<&Divergence>;

    /// Changes ε and continues from the present weights.
    fn set_epsilon(&mut self, epsilon: f64);

    /// Whether the tabulated learned flow belongs to another ε than a picture of `wanted` needs.
    fn is_behind(&self, wanted: Shown) -> bool;

    /// What a picture shows when it is asked to show `wanted`, and the ε of that flow.
    fn shown(&self, wanted: Shown) -> Shown;
    /// ε of the flow that a picture of `wanted` shows.
    fn epsilon_of(&self, wanted: Shown) -> f64;

    /// The potentials that a picture of `wanted` is made of; none while some of them are missing.
    fn potentials(&self, wanted: Shown) -> Option<ShownFlow>;

    /// Number of exact flows solved so far; the last exact flow has changed whenever this number has.
    fn solutions(&self) -> u64;

    /// Whether the exact flow of the present source and ε has been solved.
    fn is_solved(&self) -> bool;

    /// Whether the host has something to solve or to audit.
    fn has_host_work(&self) -> bool;

    /// Compares the flow that was measured last with the exact one; the result comes from
    /// [`work_on_host`](Self::work_on_host).
    fn audit(&mut self, measurement: &Measurement, second_potential: SecondPotential);

    /// Solves and audits on the host for about `budget`; returns the audit that this completed, if any.
    fn work_on_host(&mut self, budget: Duration) -> Option<AuditReport>;
}

/// Implements [`Backend`] by the methods of the same names.
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
