//! The figure of a lesson on a line: source, target, γ, potentials and paths at once. The source is chosen or drawn, ε is
//! that of the page, and Sinkhorn's half-steps can be made one by one.

mod drawing;
pub mod listeners;
mod printed;

use flowsketch_core::config::{MAX_EPSILON, MIN_EPSILON};
use flowsketch_core::explore::on_a_line::{COUNT, Form, HALF_WIDTH, LineFlow, MOST_HALVES, SOURCES, place, source};
use flowsketch_web::density_canvas::Inks;
use flowsketch_web::dom::set;
use flowsketch_web::number::{rounded, setting, shown};
use printed::{Formula, Printed};
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlCanvasElement, HtmlInputElement, HtmlSelectElement, Window};

/// Time for half-steps in a frame, milliseconds.
const BUDGET_MS: f64 = 6.0;
/// The name of a source that was drawn.
const DRAWN: &str = "drawn";

pub struct LineFigure {
    elements: Elements,
    flow: LineFlow,
    /// The flow that is drawn: that of `flow`, or what a formula makes of it.
    shown: LineFlow,
    /// The lines over the film that are made with a formula.
    lines: Vec<Vec<f64>>,
    /// Heights of the source as it is shown, from 0 to 1.
    heights: Vec<f64>,
    /// The source has ink; otherwise the flow is that of the last one that had.
    has_ink: bool,
    by_half_steps: bool,
    /// A formula of the paper is run as it is verified or printed.
    printed: Option<Printed>,
    /// Half-steps are made until it is solved, but no more than so many in all.
    solving_until: Option<u32>,
    /// The cell of the source point under the pointer.
    over: Option<usize>,
    /// The pointer that draws, and the cell and height where it was.
    stroke: Option<(i32, usize, f64)>,
    /// All that is shown is out of date.
    is_stale: bool,
    /// What depends on the pointer is out of date.
    has_moved: bool,
    inks: Option<(bool, Inks)>,
}

struct Elements {
    source: Element,
    target: Element,
    pair: HtmlCanvasElement,
    mark: Element,
    film: HtmlCanvasElement,
    paths: Element,
    choice: HtmlSelectElement,
    epsilon: HtmlInputElement,
    as_printed: HtmlInputElement,
    status: Element,
}

impl LineFigure {
    /// The figure of a step, if it has one; `step` is the copy that is shown.
    pub fn of(document: &Document, step: &Element, epsilon: f64) -> Option<Self> {
        let figure = step.query_selector("figure.line").ok().flatten()?;
        let name = figure.get_attribute("data-line")?;
        let density = source(&name)?;
        let formula = Formula::from_name(&figure.get_attribute("data-printed").unwrap_or_default());
        let printed = formula.map(|formula| Printed { formula, form: Form::Verified, steps: 0 });
        let by_half_steps = figure.has_attribute("data-half-steps") || formula == Some(Formula::Penalty);
        figure.insert_adjacent_html("beforeend", markup!("lessons/line/figure.html")).expect("the markup is valid");
        let part = |selector: &str| figure.query_selector(selector).ok().flatten().expect("the figure has its parts");
        let elements = Elements {
            source: part(".line-source"),
            target: part(".line-target"),
            pair: part(".line-pair canvas").unchecked_into(),
            mark: part(".line-pair svg"),
            film: part(".line-film canvas").unchecked_into(),
            paths: part(".line-film svg"),
            choice: part(".line-choice").unchecked_into(),
            epsilon: part(".line-epsilon").unchecked_into(),
            as_printed: part(".line-printed input").unchecked_into(),
            status: part(".line-status"),
        };
        for known in SOURCES.into_iter().map(|(known, _)| known).chain([DRAWN]) {
            let option = document.create_element("option").expect("option is an element");
            option.set_text_content(Some(known));
            elements.choice.append_child(&option).expect("a choice takes an option");
        }
        elements.choice.set_value(&name);
        if by_half_steps {
            set(&elements.status, "aria-live", "polite");
        } else {
            part(".line-halves").remove();
        }
        if formula == Some(Formula::Penalty) {
            part(".line-half").set_text_content(Some("Step"));
            part(".line-solve").remove();
        }
        if formula.is_none() {
            part(".line-printed").remove();
        }
        let flow = LineFlow::new(&density, epsilon)?;
        Some(Self {
            elements,
            shown: flow.clone(),
            flow,
            lines: vec![],
            heights: heights(&density),
            has_ink: true,
            by_half_steps,
            printed,
            solving_until: (!by_half_steps).then_some(MOST_HALVES),
            over: None,
            stroke: None,
            is_stale: true,
            has_moved: false,
            inks: None,
        })
    }

    /// Follows the page's ε and theme, makes half-steps and draws; returns whether it is not solved yet.
    pub fn frame(&mut self, document: &Document, window: &Window, epsilon: f64, dark: bool) -> bool {
        if epsilon != self.flow.epsilon() {
            self.flow.set_epsilon(epsilon);
            self.changed();
        }
        let slider = &self.elements.epsilon;
        if document.active_element().as_ref() != Some(slider.as_ref()) {
            let share = (epsilon / MIN_EPSILON).ln() / (MAX_EPSILON / MIN_EPSILON).ln();
            slider.set_value(&setting(share));
        }
        set(slider, "aria-valuetext", &setting(epsilon));
        let waits = self.solving_until.is_some_and(|most| self.solve(window, most));
        if self.inks.as_ref().is_none_or(|(is_dark, _)| *is_dark != dark) {
            self.inks = Some((dark, Inks::new(dark)));
            self.is_stale = true;
        }
        let is_stale = std::mem::take(&mut self.is_stale);
        if is_stale {
            self.draw_flow();
        }
        if std::mem::take(&mut self.has_moved) || is_stale {
            self.draw_strips();
        }
        waits
    }

    /// Makes half-steps for a moment; returns whether more are needed.
    fn solve(&mut self, window: &Window, most: u32) -> bool {
        let clock = || window.performance().map_or(0.0, |performance| performance.now());
        let start = clock();
        while !self.flow.is_solved() && self.flow.halves() < most {
            if clock() - start > BUDGET_MS {
                return true;
            }
            self.flow.half_step();
            self.is_stale = true;
        }
        self.solving_until = None;
        false
    }

    fn begin_solving(&mut self) {
        self.solving_until = Some(self.flow.halves() + MOST_HALVES);
    }

    /// From φ = ψ = 0.
    fn restart(&mut self) {
        let [density, _] = self.flow.densities();
        self.flow = LineFlow::new(density, self.flow.epsilon()).expect("it had mass before");
        (self.solving_until, self.is_stale) = (None, true);
        self.printed.iter_mut().for_each(|printed| printed.steps = 0);
    }

    /// The source or ε has changed.
    fn changed(&mut self) {
        if self.by_half_steps {
            self.restart();
        } else {
            self.begin_solving();
        }
        self.is_stale = true;
    }

    /// ε for a place of the slider.
    fn slider_epsilon(&self) -> f64 {
        let share = self.elements.epsilon.value_as_number().clamp(0.0, 1.0);
        rounded(MIN_EPSILON * (MAX_EPSILON / MIN_EPSILON).powf(share)).clamp(MIN_EPSILON, MAX_EPSILON)
    }

    fn take_source(&mut self) {
        self.has_ink = self.flow.set_source(&self.heights);
        self.changed();
    }

    fn choose(&mut self) {
        if let Some(density) = source(&self.elements.choice.value()) {
            self.heights = heights(&density);
            self.take_source();
        }
    }

    /// A pointer draws the source: heights from where it was to where it is now.
    fn draw_to(&mut self, cell: usize, height: f64) {
        let (last, last_height) = self.stroke.as_ref().map_or((cell, height), |(_, cell, height)| (*cell, *height));
        let (low, high) = (last.min(cell), last.max(cell));
        for k in low..=high {
            let share = if last == cell { 1.0 } else { (k as f64 - last as f64) / (cell as f64 - last as f64) };
            self.heights[k] = last_height + share * (height - last_height);
        }
        self.elements.choice.set_value(DRAWN);
        self.take_source();
    }

    fn half_step(&mut self) {
        self.solving_until = None;
        match &mut self.printed {
            Some(printed) => {
                self.flow.penalty_step(printed.form);
                printed.steps += 1;
            }
            None => self.flow.half_step(),
        }
        self.is_stale = true;
    }

    /// The switch between the two forms of the formula.
    fn switch_form(&mut self) {
        let form = if self.elements.as_printed.checked() { Form::Printed } else { Form::Verified };
        self.printed.iter_mut().for_each(|printed| printed.form = form);
        self.is_stale = true;
    }

    fn point_at(&mut self, cell: Option<usize>) {
        self.has_moved |= self.over != cell;
        self.over = cell;
    }

    /// What the figure shows, in words.
    fn status(&self) -> String {
        if !self.has_ink {
            return "There is no mass: draw above the line.".into();
        }
        let flow = &self.shown;
        let epsilon = setting(flow.epsilon());
        let mut text = if let Some(printed) = &self.printed {
            format!("ε = {epsilon}. {}", printed.status(flow, &self.lines))
        } else if self.by_half_steps {
            let halves = flow.halves();
            let misplaced = shown(50.0 * flow.error());
            if halves == 0 {
                format!("ε = {epsilon}. φ = ψ = 0: γ is the Gaussian alone, and its mass is not 1.")
            } else if flow.is_solved() {
                format!("ε = {epsilon}. Solved after {halves} half-steps.")
            } else {
                let [potential, marginal, fault] =
                    if halves % 2 == 1 { ["φ", "source", "arrives at"] } else { ["ψ", "target", "leaves from"] };
                format!(
                    "ε = {epsilon}. Half-step {halves} fitted {potential}: the {marginal} marginal is exact, but {misplaced} % of the \
                     mass {fault} wrong places."
                )
            }
        } else {
            format!("ε = {epsilon}. Explained share {}.", shown(flow.explained_share()))
        };
        if let Some(cell) = self.over
            && let Some([mean, deviation]) = flow.partners(cell)
        {
            let (x, [mean, deviation]) = (place(cell), [mean, deviation].map(shown));
            text.push_str(&format!(" Partners of x = {x:.1}: mean {mean}, deviation {deviation}."));
        }
        text
    }
}

/// A density as heights from 0 to 0.9.
fn heights(density: &[f64]) -> Vec<f64> {
    let top = density.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    density.iter().map(|p| 0.9 * p / top).collect()
}

/// A place as a coordinate of the drawings, 160 wide.
fn across(x: f64) -> f64 {
    COUNT as f64 * (x + HALF_WIDTH) / (2.0 * HALF_WIDTH)
}
