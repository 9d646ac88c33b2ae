//! The drawing pad: where on the map a pointer is, the ink that is not drawn yet, and the picture of the drawing.

use crate::widgets::page::Page;
use flowsketch_core::lattice::VIEW;
use flowsketch_core::measure::{Brush, Drawing, Tool, density_lattice};
use flowsketch_web::density_canvas::Inks;
use flowsketch_web::dom::world;
use std::collections::VecDeque;
use web_sys::{HtmlCanvasElement, HtmlElement};

/// What holds the pen down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pen {
    /// The pointer of that id.
    Pointer(i32),
    Keys,
}

/// What a pointer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Mouse,
    /// A pen on a screen or a tablet.
    Stylus,
    /// A finger or a palm.
    Touch,
}

pub struct Pad {
    canvas: HtmlCanvasElement,
    ring: HtmlElement,
    /// Who draws now.
    pub pen: Option<Pen>,
    /// What a pointer that draws is.
    pub kind: Kind,
    /// When a stylus was last seen, milliseconds.
    stylus_ms: f64,
    /// Position of the brush that keys move, world units.
    pub cursor: [f64; 2],
    /// Whether the picture is out of date.
    pub stale: bool,
    brush: Brush,
    /// Points the pen went through that are not on the drawing yet.
    path: VecDeque<[f64; 2]>,
    last: [f64; 2],
    lifted: bool,
}

/// Ink is laid for about this long in one frame at most, milliseconds; the rest waits for the next.
const LAYING_MS: f64 = 8.0;
/// For so long after a stylus was seen, a touch is the hand that holds it, milliseconds.
const PALM_MS: f64 = 700.0;
/// A point is left out if it is nearer to the one before than this fraction of the radius: nobody would see it.
const SPACING_IN_RADII: f64 = 0.15;

impl Pad {
    pub fn new(page: &Page) -> Self {
        let brush = Brush { radius: 0.25, softness: 0.8 };
        Self {
            canvas: page.pad.clone(),
            ring: page.brush.clone(),
            pen: None,
            kind: Kind::Mouse,
            stylus_ms: f64::NEG_INFINITY,
            cursor: [0.0; 2],
            stale: true,
            brush,
            path: VecDeque::new(),
            last: [0.0; 2],
            lifted: false,
        }
    }

    /// World coordinates of a point of the window.
    pub fn world_from_client(&self, x: f64, y: f64) -> [f64; 2] {
        world(&self.canvas, VIEW, [x, y])
    }

    /// Puts the pen down.
    pub fn begin(&mut self, drawing: &mut Drawing, pen: Pen, tool: Tool, brush: Brush, point: [f64; 2]) {
        self.finish(drawing);
        (self.pen, self.brush, self.last, self.lifted) = (Some(pen), brush, point, false);
        drawing.begin(tool, brush, point);
        self.stale = true;
    }

    /// Moves the pen; the ink follows in [`lay`](Self::lay). A pen that was lifted draws no more, even if its ink is
    /// not laid yet.
    pub fn extend(&mut self, point: [f64; 2]) {
        if self.is_drawn_on() {
            self.path.push_back(point);
        }
    }

    /// Lifts the pen once all its ink is laid.
    pub fn lift(&mut self) {
        self.lifted = self.pen.is_some();
    }

    /// Takes back the stroke in progress, and the ink that is not laid yet.
    pub fn abandon(&mut self, drawing: &mut Drawing) {
        self.path.clear();
        (self.pen, self.lifted, self.stale) = (None, false, true);
        drawing.abandon();
        self.ring.set_class_name("brush");
    }

    /// A stylus is at the pad.
    pub fn saw_stylus(&mut self, now_ms: f64) {
        self.stylus_ms = now_ms;
    }

    /// Whether a touch now is probably the palm of a hand that holds a stylus.
    pub fn is_palm(&self, now_ms: f64) -> bool {
        now_ms - self.stylus_ms < PALM_MS
    }

    /// Whether a pen is on the pad.
    pub fn is_drawn_on(&self) -> bool {
        self.pen.is_some() && !self.lifted
    }

    /// Whether a pointer of that kind is on the pad.
    pub fn is_drawn_by(&self, kind: Kind) -> bool {
        self.is_drawn_on() && matches!(self.pen, Some(Pen::Pointer(_))) && self.kind == kind
    }

    /// Whether ink waits to be laid, or the pen to be lifted.
    pub fn is_behind(&self) -> bool {
        !self.path.is_empty() || self.lifted
    }

    /// Lays ink for a while; true when this ended the stroke.
    pub fn lay(&mut self, drawing: &mut Drawing, now_ms: impl Fn() -> f64) -> bool {
        let start = now_ms();
        let spacing = SPACING_IN_RADII * self.brush.radius;
        while let Some(point) = self.path.pop_front() {
            let [dx, dy] = [point[0] - self.last[0], point[1] - self.last[1]];
            if dx.hypot(dy) < spacing && !(self.path.is_empty() && self.lifted) {
                continue;
            }
            drawing.extend(point);
            self.last = point;
            self.stale = true;
            if now_ms() - start > LAYING_MS {
                break;
            }
        }
        if self.lifted && self.path.is_empty() {
            drawing.end();
            (self.pen, self.lifted) = (None, false);
            self.ring.set_class_name("brush");
            return true;
        }
        false
    }

    /// Lays what is left of a stroke at once.
    fn finish(&mut self, drawing: &mut Drawing) {
        self.path.drain(..).for_each(|point| drawing.extend(point));
        drawing.end();
        (self.pen, self.lifted) = (None, false);
    }

    /// Draws the ink over [−4, 4]²: x to the right, y upwards, each pixel one point of the lattice.
    pub fn paint(&mut self, drawing: &Drawing, inks: &Inks) {
        self.stale = false;
        let lattice = density_lattice();
        let first = ((-VIEW - lattice.origin[0]) / lattice.step).ceil() as usize;
        let side = (2.0 * VIEW / lattice.step).round() as usize;
        let ink = drawing.ink();
        // Strokes that cross add up: the strongest ink gets the end of the scale.
        let top = ink.iter().copied().fold(1.0, f32::max);
        let rows = (first..first + side).rev();
        let shares = rows.flat_map(|j| (first..first + side).map(move |i| ink[i * lattice.count + j] / top));
        inks.paint(&self.canvas, side as u32, shares);
    }

    /// Shows the brush at `point` as a ring of its radius.
    pub fn show_ring(&self, point: [f64; 2], radius: f64) {
        let style = self.ring.style();
        let percent = |fraction: f64| format!("{:.2}%", 100.0 * fraction);
        for (property, value) in [
            ("left", percent(0.5 + 0.5 * point[0] / VIEW)),
            ("top", percent(0.5 - 0.5 * point[1] / VIEW)),
            ("width", percent(radius / VIEW)),
        ] {
            style.set_property(property, &value).expect("the property exists");
        }
        self.ring.set_class_name(if self.pen.is_some() { "brush down" } else { "brush" });
        self.ring.set_hidden(false);
    }

    pub fn hide_ring(&self) {
        self.ring.set_hidden(true);
    }
}
