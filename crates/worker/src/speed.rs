//! How fast a backend trains: the workloads of all backends, and the measurement on the CPU.

use flowsketch_core::config::Config;
use flowsketch_core::cpu::session::CpuSession;
use flowsketch_core::measure::{Preset, Target};
use flowsketch_protocol::worker::Measured;
use std::time::Duration;
use web_time::Instant;

/// Steps before the clock starts: they fill caches and compile kernels.
pub const WARM_UP: u64 = 2;
/// Fewest steps that are timed, however long they take.
pub const FEWEST: u64 = 2;
/// How long steps are timed, approximately.
pub const DURATION: Duration = Duration::from_millis(2_500);

/// The two workloads that are timed on every backend, by name; both learn [`Preset::TwoSpirals`] at ε = 1.
pub fn workloads() -> [(&'static str, Config); 2] {
    [("quadrature", Config { epsilon: 1.0, ..Config::default() }), ("paper", Config::paper())]
}

/// Times steps of `config` on this thread for `duration`, and [`FEWEST`] at least.
pub fn measure(config: Config, duration: Duration) -> Measured {
    let mut session = CpuSession::new(config, &Preset::TwoSpirals.density(), Target::Normal);
    session.train(WARM_UP as u32);
    let (step, evaluations) = (session.step(), session.evaluations());
    let start = Instant::now();
    while start.elapsed() < duration || session.step() - step < FEWEST {
        session.train(1);
    }
    let seconds = start.elapsed().as_secs_f64();
    Measured { steps: session.step() - step, evaluations: session.evaluations() - evaluations, seconds }
}
