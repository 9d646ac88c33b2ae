//! Lessons beside the map: pages of the folder `lessons`, shown step by step. A step sets the page; the reader may touch
//! anything, and return to the step.

mod glide;
mod line;
pub mod listeners;
mod place;
mod present;
mod reader;

use flowsketch_core::config::Config;
use flowsketch_protocol::inspection::{About, Question};
use flowsketch_protocol::panels::{Scene, ToPage};
use flowsketch_state::LessonPlace;
use flowsketch_web::dom::{element, press, set};
use glide::Glide;
use line::LineFigure;
use place::Outline;
use reader::{Lesson, Said};
use web_sys::{Document, Element, HtmlButtonElement, HtmlElement, Storage, Window};

pub const MARKUP: &str = markup!("lessons/panel.html");
/// Said until an answer is there: on a fine lattice it takes seconds.
const COMPUTING: &str = "The page computes the answer.";
/// The key of the finished lessons in the browser's storage: their names, separated by blanks.
const FINISHED: &str = "flowsketch-lessons";

pub struct Lessons {
    elements: Elements,
    storage: Option<Storage>,
    lesson: Option<Lesson>,
    /// The step that is shown, from 0.
    at: usize,
    outline: Outline,
    /// ε and t are on their way to what the step says.
    glide: Option<Glide>,
    window: Window,
    /// The figure of the step that is shown.
    line: Option<LineFigure>,
    /// The lesson paused the training.
    has_paused: bool,
    /// Which choice was pressed, while the worker judges it.
    pressed: Option<usize>,
    /// The lesson that the address named was looked for.
    has_started: bool,
}

/// Whether the page is set when a step is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sets {
    /// As the step says, or the last one before it that says something.
    Always,
    /// If the step itself says something: otherwise the page stays as it is.
    IfOwn,
    /// The page has the state of its address.
    Never,
}

struct Elements {
    aside: HtmlElement,
    title: HtmlElement,
    body: HtmlElement,
    note: HtmlElement,
    steps: HtmlElement,
    present: HtmlButtonElement,
    list: HtmlButtonElement,
    close: HtmlButtonElement,
    back: HtmlButtonElement,
    again: HtmlButtonElement,
    next: HtmlButtonElement,
}

impl Lessons {
    pub fn new(document: &Document, window: &Window) -> Self {
        let elements = Elements {
            aside: element(document, "lesson"),
            title: element(document, "lesson-title"),
            body: element(document, "lesson-body"),
            note: element(document, "lesson-note"),
            steps: element(document, "lesson-steps"),
            present: element(document, "lesson-present"),
            list: element(document, "lesson-list"),
            close: element(document, "lesson-close"),
            back: element(document, "lesson-back"),
            again: element(document, "lesson-again"),
            next: element(document, "lesson-next"),
        };
        Self {
            elements,
            // A browser may forbid it.
            storage: window.local_storage().ok().flatten(),
            lesson: None,
            at: 0,
            outline: Outline::default(),
            glide: None,
            window: window.clone(),
            line: None,
            has_paused: false,
            pressed: None,
            has_started: false,
        }
    }

    /// Opens the panel with its title.
    fn open(&self, title: &str) {
        self.elements.aside.set_hidden(false);
        self.elements.title.set_text_content(Some(title));
        self.elements.body.set_text_content(None);
        self.note("");
        // The title is read to those who do not see it.
        _ = self.elements.title.focus();
    }

    fn note(&self, text: &str) {
        self.elements.note.set_text_content(Some(text));
    }

    /// Shows the list of all lessons.
    fn show_list(&mut self, list: &Element) {
        (self.lesson, self.line) = (None, None);
        self.outline.clear();
        self.open("Lessons");
        self.elements.steps.set_hidden(true);
        self.elements.list.set_hidden(true);
        let finished = self.finished();
        for (row, name) in reader::rows(list) {
            if finished.split(' ').any(|known| known == name) {
                set(&row, "class", "finished");
            }
        }
        self.elements.body.append_child(list).expect("the panel takes the list");
    }

    /// Shows a step, from 0; returns what is asked of the page.
    fn show_step(&mut self, document: &Document, scene: Option<&Scene>, at: usize, sets: Sets) -> Vec<ToPage> {
        let Some(lesson) = &self.lesson else { return vec![] };
        let (at, last) = (at.min(lesson.steps.len() - 1), lesson.steps.len() - 1);
        (self.at, self.pressed) = (at, None);
        self.open(&lesson.title);
        let elements = &self.elements;
        elements.list.set_hidden(false);
        elements.steps.set_hidden(false);
        elements.back.set_disabled(at == 0);
        elements.next.set_text_content(Some(if at < last { "Next" } else { "Finish" }));
        let step = reader::step(document, &lesson.steps[at], at + 1, last + 1);
        elements.body.append_child(&step).expect("the panel takes a step");
        let epsilon = scene.map_or(Config::default().epsilon, |scene| scene.config.epsilon);
        self.line = LineFigure::of(document, &step, epsilon);
        if at == last
            && let Some(teachers) = &lesson.teachers
        {
            elements.body.append_child(teachers).expect("the panel takes a part");
        }
        elements.body.set_scroll_top(0);
        let mut asked = vec![ToPage::Lesson(Some(LessonPlace { name: lesson.name.clone(), step: at as u64 + 1 }))];
        let said = lesson.said(at);
        if sets == Sets::Always || sets == Sets::IfOwn && said.is_own {
            self.note(&said.changes(scene, !self.wants_rest()));
            asked.extend(self.set(&said, scene));
        }
        self.outline.show(document, &said.show);
        asked
    }

    /// Moves ε and t on their way, and draws the figure of the step; returns what is asked of the page, and whether another
    /// frame is needed without an event.
    pub fn frame(&mut self, now_ms: f64, document: &Document, scene: &Scene) -> (Vec<ToPage>, bool) {
        let (asked, is_over) = self.glide.as_mut().map_or((vec![], true), |glide| glide.frame(now_ms));
        if is_over {
            self.glide = None;
        }
        let line_waits = self
            .line
            .as_mut()
            .is_some_and(|line| line.frame(document, &self.window, scene.config.epsilon, scene.is_dark));
        (asked, line_waits || !is_over)
    }

    /// The reader touches the page: what the step sets is there at once.
    fn end_glide(&mut self) -> Vec<ToPage> {
        self.glide.take().map_or(vec![], |glide| glide.end())
    }

    /// The reader wants nothing to move by itself.
    fn wants_rest(&self) -> bool {
        let rest = self.window.match_media("(prefers-reduced-motion: reduce)").ok().flatten();
        rest.is_some_and(|list| list.matches())
    }

    /// What is asked of the page to set it as a link says.
    fn set_link(&mut self, query: &str, fragment: &str, is_partial: bool, scene: Option<&Scene>) -> ToPage {
        let scene = scene.filter(|_| !self.wants_rest());
        let (asked, glide) = Glide::new(query, fragment, is_partial, scene);
        self.glide = glide;
        asked
    }

    fn set(&mut self, said: &Said, scene: Option<&Scene>) -> Vec<ToPage> {
        // Where more than ε and t changes, there is nothing to follow.
        let followed = scene.filter(|scene| said.is_of(scene));
        let mut asked = vec![self.set_link(&said.link, &said.fragment(), false, followed)];
        let is_training = scene.is_some_and(|scene| scene.is_training);
        if !said.trains && is_training {
            self.has_paused = true;
            asked.push(ToPage::Train(false));
        } else if said.trains && std::mem::take(&mut self.has_paused) {
            asked.push(ToPage::Train(true));
        }
        asked
    }

    /// The lesson is read to its end.
    fn finish(&self) {
        let (Some(storage), Some(lesson)) = (&self.storage, &self.lesson) else { return };
        let finished = self.finished();
        if !finished.split(' ').any(|known| known == lesson.name) {
            // A full storage keeps nothing.
            _ = storage.set_item(FINISHED, format!("{finished} {}", lesson.name).trim());
        }
    }

    fn finished(&self) -> String {
        let kept = self.storage.as_ref().and_then(|storage| storage.get_item(FINISHED).ok().flatten());
        kept.unwrap_or_default()
    }

    /// A choice was pressed: the worker judges the claims of all.
    fn judge_choice(&mut self, number: usize) -> Option<Question> {
        let said = self.lesson.as_ref()?.said(self.at);
        self.pressed = Some(number);
        for (k, choice) in reader::choices(&self.elements.body).into_iter().enumerate() {
            press(&choice, k == number);
        }
        let claim = |choice: &Element| choice.get_attribute("data-claim").unwrap_or_default();
        let claims = reader::choices(&self.elements.body).iter().map(claim).collect();
        self.note(COMPUTING);
        Some(Question::Judge { about: About::Link(said.link.clone(), said.fragment()), claims })
    }

    /// Says whether what was chosen, or the state that was made, is right.
    pub fn judged(&mut self, truths: &[Option<bool>]) {
        self.note("");
        let is_right = truths.get(self.pressed.take().unwrap_or(0)).copied().flatten();
        let Some(answer) = self.elements.body.query_selector(".question details").ok().flatten() else { return };
        let part = |name: &str| answer.query_selector(name).ok().flatten();
        let (Some(right), Some(wrong)) = (part(".right"), part(".wrong")) else { return };
        let hide = |element: &Element, hidden: bool| _ = element.toggle_attribute_with_force("hidden", hidden);
        hide(&right, is_right != Some(true));
        hide(&wrong, is_right == Some(true));
        set(&answer, "open", "");
        set(&answer, "data-judged", if is_right == Some(true) { "right" } else { "wrong" });
        if is_right.is_none() {
            self.note("The page could not compute this.");
        }
    }

    /// Closes the panel.
    fn close(&mut self) -> Vec<ToPage> {
        (self.lesson, self.line) = (None, None);
        self.outline.clear();
        self.elements.aside.set_hidden(true);
        let mut asked = self.end_glide();
        asked.push(ToPage::Lesson(None));
        if std::mem::take(&mut self.has_paused) {
            asked.push(ToPage::Train(true));
        }
        asked
    }
}
