//! Changes of the backend: devices are opened and lost, workers are started and restarted.

use crate::app::App;
use crate::app::frame::Next;
use crate::backend::Backend;
use crate::backend::on_gpu::OnGpu;
use crate::backend::on_worker::OnWorker;
use crate::capability::{CpuReason, no_backend};
use crate::model::status_line::Training;
use crate::widgets::stage::Stage;
use flowsketch_core::gpu::Gpu;
use flowsketch_core::gpu::session::Session;
use flowsketch_web::number::grouped;
use web_sys::HtmlCanvasElement;

impl App {
    /// A device is open: the run starts, or continues where it was.
    pub fn compute_on(&mut self, gpu: &Gpu, stage: Stage) {
        if self.target.other.is_some() {
            return self.compute_in_worker(CpuReason::Target);
        }
        let Some(source) = &self.source.density else { return };
        let session = match self.compute.resting.take() {
            Some(session) => {
                self.status
                    .tell("The graphics device was lost and is open again; the run continues from its last weights.");
                session.moved_to(gpu)
            }
            None => {
                let checkpoint = match self.compute.backend.take() {
                    Some(Backend::Worker(run)) => run.into_progress(),
                    _ => None,
                };
                let mut session = Session::new(gpu, self.run.config.clone(), source);
                if let (Some(checkpoint), false) = (checkpoint, self.source.is_pending) {
                    session.resume(&checkpoint);
                    self.status.tell("The graphics adapter has answered: it continues the run.");
                }
                self.source.is_pending = false;
                session
            }
        };
        self.compute.reason = None;
        self.page.put_flow(stage.canvas());
        self.go_live(Backend::Gpu(Box::new(OnGpu::new(stage, session))));
    }

    /// A canvas for a device to draw on: that of the page, or another if a worker draws on it already.
    pub fn canvas_for_device(&self) -> HtmlCanvasElement {
        match self.compute.backend {
            None => self.page.flow.clone(),
            Some(_) => self.page.another_flow(),
        }
    }

    /// The worker computes: the run starts, or continues from the last checkpoint of a device or of a worker that
    /// failed.
    pub fn compute_in_worker(&mut self, why: CpuReason) {
        let Some(source) = &self.source.density else { return };
        let resting = self.compute.resting.take();
        let left_at = self.compute.left_at.take();
        let checkpoint = resting.as_ref().map(Session::checkpoint).or(left_at).filter(|_| !self.source.is_pending);
        let source = resting.as_ref().filter(|_| checkpoint.is_some()).map_or(source, Session::source).clone();
        self.source.is_pending = false;
        self.readout.name_processor(&why);
        let (config, target) = (self.run.config.clone(), self.target.density());
        let worker = OnWorker::new(&mut self.page, &self.ticker, config, &source, target, checkpoint);
        self.compute.reason = Some(why);
        match worker {
            Ok(worker) => self.go_live(Backend::Worker(Box::new(worker))),
            Err(failure) => self.refuse(&failure),
        }
    }

    /// The worker goes on computing, for this reason.
    pub fn compute_in_worker_because(&mut self, why: CpuReason) {
        self.readout.name_processor(&why);
        self.compute.reason = Some(why);
    }

    fn go_live(&mut self, run: Backend) {
        self.compute.backend = Some(run);
        self.page.uncover();
        self.enable_flow(true);
        self.refresh();
        self.ticker.wake();
    }

    /// There will be no flow, since the worker failed too; the pad still works.
    pub fn refuse(&mut self, failure: &str) {
        self.page.alarm(&no_backend(self.compute.reason.as_ref().unwrap_or(&CpuReason::Asked), failure));
        self.status.tell("There is no flow on this page: see the message in its place.");
        self.run.training = Training::Paused;
        self.enable_flow(false);
        self.refresh();
        self.ticker.wake();
    }

    /// The backend is lost: the run is kept until another backend takes it over.
    pub fn rest(&mut self) {
        self.compute.rest();
        self.readout.forget_speed();
    }

    /// The page has become visible or hidden.
    pub fn visibility_changed(&mut self) {
        self.readout.forget_speed();
        if self.page.document.hidden() {
            self.stop_measuring();
            // The page may be closed next.
            if self.address.is_behind() {
                _ = self.write_link();
            }
            if let Some(run) = &mut self.compute.backend {
                run.rest();
            }
        }
        self.ticker.wake();
    }

    /// The backend failed; returns what to do next.
    pub fn lose(&mut self, now_ms: f64, failure: &str) -> Next {
        let was_worker = matches!(self.compute.backend, Some(Backend::Worker(_)));
        self.rest();
        self.enable_flow(false);
        if was_worker {
            return self.lose_worker(failure);
        }
        self.status.tell(failure);
        if self.compute.may_open_again(now_ms) {
            return Next::Open;
        }
        self.status.tell("The graphics device was lost repeatedly; the processor continues from the last weights.");
        self.compute_in_worker(CpuReason::Lost);
        Next::Frame
    }

    /// A worker that failed is started again, once.
    fn lose_worker(&mut self, failure: &str) -> Next {
        if std::mem::replace(&mut self.compute.worker_failed, true) {
            self.refuse(failure);
            return Next::Rest;
        }
        let from = match &self.compute.left_at {
            Some(checkpoint) if !self.source.is_pending => format!("from step {}", grouped(checkpoint.step)),
            _ => {
                self.restarted();
                "at step 0".into()
            }
        };
        self.status.tell(format!("The worker that computes failed and was started again, {from} ({failure})."));
        let why = self.compute.reason.take().unwrap_or(CpuReason::Asked);
        self.compute_in_worker(why);
        Next::Frame
    }
}
