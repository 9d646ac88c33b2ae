//! A run on the processor, in a worker of its own: what the page asks of it, and the pictures it sends.

use crate::backend::outcome::Outcome;
use crate::widgets::page::Page;
use flowsketch_core::checkpoint::Checkpoint;
use flowsketch_core::config::Config;
use flowsketch_core::measure::Density;
use flowsketch_core::potentials::{SecondPotential, Shown};
use flowsketch_core::run::{Onward, RunRequest, RunUpdate, ViewParams};
use flowsketch_protocol::worker::{Answer, Request};
use flowsketch_web::density_canvas;
use flowsketch_web::dom::words;
use flowsketch_web::line::{Inbox, Line, TRAINING_WORKER};
use flowsketch_web::ticker::Ticker;
use js_sys::Uint8ClampedArray;
use std::rc::Rc;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

/// Pictures have at most this many pixels a side; the browser scales them up.
const LARGEST_SIDE: u32 = 600;

pub struct OnWorker {
    line: Line,
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    config: Config,
    /// Requests that wait until the worker listens; none once it does.
    early: Option<Vec<Request>>,
    /// The number of the present run; answers about others are out of date.
    run: u32,
    sent: Option<RunRequest>,
    /// The latest checkpoint that the worker sent.
    checkpoint: Option<Box<Checkpoint>>,
    step: u64,
    /// What the picture shows, and its ε.
    shown: Shown,
    epsilon: f64,
}

impl OnWorker {
    /// A run of `config` from `source`, or from a `checkpoint` of another run of both.
    ///
    /// # Errors
    /// The browser's error message when it starts no worker.
    pub fn new(
        page: &mut Page,
        ticker: &Rc<Ticker>,
        config: Config,
        source: &Density,
        target: Option<&Density>,
        checkpoint: Option<Checkpoint>,
    ) -> Result<Self, String> {
        let context = density_canvas::context(&page.flow).or_else(|| {
            page.renew_flow();
            density_canvas::context(&page.flow)
        });
        let context = context.ok_or("no canvas for pictures")?;
        let ticker = Rc::clone(ticker);
        let mut run = Self {
            line: Line::open(TRAINING_WORKER, Rc::new(move || ticker.wake()))?,
            canvas: page.flow.clone(),
            context,
            epsilon: config.epsilon,
            config,
            early: Some(vec![]),
            run: 0,
            sent: None,
            checkpoint: checkpoint.clone().map(Box::new),
            step: checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.step),
            shown: Shown::Learned(SecondPotential::Transform),
        };
        run.start(source, target, checkpoint);
        Ok(run)
    }

    fn start(&mut self, source: &Density, target: Option<&Density>, checkpoint: Option<Checkpoint>) {
        self.run += 1;
        self.ask(Request::Start {
            run: self.run,
            config: self.config.clone(),
            source: source.clone(),
            target: target.cloned(),
            checkpoint: checkpoint.map(Box::new),
        });
    }

    pub fn load(&mut self, source: &Density, target: Option<&Density>) {
        (self.step, self.checkpoint) = (0, None);
        self.start(source, target, None);
    }

    pub fn follow(&mut self, source: &Density, onward: Onward, is_last: bool) {
        if onward != Onward::On {
            (self.step, self.checkpoint) = (0, None);
        }
        // While the pen moves, answers about the drawing just before still count.
        self.run += u32::from(onward != Onward::On || is_last);
        self.ask(Request::Follow { run: self.run, source: source.clone(), onward, is_last });
    }

    pub fn resume(&mut self, source: &Density, target: Option<&Density>, checkpoint: Checkpoint) {
        (self.step, self.checkpoint) = (checkpoint.step, Some(Box::new(checkpoint.clone())));
        self.start(source, target, Some(checkpoint));
    }

    pub fn reconfigure(&mut self, config: &Config) {
        self.config = config.clone();
        self.ask(Request::Configure(config.clone()));
    }

    pub fn reset(&mut self) {
        (self.run, self.step, self.checkpoint) = (self.run + 1, 0, None);
        self.ask(Request::Reset { run: self.run });
    }

    /// The latest checkpoint that the worker sent since the run started, if any.
    pub fn into_progress(mut self) -> Option<Checkpoint> {
        self.checkpoint.take().map(|checkpoint| *checkpoint)
    }

    pub fn checkpoint(&self) -> Option<Checkpoint> {
        self.checkpoint.as_deref().cloned()
    }

    pub fn step_once(&mut self) {
        self.ask(Request::Step);
    }

    pub fn rest(&mut self) {
        self.sent = None;
        self.ask(Request::Rest);
    }

    /// As [`Backend::frame`](crate::backend::Backend::frame).
    pub fn frame(&mut self, request: &RunRequest) -> Result<Outcome, String> {
        let Inbox { answers, pixels, failure, .. } = self.line.take();
        if let Some(failure) = failure {
            return Err(failure);
        }
        let mut all = RunUpdate::none(self.step, self.shown, self.epsilon);
        let (mut picture, mut newest) = (0, None);
        for answer in answers {
            match answer {
                Answer::Ready => {
                    let early = self.early.take().unwrap_or_default();
                    early.into_iter().for_each(|request| self.ask(request));
                }
                // This worker is never asked for these.
                Answer::Measured(_)
                | Answer::Imported(_)
                | Answer::Vector { .. }
                | Answer::Exported(_)
                | Answer::Explored(_) => {}
                Answer::RunUpdate { run, update, checkpoint, flow, side } => {
                    // Only the newest picture is kept, and shown if it is of the present run.
                    if side > 0 {
                        picture = if run == self.run { side } else { 0 };
                    }
                    if run == self.run {
                        self.checkpoint = checkpoint.or(self.checkpoint.take());
                        newest = flow.or(newest);
                        all = RunUpdate {
                            measurement: update.measurement.or(all.measurement),
                            divergence: update.divergence.or(all.divergence),
                            audit: update.audit.or(all.audit),
                            solved: update.solved || all.solved,
                            ..*update
                        };
                    }
                }
            }
        }
        (self.step, self.shown, self.epsilon) = (all.step, all.shown, all.epsilon);
        if let Some(pixels) = pixels {
            if picture > 0 {
                self.put(&pixels, picture)?;
            }
            self.line.send(&Request::Seen, Some(&pixels), None);
        }
        let view = ViewParams { side: request.view.side.min(LARGEST_SIDE), ..request.view };
        let request = RunRequest { view, ..*request };
        if self.early.is_none() && self.sent != Some(request) {
            self.sent = Some(request);
            self.config.epsilon = request.epsilon;
            self.ask(Request::Want(request));
        }
        // Every message of the worker wakes the page.
        Ok(Outcome { update: all, flow: newest, paths: None, awake: request.busy })
    }

    fn put(&self, pixels: &Uint8ClampedArray, side: u32) -> Result<(), String> {
        if self.canvas.width() != side || self.canvas.height() != side {
            self.canvas.set_width(side);
            self.canvas.set_height(side);
        }
        let image = ImageData::new_with_js_u8_clamped_array(pixels, side).map_err(|error| words(&error))?;
        self.context.put_image_data(&image, 0.0, 0.0).map_err(|error| words(&error))
    }

    fn ask(&mut self, request: Request) {
        match &mut self.early {
            Some(early) => early.push(request),
            None => self.line.ask(&request),
        }
    }
}
