//! The speed of this machine by one click: training of both workloads on each backend that is there, measured while the
//! page's own run rests.

use crate::capability::{self, CpuReason};
use crate::shared::{Shared, with};
use crate::widgets::readout::name_of;
use crate::widgets::stage::Adapter;
use flowsketch_core::config::Config;
use flowsketch_core::gpu::Gpu;
use flowsketch_core::gpu::session::{Session, Work};
use flowsketch_core::measure::Preset;
use flowsketch_protocol::worker::{Answer, Measured, Request};
use flowsketch_web::dom::pause;
use flowsketch_web::line::{Line, TRAINING_WORKER};
use flowsketch_web::number::{counted, raw, shown};
use flowsketch_worker::speed::{DURATION, FEWEST, WARM_UP, workloads};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use web_sys::Window;
use web_time::Instant;

/// Duration aimed at for one submission, milliseconds: long compared with its overhead, short compared with the whole.
const SUBMISSION_MS: f64 = 100.0;
/// A submission that takes longer counts as lost.
const PATIENCE: Duration = Duration::from_secs(120);

/// Measures both workloads on each backend, and shows each result as it comes, until `stop` is set.
pub async fn measure(app: Shared, stop: Rc<Cell<bool>>) {
    let window = app.borrow().page.window.clone();
    let bench = Bench { app, window, stop };
    let finished = bench.all().await;
    if finished.is_some() {
        with(&bench.app, |app| app.end_measuring("Measured."));
    }
}

struct Bench {
    app: Shared,
    window: Window,
    stop: Rc<Cell<bool>>,
}

/// None if it was stopped; an error, as a sentence, if the device or worker failed.
type Outcome = Option<Result<Measured, String>>;

impl Bench {
    /// None when it was stopped.
    async fn all(&self) -> Option<()> {
        let workloads = workloads();
        for (k, (name, config)) in workloads.iter().enumerate() {
            self.say(&format!("Measuring {} of 4: {name} in the worker. The page’s own training waits.", k + 1));
            let outcome = self.in_worker(config).await?;
            self.tell("worker", "this processor, one thread", name, config, outcome);
        }
        self.say("Opening the graphics device.");
        let gpu = match self.device().await {
            Ok((gpu, name)) => Ok((gpu, name)),
            Err(why) => Err(why.reason()),
        };
        for (k, (name, config)) in workloads.iter().enumerate() {
            match &gpu {
                Ok((gpu, device)) => {
                    self.say(&format!("Measuring {} of 4: {name} on {device}. The page’s own training waits.", k + 3));
                    let outcome = self.on_gpu(gpu, config).await?;
                    self.tell("gpu", device, name, config, outcome);
                }
                Err(reason) => {
                    let sentence = format!("Not measured: {reason}.");
                    self.goes_on().await?;
                    self.tell("gpu", "none", name, config, Err(sentence));
                }
            }
        }
        Some(())
    }

    /// A second worker of the same program times itself.
    async fn in_worker(&self, config: &Config) -> Outcome {
        let line = match Line::open(TRAINING_WORKER, Rc::new(|| {})) {
            Ok(line) => line,
            Err(words) => return Some(Err(format!("The browser gave no worker: {words}."))),
        };
        loop {
            self.goes_on().await?;
            let inbox = line.take();
            if let Some(words) = inbox.failure {
                return Some(Err(format!("The worker failed: {}.", words.trim_end_matches('.'))));
            }
            for answer in inbox.answers {
                match answer {
                    Answer::Ready => line.ask(&Request::Measure { config: config.clone(), duration: DURATION }),
                    Answer::Measured(measured) => return Some(Ok(measured)),
                    _ => {}
                }
            }
        }
    }

    /// A separate device without a canvas, whichever backend the page uses, and its name.
    async fn device(&self) -> Result<(Gpu, String), CpuReason> {
        capability::probe(&self.window)?;
        let gpu = Adapter::find().await?.open().await?;
        let name = capability::adapter_name(&self.window).await;
        let name = name_of(&gpu, name);
        let name = if gpu.software { format!("{name} (software)") } else { name };
        Ok((gpu, name))
    }

    async fn on_gpu(&self, gpu: &Gpu, config: &Config) -> Outcome {
        let mut session = Session::new(gpu, config.clone(), &Preset::TwoSpirals.density());
        let work = |steps| Work { steps, tabulate: false, time: 0.0 };
        // Warm-up: the first submission also tabulates, and the first ones also solve for an exact flow.
        while session.step() < WARM_UP || session.exact().has_gpu_work() {
            session.submit(&work(1), None);
            if let Err(failure) = self.all_done(&mut session).await? {
                return Some(Err(failure));
            }
        }
        let (step, evaluations) = (session.step(), session.evaluations());
        let start = Instant::now();
        while start.elapsed() < DURATION || session.step() - step < FEWEST {
            while session.is_ready() {
                session.submit(&work(session.steps_for(SUBMISSION_MS)), None);
            }
            self.goes_on().await?;
            session.poll();
            if let Some(failure) = session.gpu().failure() {
                return Some(Err(failure));
            }
        }
        let (steps, evaluations) = (session.step() - step, session.evaluations() - evaluations);
        let done = self.all_done(&mut session).await?;
        let seconds = |end: Instant| end.saturating_duration_since(start).as_secs_f64();
        Some(done.map(|end| Measured { steps, evaluations, seconds: seconds(end) }))
    }

    /// Waits for everything that was submitted; returns when it was done.
    async fn all_done(&self, session: &mut Session) -> Option<Result<Instant, String>> {
        let done = Arc::<OnceLock<Instant>>::default();
        let signal = Arc::clone(&done);
        session.gpu().queue.on_submitted_work_done(move || {
            signal.get_or_init(Instant::now);
        });
        let start = Instant::now();
        loop {
            self.goes_on().await?;
            session.poll();
            if let Some(failure) = session.gpu().failure() {
                return Some(Err(failure));
            }
            if let Some(&end) = done.get() {
                return Some(Ok(end));
            }
            if start.elapsed() > PATIENCE {
                return Some(Err("The graphics device does not answer.".into()));
            }
        }
    }

    /// Yields to the browser; none when the measurement was stopped.
    async fn goes_on(&self) -> Option<()> {
        pause(&self.window, 4).await;
        (!self.stop.get()).then_some(())
    }

    fn say(&self, sentence: &str) {
        with(&self.app, |app| app.speed.say(sentence));
    }

    /// Adds a row to the table: text for people, data attributes for programs.
    fn tell(&self, backend: &str, device: &str, workload: &str, config: &Config, outcome: Result<Measured, String>) {
        let head = format!("data-backend=\"{backend}\" data-workload=\"{workload}\"");
        let shown_backend = if backend == "gpu" { "GPU" } else { backend };
        let names = format!("<th scope=\"row\">{shown_backend}</th><td>{}</td><td>{workload}</td>", escaped(device));
        let row = match outcome {
            Ok(measured) => {
                let rate = measured.evaluations_per_second();
                let gflops = rate * config.shape().operations() as f64 / 1e9;
                let step_ms = measured.step_ms();
                let data = format!("data-rate=\"{}\" data-gflops=\"{}\"", raw(rate), raw(gflops));
                let data = format!("{data} data-step-ms=\"{}\" data-steps=\"{}\"", raw(step_ms), measured.steps);
                let numbers = [counted(rate as u64), shown(gflops), shown(step_ms)];
                let cells: String = numbers.iter().map(|number| format!("<td>{number}</td>")).collect();
                format!("<tr {head} {data}>{names}{cells}</tr>")
            }
            Err(sentence) => format!("<tr {head}>{names}<td colspan=\"3\">{}</td></tr>", escaped(&sentence)),
        };
        with(&self.app, |app| app.speed.add(&row));
    }
}

/// Escapes text for markup, such as an error message of the browser.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
