//! The page of a lesson, read: its steps as elements, and what each says about the state of the page.

use flowsketch_core::config::{MAX_EPSILON, MIN_EPSILON};
use flowsketch_core::potentials::Shown;
use flowsketch_protocol::panels::{NORMAL, Scene};
use flowsketch_state::{PageState, Source, Target, View};
use flowsketch_web::dom::set;
use flowsketch_web::number::setting;
use wasm_bindgen::JsCast;
use web_sys::{Document, DomParser, Element, HtmlInputElement, SupportedType};

/// A lesson, step by step.
pub struct Lesson {
    pub name: String,
    pub title: String,
    pub steps: Vec<Element>,
    pub teachers: Option<Element>,
}

/// What a step says about the state of the page.
pub struct Said {
    /// The step says it itself, not a step before.
    pub is_own: bool,
    /// The query of a link.
    pub link: String,
    drawing: String,
    pub show: String,
    pub trains: bool,
}

impl Lesson {
    /// From the text of its page; none if that is no lesson.
    pub fn read(name: &str, text: &str) -> Option<Self> {
        let page = parsed(text)?;
        let steps = all(page.as_ref(), "section.step");
        let title = page.query_selector("h1").ok().flatten()?.text_content()?;
        let teachers = page.query_selector(".teachers").ok().flatten();
        (!steps.is_empty()).then(|| Self { name: name.into(), title, steps, teachers })
    }

    /// What the step of that number says, or the last before it that says something.
    pub fn said(&self, at: usize) -> Said {
        let of = |step: usize| self.steps[step].get_attribute("data-link").map(|_| step);
        let step = (0..=at).rev().find_map(of).unwrap_or(0);
        let value = |name: &str| self.steps[step].get_attribute(name).unwrap_or_default();
        Said {
            is_own: step == at,
            link: value("data-link"),
            drawing: value("data-drawing"),
            show: if step == at { value("data-show") } else { String::new() },
            trains: value("data-train") != "off",
        }
    }
}

impl Said {
    pub fn fragment(&self) -> String {
        if self.drawing.is_empty() { String::new() } else { format!("drawing={}", self.drawing) }
    }

    /// Whether source and target of the step are those of the page.
    pub fn is_of(&self, scene: &Scene) -> bool {
        let (state, _) = PageState::decode(&self.link, &self.fragment());
        names(&state.source)[0] == scene.source && target_names(&state.target)[0] == scene.target
    }

    /// One sentence on what the step changes of what is on the page; empty if that is nothing.
    /// The flow plays by itself only where it `may_play`.
    pub fn changes(&self, scene: Option<&Scene>, may_play: bool) -> String {
        let Some(scene) = scene else { return String::new() };
        let (state, _) = PageState::decode(&self.link, &self.fragment());
        let mut changes = vec![];
        let [long, short] = names(&state.source);
        if long != scene.source {
            changes.push(format!("source {short}"));
        }
        let [long, short] = target_names(&state.target);
        if long != scene.target {
            changes.push(format!("target {short}"));
        }
        if state.config.epsilon != scene.config.epsilon {
            changes.push(format!("ε = {}", setting(state.config.epsilon)));
        }
        let shown = match scene.shown {
            Shown::Learned(_) => View::Learned,
            Shown::Exact => View::Exact,
            Shown::Difference(_) => View::Difference,
        };
        if state.view != shown {
            changes.push(match state.view {
                View::Learned => "the learned flow".into(),
                View::Exact => "the exact flow".into(),
                View::Difference => "learned minus exact".into(),
            });
        }
        match state.time {
            Some(time) if time != scene.time || scene.is_playing => changes.push(format!("t = {}", setting(time))),
            None if !scene.is_playing && may_play => changes.push("the flow plays".into()),
            _ => {}
        }
        if changes.is_empty() { String::new() } else { format!("Set by this step: {}.", changes.join(", ")) }
    }
}

/// As the page names a source in a sentence, and in short.
fn names(source: &Source) -> [String; 2] {
    match source {
        Source::Preset(preset) => [format!("the {} preset", preset.name()), preset.name().into()],
        Source::Drawing(_) => ["your drawing".into(), "a drawing".into()],
    }
}

fn target_names(target: &Target) -> [String; 2] {
    if let Target::Other(target) = target { names(target) } else { [NORMAL; 2].map(Into::into) }
}

/// The list of all lessons, from the text of its page.
pub fn list(text: &str) -> Option<Element> {
    let list = parsed(text)?.query_selector("ol.lessons").ok().flatten();
    list.filter(|list| !rows(list).is_empty())
}

/// The rows of that list, with the names of their lessons.
pub fn rows(list: &Element) -> Vec<(Element, String)> {
    let rows = all(list, "[data-lesson]").into_iter();
    rows.map(|row| (row.get_attribute("data-lesson").unwrap_or_default(), row)).map(|(name, row)| (row, name)).collect()
}

/// A copy of a step for the panel, whose question can be answered.
pub fn step(document: &Document, step: &Element, number: usize, count: usize) -> Element {
    let step: Element = step.clone_node_with_deep(true).expect("an element can be copied").unchecked_into();
    step.remove_attribute("id").expect("an attribute can be removed");
    if let Some(title) = step.query_selector("h2").ok().flatten() {
        let small = document.create_element("small").expect("small is an element");
        small.set_text_content(Some(&format!("Step {number} of {count}")));
        title.append_with_node_1(&small).expect("a title takes text");
    }
    if let Some(open) = step.query_selector(".open").ok().flatten() {
        open.remove();
    }
    for choice in all(&step, ".choices li") {
        let button = document.create_element("button").expect("button is an element");
        set(&button, "type", "button");
        set(&button, "class", "choice");
        set(&button, "aria-pressed", "false");
        set(&button, "data-claim", &choice.get_attribute("data-claim").unwrap_or_default());
        while let Some(node) = choice.first_child() {
            button.append_child(&node).expect("a button takes text");
        }
        choice.append_child(&button).expect("a row takes a button");
    }
    if let Some(question) = step.query_selector(".question[data-until]").ok().flatten() {
        let button = document.create_element("button").expect("button is an element");
        set(&button, "type", "button");
        set(&button, "class", "check-state");
        button.set_text_content(Some("Check"));
        let answer = question.query_selector("details").ok().flatten();
        question.insert_before(&button, answer.as_deref()).expect("a question takes a button");
    }
    for (row, _, _) in conventions(&step) {
        let cell = |k: u32| row.children().item(k).expect("a row has a name, a parameter and a value");
        let name = [0, 1].map(|k| cell(k).text_content().unwrap_or_default()).join(": ");
        let field = document.create_element("input").expect("input is an element");
        for (attribute, value) in [("type", "number"), ("step", "any"), ("aria-label", &name)] {
            set(&field, attribute, value);
        }
        field.unchecked_ref::<HtmlInputElement>().set_value(&cell(2).text_content().unwrap_or_default());
        cell(2).set_text_content(None);
        cell(2).append_child(&field).expect("a cell takes a field");
    }
    step
}

/// The rows of a table of conventions: a parameter is the factor times ε, to the power.
fn conventions(body: &Element) -> Vec<(Element, f64, f64)> {
    let number = |row: &Element, name: &str| row.get_attribute(name).and_then(|text| text.parse().ok()).unwrap_or(1.0);
    let rows = all(body, ".translator [data-factor]").into_iter();
    rows.map(|row| (number(&row, "data-factor"), number(&row, "data-power"), row))
        .map(|(f, p, row)| (row, f, p))
        .collect()
}

/// A value was typed into the table of conventions: returns ε, after all fields were made equal to it.
pub fn translate(body: &Element, typed: &HtmlInputElement) -> Option<f64> {
    let field = |row: &Element| row.query_selector("input").ok().flatten()?.dyn_into::<HtmlInputElement>().ok();
    let rows = conventions(body);
    let (_, factor, power) = rows.iter().find(|(row, ..)| field(row).as_ref() == Some(typed))?;
    let value: f64 = typed.value().parse().ok().filter(|value: &f64| value.is_finite() && *value > 0.0)?;
    let epsilon = (value.powf(1.0 / power) / factor).clamp(MIN_EPSILON, MAX_EPSILON);
    for (row, factor, power) in &rows {
        if let Some(field) = field(row) {
            field.set_value(&setting((factor * epsilon).powf(*power)));
        }
    }
    Some(epsilon)
}

/// The buttons of the choices.
pub fn choices(body: &Element) -> Vec<Element> {
    all(body, ".choice")
}

fn parsed(text: &str) -> Option<Document> {
    DomParser::new().ok()?.parse_from_string(text, SupportedType::TextHtml).ok()
}

fn all(under: &web_sys::Node, selector: &str) -> Vec<Element> {
    let found = match under.dyn_ref::<Document>() {
        Some(document) => document.query_selector_all(selector),
        None => under.unchecked_ref::<Element>().query_selector_all(selector),
    };
    let found = found.expect("the selector is valid");
    (0..found.length()).filter_map(|k| found.get(k)).map(JsCast::unchecked_into).collect()
}
