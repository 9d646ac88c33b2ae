//! Particles that move with the flow shown, by the ODE and by the SDE. Their paths are computed once for a flow, by the
//! page's GPU or else by the worker, and interpolated linearly in √t between the times of the frames.

use crate::program::inspection_worker::InspectionWorker;
use crate::program::map::{Palette, Sheet};
use flowsketch_core::explore::{COMPARED, Frame, ParticleConfig, Trajectories};
use flowsketch_core::particle_step::{FRAMES, frame_time};
use flowsketch_core::potentials::Shown;
use flowsketch_protocol::inspection::Question;
use flowsketch_protocol::panels::{FromPage, Scene, ToPage};
use flowsketch_web::dom::{element, press, set};
use flowsketch_web::number::{grouped, setting, shown};
use flowsketch_web::port::Port;
use web_sys::{Document, HtmlButtonElement, HtmlElement, HtmlInputElement, HtmlSelectElement};

/// While training is on, particles start again at least this far apart, milliseconds.
const LAUNCH_MS: f64 = 3_000.0;
/// Most trails that are drawn of each cloud, and how far back they reach in √t.
const TRAILS: usize = 300;
const TRAIL: f64 = 0.12;
/// Points of a trail.
const TRAIL_POINTS: usize = 5;

/// Which of the two clouds.
pub const ODE: usize = 0;
pub const SDE: usize = 1;

/// The controls, the paths through a flow as they are computed, and the sentence about them.
pub struct Particles {
    pub toggles: [HtmlButtonElement; 2],
    /// Forwards, then backwards.
    pub directions: [HtmlButtonElement; 2],
    pub count: HtmlSelectElement,
    pub trails: HtmlInputElement,
    line: HtmlElement,
    hint: String,
    is_on: [bool; 2],
    config: ParticleConfig,
    /// The paths that are complete, and those that are being computed.
    whole: Option<Ways>,
    begun: Option<Ways>,
    began_ms: f64,
    is_waiting: bool,
    /// What the flow of the paths shows, and the step of the run then.
    of: Option<Shown>,
    step: u64,
    /// The number of the newest flow of an earlier run.
    stale: Option<u32>,
    /// What the sentence is about: the frame, the flow, the settings, and whether the frame is there.
    told: Option<(usize, u32, ParticleConfig, bool)>,
}

/// Paths through one flow.
struct Ways {
    config: ParticleConfig,
    flow: u32,
    /// A GPU moved them.
    on_gpu: bool,
    frames: Vec<Option<Frame>>,
}

impl Particles {
    pub fn new(document: &Document) -> Self {
        let line: HtmlElement = element(document, "two-sample-test");
        Self {
            toggles: ["ode", "sde"].map(|id| element(document, id)),
            directions: ["forwards", "backwards"].map(|id| element(document, id)),
            count: element(document, "particle-count"),
            trails: element(document, "trails"),
            hint: line.inner_html(),
            line,
            is_on: [false; 2],
            config: ParticleConfig { backwards: false, count: 2000, seed: 0 },
            whole: None,
            begun: None,
            began_ms: f64::NEG_INFINITY,
            is_waiting: false,
            of: None,
            step: 0,
            stale: None,
            told: None,
        }
    }

    /// Shows a cloud, or hides it; returns whether it is shown now.
    pub fn toggle(&mut self, cloud: usize) -> bool {
        self.is_on[cloud] = !self.is_on[cloud];
        press(&self.toggles[cloud], self.is_on[cloud]);
        if !self.are_shown() {
            (self.whole, self.begun, self.told) = (None, None, None);
            self.line.set_inner_html(&self.hint);
        }
        self.is_on[cloud]
    }

    pub fn turn(&mut self, backwards: bool) {
        self.config.backwards = backwards;
        for (k, button) in self.directions.iter().enumerate() {
            press(button, (k == 1) == backwards);
        }
    }

    /// Takes the number of particles that the person chose.
    pub fn choose_count(&mut self) {
        self.config.count = self.count.value().parse().unwrap_or(self.config.count);
    }

    /// Starts particles in the flow shown, or continues them; returns whether another frame is needed without an event.
    pub fn frame(&mut self, now_ms: f64, scene: &Scene, worker: &InspectionWorker, page: &Port<FromPage>) -> bool {
        let Some(flow) = worker.at() else { return false };
        self.forget(scene, flow);
        let is_told = worker.shown() == Some(scene.shown) && self.stale != Some(flow);
        if !self.are_shown() || !scene.is_live || !is_told || self.is_waiting {
            return false;
        }
        // While training is on, a newer flow waits until the paths through this one are complete.
        let goes_on = |ways: &Ways| ways.config == self.config && (ways.flow == flow || scene.is_training);
        if self.begun.as_ref().is_some_and(goes_on) {
            self.is_waiting = true;
            worker.ask(Question::Advance);
            return false;
        }
        if self.whole.as_ref().is_some_and(|ways| ways.flow == flow && ways.config == self.config) {
            return false;
        }
        let is_new = self.whole.as_ref().is_none_or(|ways| ways.config != self.config);
        if scene.is_training && !is_new && now_ms - self.began_ms < LAUNCH_MS {
            return true;
        }
        self.begun = Some(Ways { config: self.config, flow, on_gpu: false, frames: vec![None; FRAMES] });
        (self.began_ms, self.is_waiting) = (now_ms, true);
        page.send(&ToPage::Particles(self.config));
        false
    }

    /// Takes the paths that the page's GPU computed; if there is no GPU, or it was lost, the worker computes them.
    pub fn follow(&mut self, paths: Option<Box<Trajectories>>, worker: &InspectionWorker) {
        self.is_waiting = false;
        // They may be wanted no longer.
        let Some(begun) = &mut self.begun else { return };
        (begun.on_gpu, self.is_waiting) = (paths.is_some(), true);
        worker.ask(paths.map_or(Question::Particles(begun.config), Question::Follow));
    }

    /// Forgets the paths through a flow of another kind or of an earlier run.
    fn forget(&mut self, scene: &Scene, flow: u32) {
        let is_another_run = scene.step < self.step || !scene.is_live;
        if is_another_run {
            self.stale = Some(flow);
        }
        if is_another_run || self.of != Some(scene.shown) {
            (self.whole, self.begun) = (None, None);
        }
        (self.of, self.step) = (Some(scene.shown), scene.step);
    }

    /// Takes a frame of the paths for `config`; returns whether it is the last.
    pub fn hear(&mut self, config: ParticleConfig, frame: Frame, is_last: bool) -> bool {
        self.is_waiting = false;
        let Some(mut ways) = self.begun.take_if(|ways| ways.config == config) else { return false };
        let index = frame.index as usize;
        ways.frames[index] = Some(frame);
        // While no paths are complete, these are shown as they are computed.
        if is_last {
            self.whole = Some(ways);
        } else {
            self.begun = Some(ways);
        }
        is_last
    }

    /// Whether any cloud is shown.
    pub fn are_shown(&self) -> bool {
        self.is_on != [false; 2]
    }

    /// The paths that are shown: complete ones if there are any.
    fn ways(&self) -> Option<&Ways> {
        let whole = self.whole.as_ref().filter(|ways| ways.config == self.config);
        whole.or(self.begun.as_ref()).filter(|_| self.are_shown())
    }

    /// Says how far apart the clouds are at the frame nearest to `time`.
    pub fn tell(&mut self, time: f64) {
        let Some(ways) = self.ways() else { return };
        let nearest = (time.sqrt() * (FRAMES - 1) as f64).round() as usize;
        let told = Some((nearest, ways.flow, ways.config, ways.frames[nearest].is_some()));
        if self.told == told {
            return;
        }
        if let Some(frame) = &ways.frames[nearest] {
            let two_sample_test = frame.two_sample_test;
            let verdict = if two_sample_test.is_alike() { "indistinguishable" } else { "different laws" };
            self.line.set_text_content(Some(&format!(
                "ODE and SDE at t = {}: energy distance {}. For two independent samples of one law, {} each, its mean \
                 is {}, and it is below {} in 19 of 20 cases: {verdict}. Moved by the {}.",
                setting(frame_time(nearest)),
                shown(two_sample_test.distance),
                grouped(u64::from(ways.config.count).min(COMPARED as u64)),
                shown(two_sample_test.expected),
                shown(two_sample_test.limit),
                if ways.on_gpu { "GPU" } else { "processor" },
            )));
            set(&self.line, "data-distance", &two_sample_test.distance.to_string());
            set(&self.line, "data-limit", &two_sample_test.limit.to_string());
        } else {
            self.line.set_text_content(Some("The particles are being computed."));
        }
        self.told = told;
    }

    pub fn draw(&self, sheet: &Sheet<'_>, palette: &Palette, time: f64) {
        let Some(ways) = self.ways() else { return };
        let root = time.clamp(0.0, 1.0).sqrt();
        for (cloud, colour) in [(SDE, palette.second), (ODE, palette.first)] {
            if !self.is_on[cloud] {
                continue;
            }
            let Some(place) = ways.place(root) else { continue };
            if self.trails.checked() {
                let back = if ways.config.backwards { TRAIL } else { -TRAIL };
                let places: Vec<_> = (0..TRAIL_POINTS)
                    .map(|k| root + back * k as f64 / (TRAIL_POINTS - 1) as f64)
                    .map_while(|root| (0.0..=1.0).contains(&root).then(|| ways.place(root)).flatten())
                    .collect();
                let stride = (ways.config.count as usize).div_ceil(TRAILS);
                let way = |k: usize| places.iter().map(|place| place.of(cloud, k)).collect::<Vec<_>>();
                sheet.ways((0..place.len()).step_by(stride).map(way), colour);
            }
            sheet.dots((0..place.len()).map(|k| place.of(cloud, k)), colour, cloud == SDE);
        }
    }
}

/// A position between two frames; `share` is the weight of the second.
struct Place<'a> {
    frames: [&'a Frame; 2],
    share: f64,
}

impl Ways {
    /// The position at t = `root`², once both frames are known.
    fn place(&self, root: f64) -> Option<Place<'_>> {
        let position = root * (FRAMES - 1) as f64;
        let before = (position as usize).min(FRAMES - 2);
        let [a, b] = [before, before + 1].map(|k| self.frames[k].as_ref());
        Some(Place { frames: [a?, b?], share: position - before as f64 })
    }
}

impl Place<'_> {
    fn len(&self) -> usize {
        self.frames[0].ode.len()
    }

    fn of(&self, cloud: usize, particle: usize) -> [f64; 2] {
        let [a, b] = self.frames.map(|frame| if cloud == ODE { &frame.ode } else { &frame.sde }[particle]);
        [0, 1].map(|axis| f64::from(a[axis]) * (1.0 - self.share) + f64::from(b[axis]) * self.share)
    }
}
