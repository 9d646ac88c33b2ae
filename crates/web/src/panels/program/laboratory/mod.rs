//! The Gaussian laboratory: an ellipse to drag, and four interpolations between it and the Normal, side by side.

pub mod listeners;

use crate::program::inspection_worker::InspectionWorker;
use crate::program::round::{Due, Round};
use flowsketch_core::gaussian::{Moments, bridge};
use flowsketch_core::potentials::Shown;
use flowsketch_core::style::Style;
use flowsketch_protocol::inspection::Question;
use flowsketch_protocol::laboratory::{Ask, Found, Of, TIMES};
use flowsketch_protocol::panels::{NORMAL, Scene};
use flowsketch_web::density_canvas;
use flowsketch_web::dom::{client, element, press, set, world};
use flowsketch_web::number::grouped;
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlButtonElement, HtmlCanvasElement, HtmlElement, HtmlInputElement, PointerEvent};

/// The name of the laboratory's source in a sentence.
const NAME: &str = "a Gaussian";
/// Limits of a mean, so that three deviations around it are on the map, and of the deviations, the smallest of which
/// the lattice still resolves; world units.
const FARTHEST: f64 = 1.5;
const DEVIATIONS: [f64; 2] = [0.2, 1.2];
/// World units from the middle of the map to its edge, and at most from a handle to a pointer that takes it.
const EDGE: f64 = 3.2;
const REACH: f64 = 0.7;
/// Pixels of a side of a picture.
const SIDE: u32 = 96;
/// If the deviations differ by less than this fraction, the angle counts as undefined.
const ROUND: f64 = 0.02;

const WAYS: [Of; 2] = [Of::Exact, Of::Learned];
const FIELDS: [&str; 5] = ["lab-mean-x", "lab-mean-y", "lab-first", "lab-second", "lab-angle"];

/// A Gaussian by its ellipse; the angle in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shape {
    mean: [f64; 2],
    deviations: [f64; 2],
    angle: f64,
}

impl Shape {
    const FIRST: Self = Self { mean: [0.9, 0.6], deviations: [1.0, 0.3], angle: 30.0 };

    fn moments(&self) -> Moments {
        Moments::of_axes(self.mean, self.deviations, self.angle.to_radians())
    }

    /// Unit vectors along the two axes.
    fn axes(&self) -> [[f64; 2]; 2] {
        let (sin, cos) = self.angle.to_radians().sin_cos();
        [[cos, sin], [-sin, cos]]
    }

    /// The centre, and the ends of the axes.
    fn handles(&self) -> [[f64; 2]; 3] {
        let end = |k: usize| [0, 1].map(|c| self.mean[c] + self.deviations[k] * self.axes()[k][c]);
        [self.mean, end(0), end(1)]
    }

    /// The same with one of its handles elsewhere.
    fn dragged(self, handle: usize, to: [f64; 2]) -> Self {
        let Some(axis) = handle.checked_sub(1) else { return Self { mean: to, ..self }.within() };
        let [x, y] = [0, 1].map(|c| to[c] - self.mean[c]);
        let mut deviations = self.deviations;
        deviations[axis] = x.hypot(y);
        let angle = y.atan2(x).to_degrees() - 90.0 * axis as f64;
        Self { deviations, angle, ..self }.within()
    }

    /// The nearest allowed shape, rounded to hundredths.
    fn within(self) -> Self {
        let hundredths = |value: f64| (100.0 * value).round() / 100.0;
        Self {
            mean: self.mean.map(|m| hundredths(m.clamp(-FARTHEST, FARTHEST))),
            deviations: self.deviations.map(|d| hundredths(d.clamp(DEVIATIONS[0], DEVIATIONS[1]))),
            // An axis and its opposite are the same: the angle is taken modulo 180 degrees.
            angle: (self.angle + 90.0).rem_euclid(180.0).round() - 90.0,
        }
    }

    fn values(&self) -> [f64; 5] {
        [self.mean[0], self.mean[1], self.deviations[0], self.deviations[1], self.angle]
    }
}

pub struct Laboratory {
    elements: Elements,
    shape: Shape,
    /// The pointer that drags, and the handle.
    drag: Option<(i32, usize)>,
    /// The time, as an index of [`TIMES`], that the table shows.
    column: usize,
    round: Round,
    /// Moments by solution (exact, learned) and time, of the newest potentials.
    found: [[Option<Moments>; TIMES.len()]; 2],
    /// What the table and the lines show.
    shown: Option<Lines>,
}

/// What the panel is made of on the page.
struct Elements {
    panel: Element,
    map: Element,
    ellipse: Element,
    axes: Element,
    handles: [Element; 3],
    fields: [HtmlInputElement; 5],
    take: HtmlButtonElement,
    columns: Vec<Column>,
    caption: HtmlElement,
    rows: HtmlElement,
    note: HtmlElement,
}

/// All that the lines and the table depend on, except what the worker found.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Lines {
    shape: Shape,
    epsilon: f64,
    column: usize,
    is_normal: bool,
    is_source: bool,
    is_exact: bool,
    step: u64,
}

struct Column {
    button: HtmlButtonElement,
    canvases: Vec<HtmlCanvasElement>,
    closed: Vec<Element>,
    geodesic: Vec<Element>,
}

impl Laboratory {
    pub fn new(document: &Document) -> Self {
        let strip: Element = element(document, "lab-strip");
        let still = "<span class=\"lab-still\"><canvas></canvas><svg viewBox=\"-4 -4 8 8\" aria-hidden=\"true\">\
            <ellipse class=\"lab-closed\"></ellipse><ellipse class=\"lab-geodesic\"></ellipse></svg></span>";
        let mut markup =
            String::from("<div class=\"lab-names\" aria-hidden=\"true\"><span>exact</span><span>learned</span></div>");
        for (k, time) in TIMES.iter().enumerate() {
            markup += &format!(
                "<button id=\"lab-time-{k}\" type=\"button\" aria-label=\"Numbers at t = {time}\" aria-pressed=\"false\">\
                {still}{still}<span>t = {time}</span></button>"
            );
        }
        strip.insert_adjacent_html("beforeend", &markup).expect("the markup is valid");
        let id = |id: &str| element::<Element>(document, id);
        let elements = Elements {
            panel: id("laboratory"),
            map: id("lab-map"),
            ellipse: id("lab-ellipse"),
            axes: id("lab-axes"),
            handles: ["lab-centre", "lab-along", "lab-across"].map(id),
            fields: FIELDS.map(|id| element(document, id)),
            take: element(document, "lab-use"),
            columns: (0..TIMES.len()).map(|k| Column::new(document, k)).collect(),
            caption: element(document, "lab-caption"),
            rows: element(document, "lab-rows"),
            note: element(document, "lab-note"),
        };
        Self {
            elements,
            shape: Shape::FIRST,
            drag: None,
            column: 3,
            round: Round::of(WAYS.len() * TIMES.len()),
            found: Default::default(),
            shown: None,
        }
    }

    /// One of its pictures has come; none if these potentials are not known.
    pub fn put(&mut self, found: Option<Found>) {
        self.round.came();
        if let Some(Found { of, column, side, pixels, moments }) = found {
            let (way, column) = (of as usize, column as usize);
            self.found[way][column] = Some(moments);
            density_canvas::put(&self.elements.columns[column].canvases[way], side, &pixels);
            if column == self.column {
                self.shown = None;
            }
        }
    }

    /// Shows the ellipse and its interpolations, and asks for the next picture; returns whether another frame is needed
    /// without an event.
    pub fn frame(&mut self, now_ms: f64, scene: &Scene, worker: &mut InspectionWorker) -> bool {
        if !self.elements.panel.has_attribute("open") {
            return false;
        }
        let is_normal = scene.target == NORMAL;
        let is_source = scene.source == NAME && is_normal;
        if !is_source {
            self.forget();
        }
        let is_exact = scene.shown == Shown::Exact;
        let (shape, epsilon, column) = (self.shape, scene.config.epsilon, self.column);
        let lines = Lines { shape, epsilon, column, is_normal, is_source, is_exact, step: scene.step };
        if self.shown != Some(lines) {
            self.shown = Some(lines);
            self.draw(&lines);
        }
        self.elements.take.set_disabled(!scene.is_live);
        if !is_source {
            return false;
        }
        match self.round.due(now_ms, worker, scene.is_dark, scene.is_training) {
            Due::Picture(number) => {
                let style = Style { dark: scene.is_dark, arrows: false, range: Style::RANGE };
                let (of, column) = (WAYS[number / TIMES.len()], (number % TIMES.len()) as u32);
                worker.ask(Question::Laboratory(Ask { of, column, side: SIDE, style }));
                false
            }
            Due::Later => true,
            Due::Nothing => false,
        }
    }

    /// Drops what was found: it is of another source.
    fn forget(&mut self) {
        if self.found.iter().flatten().any(Option::is_some) {
            self.found = Default::default();
            self.round = Round::of(WAYS.len() * TIMES.len());
            // Setting its size clears a canvas.
            self.elements.columns.iter().flat_map(|column| &column.canvases).for_each(|canvas| canvas.set_width(SIDE));
        }
    }

    fn draw(&self, lines: &Lines) {
        let shape = &lines.shape;
        lay(&self.elements.ellipse, &shape.moments());
        let handles = shape.handles();
        for (handle, [x, y]) in self.elements.handles.iter().zip(handles) {
            set(handle, "cx", &x.to_string());
            set(handle, "cy", &(-y).to_string());
        }
        let [[x, y], [x1, y1], [x2, y2]] = handles;
        set(&self.elements.axes, "d", &format!("M{x1} {}L{x} {}L{x2} {}", -y1, -y, -y2));
        for (field, value) in self.elements.fields.iter().zip(shape.values()) {
            if !field.matches(":focus").unwrap_or(false) {
                field.set_value(&value.to_string());
            }
        }
        for (k, (column, time)) in self.elements.columns.iter().zip(TIMES).enumerate() {
            press(&column.button, k == lines.column);
            let [geodesic, closed] = self.formulas(lines, time);
            column.closed.iter().for_each(|ellipse| lay(ellipse, &closed));
            column.geodesic.iter().for_each(|ellipse| lay(ellipse, &geodesic));
        }
        let time = TIMES[lines.column];
        let caption =
            format!("Means and standard deviations of the four densities at t = {time}, ε = {}", lines.epsilon);
        self.elements.caption.set_text_content(Some(&caption));
        let [geodesic, closed] = self.formulas(lines, time).map(Some);
        let [exact, learned] = self.found.map(|found| found[lines.column]);
        let ways =
            [("geodesic, ε = 0", geodesic), ("closed form", closed), ("exact solver", exact), ("learned", learned)];
        let rows: String = ways.iter().map(|(way, moments)| row(way, moments.as_ref())).collect();
        self.elements.rows.set_inner_html(&rows);
        let note = match (lines.is_source, lines.is_exact) {
            _ if !lines.is_normal => "The page’s target is another: this is about flows to the Normal.".into(),
            (false, _) => "The ellipse is not the page’s source yet: change it, or press the button.".into(),
            (true, true) => "The page shows the exact flow: with “Learned” the fourth row is filled.".into(),
            (true, false) => format!(
                "Learned in {} steps. The geodesic has no noise: it agrees with the others at both ends, and in \
                 between as ε tends to 0.",
                grouped(lines.step)
            ),
        };
        self.elements.note.set_text_content(Some(&note));
    }

    /// The W2 geodesic and the entropic interpolation at t.
    fn formulas(&self, lines: &Lines, time: f64) -> [Moments; 2] {
        [0.0, lines.epsilon].map(|epsilon| bridge(&lines.shape.moments(), epsilon, time))
    }

    /// World units under a pointer.
    fn place(&self, event: &PointerEvent) -> [f64; 2] {
        world(&self.elements.map, EDGE, client(event))
    }

    /// The handle that a pointer takes.
    fn nearest(&self, [x, y]: [f64; 2]) -> Option<usize> {
        let far = self.shape.handles().map(|[hx, hy]| (hx - x).hypot(hy - y));
        (0..far.len()).filter(|&k| far[k] < REACH).min_by(|&a, &b| far[a].total_cmp(&far[b]))
    }

    /// The ellipse of the number boxes; a box that holds no number is reset.
    fn read(&mut self) {
        let mut values = self.shape.values();
        for (value, field) in values.iter_mut().zip(&self.elements.fields) {
            let number = field.value_as_number();
            *value = if number.is_finite() { number } else { *value };
        }
        let [x, y, first, second, angle] = values;
        self.shape = Shape { mean: [x, y], deviations: [first, second], angle }.within();
        for (field, value) in self.elements.fields.iter().zip(self.shape.values()) {
            field.set_value(&value.to_string());
        }
        self.shown = None;
    }
}

impl Column {
    fn new(document: &Document, k: usize) -> Self {
        let button: HtmlButtonElement = element(document, &format!("lab-time-{k}"));
        let all = |selector| {
            let list = button.query_selector_all(selector).expect("the selector is valid");
            (0..list.length()).filter_map(move |k| list.get(k))
        };
        let canvases: Vec<HtmlCanvasElement> = all("canvas").map(JsCast::unchecked_into).collect();
        for canvas in &canvases {
            canvas.set_width(SIDE);
            canvas.set_height(SIDE);
        }
        let ellipses = |selector| all(selector).map(JsCast::unchecked_into).collect();
        Self { closed: ellipses(".lab-closed"), geodesic: ellipses(".lab-geodesic"), canvases, button }
    }
}

/// Makes an ellipse that of one standard deviation.
fn lay(ellipse: &Element, moments: &Moments) {
    let ([along, across], angle) = moments.axes();
    let [x, y] = moments.mean;
    set(ellipse, "rx", &along.to_string());
    set(ellipse, "ry", &across.to_string());
    set(ellipse, "transform", &format!("translate({x} {})rotate({})", -y, -angle.to_degrees()));
}

fn row(way: &str, moments: Option<&Moments>) -> String {
    let cells = match moments {
        None => vec!["—".into(); 5],
        Some(moments) => {
            let ([along, across], angle) = moments.axes();
            let is_round = along - across < ROUND * along;
            let angle = if is_round { "—".into() } else { format!("{:.1}°", angle.to_degrees()) };
            let numbers = [moments.mean[0], moments.mean[1], along, across].map(|value| format!("{value:.3}"));
            numbers.into_iter().chain([angle]).map(|cell| cell.replace('-', "−")).collect()
        }
    };
    let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
    format!("<tr><th scope=\"row\">{way}</th>{cells}</tr>")
}
