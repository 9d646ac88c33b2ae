//! Strokes on the pad, by pointer and by keys.

use crate::app::App;
use crate::keys::PadKey;
use crate::pad::Pen;
use flowsketch_core::lattice::VIEW;
use flowsketch_core::measure::{Brush, Tool};

impl App {
    /// The brush as its sliders have it.
    fn brush(&self) -> Brush {
        Brush { radius: self.controls.size.range_value(), softness: self.controls.softness.range_value() }
    }

    pub fn brush_changed(&self) {
        if self.pad.pen == Some(Pen::Keys) {
            self.pad.show_ring(self.pad.cursor, self.brush().radius);
        }
    }

    /// The pen comes down at a point of the window; the eraser end of a pen erases.
    pub fn pen_down(&mut self, pointer: i32, x: f64, y: f64, eraser: bool) {
        if self.pad.is_drawn_on() {
            return;
        }
        let point = self.pad.world_from_client(x, y);
        let tool = if eraser { Tool::Erase } else { self.tool };
        self.begin(Pen::Pointer(pointer), tool, point);
    }

    fn begin(&mut self, pen: Pen, tool: Tool, point: [f64; 2]) {
        self.speaker.acted();
        let brush = self.brush();
        self.pad.begin(&mut self.drawing, pen, tool, brush, point);
        self.pad.show_ring(point, brush.radius);
        self.refresh();
        self.ticker.wake();
    }

    /// A pointer passes over the pad, through these points of the window.
    pub fn pen_moved(&mut self, pointer: i32, points: &[[f64; 2]]) {
        let drawing = self.pad.pen == Some(Pen::Pointer(pointer));
        for (k, &[x, y]) in points.iter().enumerate() {
            let point = self.pad.world_from_client(x, y);
            if drawing {
                self.pad.extend(point);
            }
            if k + 1 == points.len() && self.pad.pen.is_none_or(|pen| pen == Pen::Pointer(pointer)) {
                self.pad.show_ring(point, self.brush().radius);
            }
        }
        if drawing {
            self.ticker.wake();
        }
    }

    /// The pointer is lifted, or taken away.
    pub fn pen_up(&mut self, pointer: i32) {
        if self.pad.pen == Some(Pen::Pointer(pointer)) {
            self.pad.lift();
            self.ticker.wake();
        }
    }

    pub fn pointer_left(&self) {
        if !self.pad.is_drawn_on() {
            self.pad.hide_ring();
        }
    }

    /// The pad got the focus from the keyboard.
    pub fn pad_focused(&self) {
        self.pad.show_ring(self.pad.cursor, self.brush().radius);
    }

    pub fn pad_left(&mut self) {
        self.lift_keys();
        self.pad.hide_ring();
    }

    pub fn pad_key(&mut self, key: PadKey) {
        match key {
            PadKey::Move(by) => {
                self.pad.cursor = [0, 1].map(|axis| (self.pad.cursor[axis] + by[axis]).clamp(-VIEW, VIEW));
                if self.pad.pen == Some(Pen::Keys) {
                    self.pad.extend(self.pad.cursor);
                    self.ticker.wake();
                }
            }
            PadKey::Pen if self.pad.pen.is_none() => {
                self.begin(Pen::Keys, self.tool, self.pad.cursor);
                self.speaker.tell("The pen is down.");
            }
            PadKey::Pen | PadKey::Lift => self.lift_keys(),
        }
        self.pad.show_ring(self.pad.cursor, self.brush().radius);
    }

    fn lift_keys(&mut self) {
        if self.pad.pen == Some(Pen::Keys) {
            self.speaker.acted();
            self.pad.lift();
            self.ticker.wake();
        }
    }
}
