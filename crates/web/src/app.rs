//! The state of the page and what people do to it. Strokes are in `strokes.rs`, frames in `frame.rs`, listeners in
//! `wiring.rs`.

use crate::backend::Backend;
use crate::bring::Bring;
use crate::capability::{Why, no_backend};
use crate::controls::Controls;
use crate::on_gpu::OnGpu;
use crate::on_worker::OnWorker;
use crate::pad::Pad;
use crate::page::Page;
use crate::readout::Readout;
use crate::sentence::{Scene, Speaker, Training};
use crate::speed::Speed;
use crate::stage::Stage;
use crate::stopping::Stopping;
use crate::target::Target;
use crate::tools::Tools;
use flowsketch_core::audit::Completion;
use flowsketch_core::config::{Config, Recipe};
use flowsketch_core::cpu::session::Progress;
use flowsketch_core::gpu::{ARROW_TIME, Gpu, Style};
use flowsketch_core::measure::{Density, Drawing, Preset, Tool};
use flowsketch_core::run::{Look, Wanted};
use flowsketch_core::runaway::Runaway;
use flowsketch_core::session::{Report, Session, Shown};
use flowsketch_state::{Choice, PageState, View, values_of};
use flowsketch_web::dom::{press, set};
use flowsketch_web::ink::{Inks, paint_scale};
use flowsketch_web::ticker::Ticker;
use std::rc::Rc;

/// What a person can do with a button or a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    Tool(Tool),
    Undo,
    Redo,
    Clear,
    Preset(Preset),
    Train,
    Step,
    Reset,
    /// Starts again with the next seed.
    Reseed,
    Play,
    Theme,
    Help,
    /// How the flow is drawn was changed.
    Redraw,
    Show(View),
    NudgeTime(f64),
    /// Goes to that t.
    Time(f64),
    ScaleEpsilon(f64),
    /// A recipe with all its values, but ε and the seed as they are.
    Recipe(Recipe),
    /// All values of a recipe, ε and the seed among them.
    Values(Recipe),
}

pub struct App {
    pub page: Page,
    pub controls: Controls,
    pub ticker: Rc<Ticker>,
    pub(crate) readout: Readout,
    pub speed: Speed,
    pub bring: Bring,
    pub(crate) tools: Tools,
    pub(crate) speaker: Speaker,
    pub(crate) pad: Pad,
    pub(crate) inks: Inks,
    pub(crate) dark: bool,
    /// The nine presets as small pictures: shares of the largest density.
    thumbnails: Vec<Vec<f32>>,
    pub(crate) drawing: Drawing,
    pub(crate) tool: Tool,
    /// Whether there is nothing on the pad.
    pub(crate) blank: bool,

    /// The source of the run, and its name in a sentence.
    pub(crate) source: Option<Density>,
    /// Whether the run is still that of the source before; it starts again in the next frame.
    pub(crate) source_waits: bool,
    pub(crate) source_name: String,
    pub(crate) target: Target,
    /// The settings as the person wants them; ε in the run follows in the next frame.
    pub(crate) config: Config,
    /// Which backend the link asks for.
    pub(crate) choice: Choice,
    /// There while something computes.
    pub(crate) run: Option<Backend>,
    /// The run while there is no device.
    resting: Option<Session>,
    /// Where it stood when its worker failed.
    pub(crate) left_at: Option<Progress>,
    /// When devices were lost.
    pub(crate) losses_ms: Vec<f64>,
    /// Why the worker computes, if it does, and whether it failed once.
    pub(crate) why: Option<Why>,
    pub(crate) worker_failed: bool,
    /// Pixels of a side of the flow's canvas.
    pub(crate) side: u32,

    pub(crate) stopping: Stopping,
    pub(crate) training: Training,
    /// Why the run leads nowhere, once it was seen to.
    pub(crate) runaway: Option<Runaway>,
    /// Training steps of the run, some of them perhaps still under way.
    pub(crate) step: u64,
    /// What the picture was measured to be.
    pub(crate) report: Option<Report>,
    /// What the picture shows, and the ε that it is of.
    pub(crate) shown: Shown,
    pub(crate) shown_epsilon: f64,
    pub(crate) time: f64,
    pub(crate) view: View,
    /// ε of the exact flow that the measures are against.
    pub(crate) audited_epsilon: f64,
    pub(crate) playing: bool,
    /// How far the flow has played of its way there (below 1) and back (below 2).
    pub(crate) phase: Option<f64>,
    /// The person moves something until then.
    pub(crate) busy_until_ms: f64,
    pub(crate) last_frame_ms: Option<f64>,
    /// When something changed that the page's address does not say yet.
    pub(crate) changed_ms: Option<f64>,
}

/// After the last move of a slider the person is still taken to move it, milliseconds.
const BUSY_MS: f64 = 400.0;

impl App {
    /// The page in a state, and why it is not the one that was asked for. Its source is loaded apart, in a
    /// [task](Self::start) of its own.
    pub fn new(page: Page, ticker: Rc<Ticker>, state: &PageState, refused: Option<String>) -> Self {
        let mut speaker = Speaker::default();
        if let Some(sentence) = refused {
            speaker.tell(sentence);
        }
        page.say("Opening the graphics device.");
        let app = Self {
            controls: Controls::new(&page.document),
            readout: Readout::new(&page.document),
            speed: Speed::new(&page.document),
            bring: Bring::new(&page.document),
            tools: Tools::default(),
            pad: Pad::new(&page),
            target: Target::new(&page.document),
            inks: Inks::new(page.is_dark()),
            dark: page.is_dark(),
            playing: state.time.is_none() && !page.prefers("(prefers-reduced-motion: reduce)"),
            page,
            ticker,
            speaker,
            thumbnails: vec![],
            drawing: Drawing::default(),
            tool: Tool::Draw,
            blank: false,
            source: None,
            source_waits: false,
            source_name: String::new(),
            config: state.config.clone(),
            choice: state.backend,
            run: None,
            resting: None,
            left_at: None,
            losses_ms: vec![],
            why: None,
            worker_failed: false,
            side: 0,
            stopping: Stopping::from(0, state.config.evaluations_of_step()),
            training: Training::On,
            runaway: None,
            step: 0,
            report: None,
            shown: Shown::Learned(Completion::Transform),
            shown_epsilon: state.config.epsilon,
            time: state.time.unwrap_or(0.0),
            view: state.view,
            audited_epsilon: state.config.epsilon,
            phase: None,
            busy_until_ms: 0.0,
            last_frame_ms: None,
            changed_ms: None,
        };
        app.controls.both.set_checked(state.completion == Completion::Network);
        app.controls.arrows.set_checked(state.arrows);
        app.controls.settings.show(&app.config);
        app.show_legend();
        app.refresh();
        app.enable_drawing();
        app.target.show(&app.inks);
        app
    }

    /// The first source, unless the person was faster.
    pub fn start(&mut self, drawing: Drawing) {
        if self.source.is_none() {
            self.drawing = drawing;
            self.drawing_changed();
        }
        if self.source.is_none() {
            self.drawing.load(Preset::TwoSpirals);
            self.drawing_changed();
            self.train();
            self.speaker.tell("The link’s drawing leaves nothing on the pad; here is 2spirals instead.");
        }
        // It is what the address says.
        self.changed_ms = None;
    }

    /// A device is open: the run starts, or goes on where it was.
    pub fn compute_on(&mut self, gpu: &Gpu, stage: Stage) {
        if self.target.other.is_some() {
            return self.compute_in_worker(Why::Target);
        }
        let Some(source) = &self.source else { return };
        let session = match self.resting.take() {
            Some(session) => {
                self.speaker
                    .tell("The graphics device was lost and is open again; the run goes on from its last weights.");
                session.moved_to(gpu)
            }
            None => {
                self.source_waits = false;
                Session::new(gpu, self.config.clone(), source)
            }
        };
        self.live(Backend::Gpu(Box::new(OnGpu::new(stage, session))));
    }

    /// The worker computes: the run starts, or goes on from the weights that came back last from a device, or from a worker
    /// that failed.
    pub fn compute_in_worker(&mut self, why: Why) {
        let Some(source) = &self.source else { return };
        let resting = self.resting.take();
        let left_at = self.left_at.take();
        let progress = resting.as_ref().map(Session::progress).or(left_at).filter(|_| !self.source_waits);
        let source = resting.as_ref().filter(|_| progress.is_some()).map_or(source, Session::source).clone();
        self.source_waits = false;
        self.readout.name_processor(&why);
        let (config, target) = (self.config.clone(), self.target.density());
        let worker = OnWorker::new(&mut self.page, &self.ticker, config, &source, target, progress);
        self.why = Some(why);
        match worker {
            Ok(worker) => self.live(Backend::Worker(Box::new(worker))),
            Err(failure) => self.refuse(&failure),
        }
    }

    fn live(&mut self, run: Backend) {
        self.run = Some(run);
        self.page.uncover();
        self.enable_flow(true);
        self.refresh();
        self.ticker.wake();
    }

    /// There will be no flow, since even the worker failed; the pad goes on.
    pub(crate) fn refuse(&mut self, failure: &str) {
        self.page.alarm(&no_backend(self.why.as_ref().unwrap_or(&Why::Asked), failure));
        self.speaker.tell("There is no flow on this page: see the message in its place.");
        self.training = Training::Paused;
        self.enable_flow(false);
        self.refresh();
        self.ticker.wake();
    }

    /// What computes is lost: the run rests until something else computes.
    pub(crate) fn rest(&mut self) {
        match self.run.take() {
            Some(Backend::Gpu(run)) => self.resting = Some(run.into_session()),
            Some(Backend::Worker(run)) => self.left_at = run.into_progress(),
            None => {}
        }
        self.readout.forget_speed();
    }

    /// The page is seen again, or no longer.
    pub fn visibility_changed(&mut self) {
        self.readout.forget_speed();
        if self.page.document.hidden() {
            self.stop_measuring();
            // Perhaps for ever.
            if self.changed_ms.is_some() {
                _ = self.write_link();
            }
            if let Some(run) = &mut self.run {
                run.rest();
            }
        }
        self.ticker.wake();
    }

    pub fn act(&mut self, action: Action) {
        if !self.can(action) {
            return;
        }
        self.speaker.acted();
        match action {
            Action::Tool(tool) => self.tool = tool,
            Action::Undo => {
                self.drawing.undo();
                self.drawing_changed();
            }
            Action::Redo => {
                self.drawing.redo();
                self.drawing_changed();
            }
            Action::Clear => {
                self.drawing.clear();
                self.drawing_changed();
            }
            Action::Preset(preset) => {
                self.drawing.load(preset);
                self.drawing_changed();
            }
            Action::Train => match self.training {
                Training::On => self.pause(),
                _ => self.train(),
            },
            Action::Step => {
                self.pause();
                if let Some(run) = &mut self.run {
                    run.step_once();
                }
            }
            Action::Reset => {
                self.pause();
                if let Some(run) = &mut self.run {
                    run.reset();
                }
                self.restarted();
            }
            Action::Reseed => {
                let seed = self.config.seed.saturating_add(1);
                self.configure(Config { seed, ..self.config.clone() });
            }
            Action::Play => self.playing = !self.playing,
            Action::Theme => {
                self.page.set_dark(!self.dark);
                self.theme_changed();
            }
            // Showing the dialog twice is an error that nobody needs to hear of.
            Action::Help => _ = self.page.keys.show_modal(),
            // The next frame sees what is checked.
            Action::Redraw => {}
            Action::Show(view) => {
                self.view = view;
                self.show_legend();
            }
            Action::Time(time) => self.set_time(time),
            Action::NudgeTime(by) => self.set_time(self.time + by),
            Action::ScaleEpsilon(by) => self.set_epsilon(flowsketch_web::number::rounded(self.config.epsilon * by)),
            Action::Recipe(recipe) => {
                let Config { epsilon, seed, .. } = self.config;
                self.configure(Config { epsilon, seed, ..values_of(recipe) });
            }
            Action::Values(recipe) => self.configure(values_of(recipe)),
        }
        self.changed();
        self.refresh();
        // On a slow adapter the next frame can be long in coming.
        self.speak(self.page.now_ms());
        self.ticker.wake();
    }

    /// Whether an action has something to act on: what its button cannot do, its key cannot either.
    fn can(&self, action: Action) -> bool {
        match action {
            Action::Undo => self.drawing.can_undo(),
            Action::Redo => self.drawing.can_redo(),
            Action::Train | Action::Step => self.run.is_some() && self.runaway.is_none(),
            Action::Reset | Action::Reseed | Action::Play | Action::Recipe(_) | Action::Values(_) => self.run.is_some(),
            Action::NudgeTime(_) | Action::Time(_) | Action::ScaleEpsilon(_) | Action::Show(_) => self.run.is_some(),
            _ => true,
        }
    }

    /// Shows the flow at that time and stays there.
    pub fn set_time(&mut self, time: f64) {
        self.time = self.controls.time.clamp(time);
        self.playing = false;
        self.controls.time.set(self.time);
        self.moved();
    }

    pub fn set_epsilon(&mut self, epsilon: f64) {
        let epsilon = self.controls.epsilon.clamp(epsilon);
        self.moved();
        self.configure(Config { epsilon, ..self.config.clone() });
        self.refresh();
    }

    /// Reads the settings from their boxes; what makes no sense goes back to what it was.
    pub fn settings_changed(&mut self) {
        self.speaker.acted();
        match self.controls.settings.read(&self.config) {
            Ok(config) => self.configure(config),
            Err(sentence) => {
                self.controls.settings.show(&self.config);
                self.speaker.tell(sentence);
            }
        }
        self.changed();
        self.refresh();
        self.speak(self.page.now_ms());
        self.ticker.wake();
    }

    /// Takes other settings, and says so where the run starts again because of them.
    fn configure(&mut self, config: Config) {
        if config == self.config {
            return;
        }
        // Weights that have run away are no start for anything.
        let starts_again = self.runaway.is_some() || !config.continues(&self.config);
        let only_epsilon = config == Config { epsilon: config.epsilon, ..self.config.clone() };
        self.config = config;
        self.controls.epsilon.set(self.config.epsilon);
        self.controls.settings.show(&self.config);
        if let Some(run) = &mut self.run {
            // ε alone goes with what is wanted in the next frame.
            if !only_epsilon {
                run.reconfigure(&self.config);
            }
            if starts_again {
                run.reset();
            }
        }
        // What stopped by itself goes on; what the person paused stays so.
        if matches!(self.training, Training::Stopped(_) | Training::RanAway) {
            self.train();
        }
        if starts_again {
            self.restarted();
            self.speaker.tell("With these settings training starts again at step 0.");
        }
    }

    /// The page's address is to follow.
    pub(crate) fn changed(&mut self) {
        self.changed_ms = Some(self.page.now_ms());
    }

    fn moved(&mut self) {
        self.changed();
        self.speaker.acted();
        self.busy_until_ms = self.page.now_ms() + BUSY_MS;
        self.refresh();
        self.ticker.wake();
    }

    /// The canvas of the flow has so many pixels a side now.
    pub fn resized(&mut self, side: u32) {
        self.side = side;
        self.ticker.wake();
    }

    /// Another source is on the pad: the run starts again from it.
    pub(crate) fn drawing_changed(&mut self) {
        self.changed();
        // At once: on a slow adapter the next frame can be long in coming.
        self.pad.paint(&self.drawing, &self.inks);
        let density = self.drawing.density();
        self.blank = density.is_err();
        match density {
            Ok(density) => {
                self.source = Some(density);
                self.source_name = name_of(&self.drawing);
                self.source_waits = true;
                if self.run.is_some() {
                    self.train();
                    self.restarted();
                }
            }
            Err(error) => {
                self.pause();
                let kept = if self.run.is_some() { " The flow is still that of the source before." } else { "" };
                self.speaker.tell(format!("{error}{kept}"));
            }
        }
        self.refresh();
        self.ticker.wake();
    }

    // ---- training ----

    pub(crate) fn train(&mut self) {
        self.stopping = Stopping::from(self.step, self.config.evaluations_of_step());
        self.training = Training::On;
        self.readout.forget_speed();
    }

    fn pause(&mut self) {
        self.training = Training::Paused;
        self.readout.forget_speed();
        self.readout.show_speed(false);
    }

    /// The run is at step 0 again.
    pub(crate) fn restarted(&mut self) {
        (self.report, self.step) = (None, 0);
        self.readout.clear();
        self.page.audited.set_text_content(Some("Against the exact flow: not measured yet."));
        self.stopping = Stopping::from(0, self.config.evaluations_of_step());
        self.runaway = None;
        self.page.runaway.set_hidden(true);
        if self.training == Training::RanAway {
            self.training = Training::Paused;
        }
    }

    /// The run was seen to lead nowhere: it stops, and a note says why until it starts again.
    pub(crate) fn run_away(&mut self, runaway: Runaway) {
        self.training = Training::RanAway;
        self.runaway = Some(runaway);
        self.readout.forget_speed();
        self.readout.show_speed(false);
        let note = format!("{runaway} Reset or other settings start again.").replace('-', "−");
        self.page.runaway.set_text_content(Some(&note));
        self.page.runaway.set_hidden(false);
        self.speaker.outcome();
        self.refresh();
    }

    // ---- what is shown ----

    /// Says what is new, if it is time to.
    pub(crate) fn speak(&mut self, now_ms: f64) {
        let scene = self.scene();
        let waiting = match &self.run {
            Some(_) => format!("The first picture of the flow from {} is on its way.", self.source_name),
            None => String::new(),
        };
        if let Some(sentence) = self.speaker.say(now_ms, scene.as_ref(), &waiting) {
            self.page.say(&sentence);
        }
    }

    /// The second potential of the learned flow.
    pub(crate) fn completion(&self) -> Completion {
        if self.controls.both.checked() { Completion::Network } else { Completion::Transform }
    }

    /// What is wanted of the run now.
    pub(crate) fn wanted(&self, now_ms: f64) -> Wanted {
        let completion = self.completion();
        let shown = match self.view {
            View::Learned => Shown::Learned(completion),
            View::Exact => Shown::Exact,
            View::Difference => Shown::Difference(completion),
        };
        let style = Style { dark: self.dark, arrows: self.controls.arrows.checked(), range: Style::RANGE };
        Wanted {
            epsilon: self.config.epsilon,
            training: self.training == Training::On,
            playing: self.playing,
            busy: now_ms < self.busy_until_ms,
            drawing: self.pad.pen.is_some(),
            completion,
            potentials: self.tools.want_flow(),
            look: Look { time: self.time, shown, style, side: self.side },
        }
    }

    /// What is on screen, once there is something.
    fn scene(&self) -> Option<Scene> {
        self.run.as_ref()?;
        self.report.map(|report| Scene {
            source: self.source_name.clone(),
            target: self.target.name().into(),
            epsilon: self.shown_epsilon,
            time: self.time,
            playing: self.playing,
            step: report.step,
            training: self.training,
            shown: self.shown,
        })
    }

    /// Keeps a small picture of the next preset.
    pub fn add_thumbnail(&mut self, values: &[f64]) {
        let top = values.iter().copied().fold(0.0, f64::max);
        self.thumbnails.push(values.iter().map(|value| (value / top) as f32).collect());
        self.paint_thumbnail(self.thumbnails.len() - 1);
    }

    fn paint_thumbnail(&self, k: usize) {
        let count = THUMBNAIL_SIDE as usize;
        let values = &self.thumbnails[k];
        let shares = (0..count).rev().flat_map(|j| (0..count).map(move |i| values[i * count + j]));
        self.inks.paint(&self.controls.presets[k].thumbnail, THUMBNAIL_SIDE, shares);
    }

    pub fn theme_changed(&mut self) {
        self.dark = self.page.is_dark();
        self.inks = Inks::new(self.dark);
        (0..self.thumbnails.len()).for_each(|k| self.paint_thumbnail(k));
        self.target.show(&self.inks);
        self.show_legend();
        self.pad.stale = true;
        self.refresh();
        self.ticker.wake();
    }

    fn show_legend(&self) {
        let difference = self.view == View::Difference;
        paint_scale(&self.page.legend, self.dark, difference);
        self.page.legend_density.set_hidden(difference);
        self.page.legend_difference.set_hidden(!difference);
        let label = if difference {
            "Colour scale of the learned density less the exact one, from too little mass to too much"
        } else {
            "Colour scale of log ρ, in nats, from less dense to more dense"
        };
        set(&self.page.legend, "aria-label", label);
        let [low, high] = if difference { Style::DIFFERENCES } else { Style::RANGE }.map(f64::from);
        let ticks: String = (0..=4)
            .map(|k| flowsketch_web::number::setting(low + (high - low) * f64::from(k) / 4.0).replace('-', "−"))
            .map(|tick| format!("<span>{tick}</span>"))
            .collect();
        self.page.ticks.set_inner_html(&ticks);
        self.page.arrow_time.set_text_content(Some(&flowsketch_web::number::setting(f64::from(ARROW_TIME))));
    }

    /// Shows the state of things on the controls.
    pub(crate) fn refresh(&self) {
        let controls = &self.controls;
        press(&controls.draw, self.tool == Tool::Draw);
        press(&controls.erase, self.tool == Tool::Erase);
        press(&controls.learned, self.view == View::Learned);
        press(&controls.exact, self.view == View::Exact);
        press(&controls.difference, self.view == View::Difference);
        controls.undo.set_disabled(!self.drawing.can_undo());
        controls.redo.set_disabled(!self.drawing.can_redo());
        let preset = self.drawing.preset();
        for button in &controls.presets {
            press(&button.button, preset == Some(button.preset));
        }
        let import = self.drawing.import().map_or("your drawing", |import| import.name.as_str());
        let name = preset.map_or(import, |preset| preset.name());
        self.page.source_name.set_text_content(Some(if self.blank { "nothing yet" } else { name }));
        let training = self.run.is_some() && self.training == Training::On;
        controls.train.set_text_content(Some(if training { "Pause training" } else { "Train" }));
        controls.play.set_text_content(Some(if self.run.is_some() && self.playing {
            "Pause flow"
        } else {
            "Play flow"
        }));
        controls.theme.set_text_content(Some(if self.dark { "Light" } else { "Dark" }));
        controls.share.set_disabled(self.source.is_none());
        for button in [&controls.train, &controls.step] {
            button.set_disabled(self.run.is_none() || self.runaway.is_some());
        }
        press(&controls.quadrature, self.config.recipe == Recipe::Quadrature);
        press(&controls.paper, self.config.recipe == Recipe::MonteCarlo);
        if self.run.is_none() {
            controls.epsilon.set(self.config.epsilon);
            controls.time.set(self.time);
        }
    }

    /// The pad works from the start.
    fn enable_drawing(&self) {
        let controls = &self.controls;
        for button in [&controls.draw, &controls.erase, &controls.clear, &controls.theme, &controls.help] {
            button.set_disabled(false);
        }
        controls.presets.iter().for_each(|preset| preset.button.set_disabled(false));
        self.target.select.set_disabled(false);
        controls.size.set_disabled(false);
        controls.softness.set_disabled(false);
    }

    pub(crate) fn enable_flow(&self, enabled: bool) {
        let controls = &self.controls;
        for button in
            [&controls.train, &controls.step, &controls.reset, &controls.play, &controls.quadrature, &controls.paper]
        {
            button.set_disabled(!enabled);
        }
        for button in [&controls.learned, &controls.exact, &controls.difference] {
            button.set_disabled(!enabled);
        }
        controls.stills.iter().for_each(|still| still.set_disabled(!enabled));
        controls.both.set_disabled(!enabled);
        controls.arrows.set_disabled(!enabled);
        controls.epsilon.set_disabled(!enabled);
        controls.settings.set_disabled(!enabled);
        controls.time.set_disabled(!enabled);
    }
}

/// Pixels of a side of a preset's picture.
pub const THUMBNAIL_SIDE: u32 = 80;

fn name_of(drawing: &Drawing) -> String {
    let import = drawing.import().map_or("your drawing", |import| import.name.as_str());
    drawing.preset().map_or(import.into(), |preset| format!("the {} preset", preset.name()))
}
