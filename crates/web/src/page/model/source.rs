//! The source as it is drawn: the pad, the pen on it, and the density that comes of it.

use crate::model::live::Live;
use crate::widgets::pad::{Pad, Pen};
use crate::widgets::page::Page;
use flowsketch_core::lattice::VIEW;
use flowsketch_core::measure::{Brush, Density, Drawing, Tool};
use flowsketch_web::density_canvas::Inks;

pub struct SourceEditor {
    pub pad: Pad,
    pub live: Live,
    pub drawing: Drawing,
    pub tool: Tool,
    /// Whether there is nothing on the pad.
    pub blank: bool,
    /// The source of the run, and its name in a sentence.
    pub density: Option<Density>,
    pub name: String,
    /// Whether the run still has the previous source; it restarts in the next frame.
    pub is_pending: bool,
}

impl SourceEditor {
    pub fn new(page: &Page) -> Self {
        Self {
            pad: Pad::new(page),
            live: Live::default(),
            drawing: Drawing::default(),
            tool: Tool::Draw,
            blank: false,
            density: None,
            name: String::new(),
            is_pending: false,
        }
    }

    /// Takes what is on the pad as the source.
    pub fn set(&mut self, density: Density) {
        (self.density, self.blank) = (Some(density), false);
    }

    /// The name of what is on the pad becomes that of the source.
    pub fn take_name(&mut self) {
        let name = self.label().into();
        self.name = self.drawing.preset().map_or(name, |preset| format!("the {} preset", preset.name()));
    }

    /// The name of what is on the pad, shown beside it.
    pub fn label(&self) -> &str {
        let import = self.drawing.import().map_or("your drawing", |import| import.name.as_str());
        self.drawing.preset().map_or(import, |preset| preset.name())
    }

    pub fn paint(&mut self, inks: &Inks) {
        self.pad.paint(&self.drawing, inks);
    }

    // ---- the pen ----

    /// The pen comes down at a point of the map.
    pub fn begin(&mut self, pen: Pen, tool: Tool, brush: Brush, point: [f64; 2]) {
        self.live.begin();
        self.pad.begin(&mut self.drawing, pen, tool, brush, point);
        self.pad.show_ring(point, brush.radius);
    }

    /// A pointer passes over the pad, through these points of the window; returns whether it draws.
    pub fn pen_moved(&mut self, pointer: i32, points: &[[f64; 2]], radius: f64) -> bool {
        let drawing = self.pad.pen == Some(Pen::Pointer(pointer));
        for (k, &[x, y]) in points.iter().enumerate() {
            let point = self.pad.world_from_client(x, y);
            if drawing {
                self.pad.extend(point);
            }
            if k + 1 == points.len() && self.pad.pen.is_none_or(|pen| pen == Pen::Pointer(pointer)) {
                self.pad.show_ring(point, radius);
            }
        }
        drawing
    }

    /// Moves the brush of the keys; returns whether it draws.
    pub fn move_cursor(&mut self, by: [f64; 2]) -> bool {
        self.pad.cursor = [0, 1].map(|axis| (self.pad.cursor[axis] + by[axis]).clamp(-VIEW, VIEW));
        let drawing = self.pad.pen == Some(Pen::Keys);
        if drawing {
            self.pad.extend(self.pad.cursor);
        }
        drawing
    }

    /// Takes back the stroke in progress; returns whether the run followed it already.
    pub fn abandon(&mut self) -> bool {
        self.pad.abandon(&mut self.drawing);
        self.live.follows
    }

    /// Lifts the pen if it is this one; returns whether it is.
    pub fn lift(&mut self, pen: Pen) -> bool {
        let is_this = self.pad.pen == Some(pen);
        if is_this {
            self.pad.lift();
        }
        is_this
    }
}
