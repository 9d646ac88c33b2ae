//! Two runs side by side, each in a worker of its own.

pub mod listeners;

use crate::curves;
use flowsketch_core::config::Config;
use flowsketch_core::measure::Density;
use flowsketch_core::potentials::{SecondPotential, Shown};
use flowsketch_core::run::{RunRequest, ViewParams};
use flowsketch_core::style::Style;
use flowsketch_protocol::export::RunSnapshot;
use flowsketch_protocol::panels::Scene;
use flowsketch_protocol::worker::{Answer, Request};
use flowsketch_web::density_canvas;
use flowsketch_web::dom::{element, words};
use flowsketch_web::line::{Inbox, Line, TRAINING_WORKER};
use flowsketch_web::number::{grouped, shown};
use flowsketch_web::ticker::Ticker;
use flowsketch_worker::compare::{Axis, Change, Point, Record};
use std::rc::Rc;
use web_sys::{
    Document, Element, HtmlButtonElement, HtmlCanvasElement, HtmlElement, HtmlInputElement, HtmlSelectElement,
    ImageData,
};

/// Pixels of a side of both maps.
const SIDE: u32 = 240;
/// A frame counts as at most this long, milliseconds.
const LONGEST_FRAME_MS: f64 = 250.0;

pub struct Compare {
    elements: Elements,
    axis: Axis,
    /// The settings for which a value is suggested.
    suggested: Option<Config>,
    both: Option<Both>,
    /// Whether a start waits for a snapshot of the page's run.
    is_starting: bool,
}

/// What the panel is made of on the page.
struct Elements {
    panel: Element,
    form: HtmlElement,
    what: HtmlSelectElement,
    number: HtmlInputElement,
    start: HtmlButtonElement,
    state: HtmlElement,
    results: HtmlElement,
    maps: [HtmlCanvasElement; 2],
    names: [HtmlElement; 2],
    plot: Element,
    axes: [(HtmlButtonElement, Axis); 2],
    rows: Element,
}

/// A comparison under way.
struct Both {
    runs: [Run; 2],
    /// How long both have had to train, milliseconds.
    clock_ms: f64,
    last_frame_ms: Option<f64>,
}

struct Run {
    line: Line,
    config: Config,
    name: String,
    record: Record,
    /// What it is asked first, once it listens.
    start: Option<Request>,
    request: Option<RunRequest>,
}

impl Run {
    fn open(
        config: Config,
        name: String,
        source: Density,
        target: Option<Density>,
        ticker: &Rc<Ticker>,
    ) -> Result<Self, String> {
        let ticker = Rc::clone(ticker);
        let line = Line::open(TRAINING_WORKER, Rc::new(move || ticker.wake()))?;
        let start = Some(Request::Start { run: 1, config: config.clone(), source, target, checkpoint: None });
        Ok(Self { line, config, name, record: Record::default(), start, request: None })
    }

    /// Takes what is new, and draws a picture on `map`; returns whether there is a new measurement.
    fn receive(&mut self, map: &HtmlCanvasElement, seconds: f64) -> Result<bool, String> {
        let Inbox { answers, pixels, failure, .. } = self.line.take();
        if let Some(failure) = failure {
            return Err(failure);
        }
        let mut is_new = false;
        for answer in answers {
            match answer {
                Answer::Ready => self.start.take().iter().for_each(|start| self.line.ask(start)),
                Answer::RunUpdate { update, .. } => {
                    if let Some(measurement) = update.measurement {
                        is_new = true;
                        self.record.push(Point {
                            step: measurement.step,
                            seconds,
                            kl_source: measurement.metrics.kl_source,
                        });
                    }
                }
                // It is asked for nothing else.
                _ => {}
            }
        }
        if let Some(pixels) = pixels {
            let image = ImageData::new_with_js_u8_clamped_array(&pixels, SIDE);
            if let (Ok(image), Some(context)) = (image, density_canvas::context(map)) {
                context.put_image_data(&image, 0.0, 0.0).map_err(|error| words(&error))?;
            }
            self.line.send(&Request::Seen, Some(&pixels), None);
        }
        Ok(is_new)
    }

    fn want(&mut self, time: f64, dark: bool) {
        let style = Style { dark, arrows: true, range: Style::RANGE };
        let second_potential = SecondPotential::Transform;
        let request = RunRequest {
            epsilon: self.config.epsilon,
            training: true,
            playing: false,
            busy: false,
            drawing: false,
            second_potential,
            potentials: false,
            view: ViewParams { time, shown: Shown::Learned(second_potential), style, side: SIDE },
        };
        if self.start.is_none() && self.request != Some(request) {
            self.request = Some(request);
            self.line.ask(&Request::Want(request));
        }
    }

    fn rest(&mut self) {
        self.request = None;
        if self.start.is_none() {
            self.line.ask(&Request::Rest);
        }
    }
}

impl Compare {
    pub fn new(document: &Document) -> Self {
        let elements = Elements {
            panel: element(document, "compare"),
            form: element(document, "compare-form"),
            what: element(document, "compare-what"),
            number: element(document, "compare-number"),
            start: element(document, "compare-start"),
            state: element(document, "compare-state"),
            results: element(document, "compare-results"),
            maps: [0, 1].map(|k| element(document, &format!("compare-map-{k}"))),
            names: [0, 1].map(|k| element(document, &format!("compare-name-{k}"))),
            plot: element(document, "compare-plot"),
            axes: [("compare-steps", Axis::Steps), ("compare-seconds", Axis::Seconds)]
                .map(|(id, axis)| (element(document, id), axis)),
            rows: element(document, "compare-rows"),
        };
        Self { elements, axis: Axis::Steps, suggested: None, both: None, is_starting: false }
    }

    fn change(&self) -> Change {
        Change::named(&self.elements.what.value(), self.elements.number.value_as_number())
            .expect("each option is a change")
    }

    /// Whether two runs are compared.
    pub fn is_on(&self) -> bool {
        self.both.is_some()
    }

    /// Takes what is new of both runs; returns whether another frame is needed without an event.
    pub fn frame(&mut self, now_ms: f64, scene: &Scene) -> bool {
        self.elements.start.set_disabled(self.both.is_none() && (!scene.is_live || self.is_starting));
        if self.both.is_none() {
            if self.elements.panel.has_attribute("open") && self.suggested.as_ref() != Some(&scene.config) {
                self.suggest(&scene.config);
            }
            return false;
        }
        if let Err(words) = self.advance(now_ms, scene) {
            self.end();
            self.elements.state.set_text_content(Some(&format!("A worker failed: {}.", words.trim_end_matches('.'))));
        }
        // The clock of both advances in each frame.
        self.both.is_some()
    }

    fn advance(&mut self, now_ms: f64, scene: &Scene) -> Result<(), String> {
        let Some(both) = &mut self.both else { return Ok(()) };
        let elapsed_ms = both.last_frame_ms.map_or(0.0, |last| (now_ms - last).min(LONGEST_FRAME_MS));
        both.last_frame_ms = Some(now_ms);
        if both.runs.iter().all(|run| run.start.is_none()) {
            both.clock_ms += elapsed_ms;
        }
        let mut is_new = false;
        for (run, map) in both.runs.iter_mut().zip(&self.elements.maps) {
            is_new |= run.receive(map, both.clock_ms / 1e3)?;
            run.want(scene.time, scene.is_dark);
        }
        if is_new {
            self.draw();
        }
        Ok(())
    }

    fn draw(&self) {
        let Some(Both { runs: [first, second], .. }) = &self.both else { return };
        self.elements.plot.set_inner_html(&curves::svg([&first.record, &second.record], self.axis));
        let row = |run: &Run| {
            let last = run.record.last()?;
            let numbers = format!(
                "<td>{}</td><td>{:.1}</td><td>{}</td>",
                grouped(last.step),
                last.seconds,
                shown(last.kl_source)
            );
            Some(format!("<tr><th scope=\"row\">{}</th>{numbers}</tr>", run.name))
        };
        self.elements.rows.set_inner_html(&[first, second].into_iter().filter_map(row).collect::<String>());
    }

    /// The page is hidden: both runs pause.
    fn rest(&mut self) {
        if let Some(both) = &mut self.both {
            both.last_frame_ms = None;
            both.runs.iter_mut().for_each(Run::rest);
        }
    }

    fn suggest(&mut self, config: &Config) {
        let suggestion = self.change().suggestion(config);
        self.elements.number.set_hidden(suggestion.is_none());
        if let Some(number) = suggestion {
            self.elements.number.set_value(&number.to_string());
        }
        self.suggested = Some(config.clone());
    }

    /// Begins from the source and with the settings of the page's run.
    ///
    /// # Errors
    /// A sentence, where there is nothing to compare.
    fn begin(&mut self, snapshot: RunSnapshot, ticker: &Rc<Ticker>) -> Result<(), String> {
        let RunSnapshot { config, source, name, target, .. } = snapshot;
        let end = target.map(|target| target.density);
        let change = self.change();
        let other = change.applied(&config)?;
        let open =
            |config: Config| Run::open(config.clone(), change.words(&config), source.clone(), end.clone(), ticker);
        let runs = [open(config)?, open(other)?];
        for (caption, run) in self.elements.names.iter().zip(&runs) {
            caption.set_text_content(Some(&run.name));
        }
        let text = format!("From {name}: {} against {}. The maps are at the page’s t.", runs[0].name, runs[1].name);
        self.elements.state.set_text_content(Some(&text));
        self.elements.results.set_hidden(false);
        self.elements.start.set_text_content(Some("Stop"));
        self.elements.what.set_disabled(true);
        self.elements.number.set_disabled(true);
        self.both = Some(Both { runs, clock_ms: 0.0, last_frame_ms: None });
        Ok(())
    }

    /// Ends the comparison; returns whether there was one.
    fn end(&mut self) -> bool {
        self.elements.start.set_text_content(Some("Compare"));
        self.elements.what.set_disabled(false);
        self.elements.number.set_disabled(false);
        self.both.take().is_some()
    }
}
