//! All panels together: messages of the page go to each panel, and their requests to the page.

use crate::program::compare::Compare;
use crate::program::export::ExportPanel;
use crate::program::guide::Guide;
use crate::program::history::History;
use crate::program::inspection_worker::InspectionWorker;
use crate::program::inspector::Inspector;
use crate::program::laboratory::Laboratory;
use crate::program::lessons::Lessons;
use crate::program::step_inspector::StepInspectorPanel;
use crate::program::strip::Strip;
use flowsketch_protocol::export::RunSnapshot;
use flowsketch_protocol::inspection::Finding;
use flowsketch_protocol::panels::{FromPage, Scene, ToPage};
use flowsketch_web::port::Port;
use flowsketch_web::ticker::Ticker;
use std::rc::Rc;
use web_sys::{Document, Window};

pub struct Panels {
    pub window: Window,
    pub document: Document,
    pub ticker: Rc<Ticker>,
    pub page: Port<FromPage>,
    /// The state of the page, once it was sent.
    pub scene: Option<Scene>,
    /// Snapshots of the run that the page sent, one for each request.
    pub snapshots: Vec<Option<Box<RunSnapshot>>>,
    pub worker: InspectionWorker,
    pub strip: Strip,
    pub inspector: Inspector,
    pub export: ExportPanel,
    pub laboratory: Laboratory,
    pub compare: Compare,
    pub step_inspector: StepInspectorPanel,
    pub history: History,
    pub guide: Guide,
    pub lessons: Lessons,
}

impl Panels {
    /// Asks the page for something.
    pub fn ask(&self, asked: &ToPage) {
        self.page.send(asked);
    }

    /// Takes what is new, and lets each panel do its part; returns whether another frame is needed without an event.
    pub fn frame(&mut self, now_ms: f64) -> bool {
        if self.document.hidden() {
            return false;
        }
        for told in self.page.take() {
            match told {
                FromPage::Scene(scene) => self.scene = Some(*scene),
                FromPage::Flow(flow) => self.worker.hear(flow),
                FromPage::Snapshot(snapshot) => self.snapshots.push(snapshot),
                FromPage::Checkpoint(checkpoint) => self.history.hear(checkpoint, self.scene.as_ref()),
                FromPage::Trajectories(paths) => self.inspector.follow(paths, &self.worker),
            }
        }
        for finding in self.worker.receive() {
            match finding {
                Finding::Still { number, side, pixels } => self.strip.put(number as usize, side, &pixels),
                Finding::Past { side, pixels, .. } => self.history.put(side, &pixels),
                Finding::Judged(truths) => self.lessons.judged(&truths),
                Finding::Laboratory(found) => self.laboratory.put(found),
                finding => self.inspector.hear(finding, &self.worker),
            }
        }
        if let Some(failure) = self.worker.take_failure() {
            let sentence = format!("The worker that inspects the flow failed ({failure}); all else works.");
            self.ask(&ToPage::Say(sentence));
        }
        let Some(scene) = &self.scene else { return false };
        self.guide.frame();
        self.export.frame(scene);
        let strip_waits = self.strip.frame(now_ms, scene, &mut self.worker);
        let laboratory_waits = self.laboratory.frame(now_ms, scene, &mut self.worker);
        let was_on = self.compare.is_on();
        let comparing = self.compare.frame(now_ms, scene);
        let has_failed = was_on && !self.compare.is_on();
        let step_inspector_waits = self.step_inspector.frame(now_ms, scene);
        let inspector_waits = self.inspector.frame(now_ms, &self.window, scene, &self.worker, &self.page);
        let (of_lesson, lesson_waits) = self.lessons.frame(now_ms, &self.document, scene);
        let (asked, history_waits) = self.history.frame(now_ms, scene, &self.worker);
        for asked in of_lesson.iter().chain(&asked) {
            self.ask(asked);
        }
        if has_failed {
            self.ask(&ToPage::Hold(false));
        }
        strip_waits
            || laboratory_waits
            || comparing
            || step_inspector_waits
            || inspector_waits
            || lesson_waits
            || history_waits
    }
}
