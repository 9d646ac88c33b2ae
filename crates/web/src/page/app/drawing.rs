//! Strokes on the pad, by pointer and by keys, and what becomes of the drawing.

use crate::action::PadKey;
use crate::app::App;
use crate::widgets::pad::Pen;
use flowsketch_core::measure::{Brush, Density, DensityError, Import, Tool};
use flowsketch_core::run::Onward;

impl App {
    /// The brush as set by its sliders.
    fn brush(&self) -> Brush {
        Brush { radius: self.controls.size.range_value(), softness: self.controls.softness.range_value() }
    }

    pub fn brush_changed(&self) {
        if self.source.pad.pen == Some(Pen::Keys) {
            self.source.pad.show_ring(self.source.pad.cursor, self.brush().radius);
        }
    }

    /// The pen comes down at a point of the window; the eraser end of a pen erases.
    pub fn pen_down(&mut self, pointer: i32, x: f64, y: f64, eraser: bool) {
        if self.source.pad.is_drawn_on() {
            return;
        }
        let point = self.source.pad.world_from_client(x, y);
        let tool = if eraser { Tool::Erase } else { self.source.tool };
        self.begin(Pen::Pointer(pointer), tool, point);
    }

    fn begin(&mut self, pen: Pen, tool: Tool, point: [f64; 2]) {
        self.status.acted();
        let brush = self.brush();
        self.source.begin(pen, tool, brush, point);
        self.refresh();
        self.ticker.wake();
    }

    /// A pointer passes over the pad, through these points of the window.
    pub fn pen_moved(&mut self, pointer: i32, points: &[[f64; 2]]) {
        let radius = self.brush().radius;
        if self.source.pen_moved(pointer, points, radius) {
            self.ticker.wake();
        }
    }

    /// The pointer is lifted, or taken away.
    pub fn pen_up(&mut self, pointer: i32) {
        if self.source.lift(Pen::Pointer(pointer)) {
            self.ticker.wake();
        }
    }

    pub fn pointer_left(&self) {
        if !self.source.pad.is_drawn_on() {
            self.source.pad.hide_ring();
        }
    }

    /// The pad got the focus from the keyboard.
    pub fn pad_focused(&self) {
        self.source.pad.show_ring(self.source.pad.cursor, self.brush().radius);
    }

    pub fn pad_left(&mut self) {
        self.lift_keys();
        self.source.pad.hide_ring();
    }

    pub fn pad_key(&mut self, key: PadKey) {
        match key {
            PadKey::Move(by) => {
                if self.source.move_cursor(by) {
                    self.ticker.wake();
                }
            }
            PadKey::Pen if self.source.pad.pen.is_none() => {
                self.begin(Pen::Keys, self.source.tool, self.source.pad.cursor);
                self.status.tell("The pen is down.");
            }
            PadKey::Pen | PadKey::Lift => self.lift_keys(),
        }
        self.source.pad.show_ring(self.source.pad.cursor, self.brush().radius);
    }

    fn lift_keys(&mut self) {
        if self.source.pad.pen == Some(Pen::Keys) {
            self.status.acted();
            self.source.pad.lift();
            self.ticker.wake();
        }
    }

    // ---- the drawing becomes the source ----

    /// Another source is on the pad: the run starts again from it.
    pub fn drawing_changed(&mut self) {
        self.take_drawing(false);
    }

    /// Takes what is on the pad as the source. After a stroke, now complete, the run continues with it; after any other
    /// change it restarts.
    pub fn take_drawing(&mut self, is_stroke: bool) {
        self.changed();
        // At once: on a slow adapter the next frame may come late.
        self.source.paint(&self.display.inks);
        match self.source.drawing.density() {
            Ok(density) if is_stroke && self.compute.backend.is_some() => self.follow_drawing(density, true),
            Ok(density) => {
                self.source.set(density);
                self.source.take_name();
                self.source.is_pending = true;
                if self.compute.backend.is_some() {
                    self.train();
                    self.restarted();
                }
            }
            Err(error) => self.emptied(&error),
        }
        self.refresh();
        self.ticker.wake();
    }

    /// There is nothing on the pad any more.
    pub fn emptied(&mut self, error: &DensityError) {
        self.source.blank = true;
        self.run.pause_until_ink();
        self.readout.stop_counting();
        let kept = if self.compute.backend.is_some() { " The flow is still that of the previous source." } else { "" };
        self.status.tell(format!("{error}{kept}"));
    }

    /// Sends the drawing to the run while the pen is down, if it is time to. An empty pad is no error here: the flow
    /// stays that of the previous source.
    pub fn follow_pen(&mut self, now_ms: f64) {
        if self.source.pad.is_drawn_on()
            && self.source.live.is_due(now_ms)
            && let Ok(density) = self.source.drawing.density()
        {
            self.follow_drawing(density, false);
        }
    }

    pub fn follow_drawing(&mut self, density: Density, is_last: bool) {
        let Some(run) = &mut self.compute.backend else { return };
        let begins = !self.source.live.follows;
        let warm = self.source.live.send(self.page.now_ms());
        // Do not start from weights of a source that was never loaded, or from diverged ones.
        let afresh = std::mem::take(&mut self.source.is_pending) || self.run.divergence.is_some();
        run.follow(&density, if afresh { Onward::Afresh } else { warm }, is_last);
        self.source.set(density);
        if begins || is_last {
            self.source.take_name();
            self.train_on();
        }
        if begins {
            self.restarted();
            self.refresh();
        } else if is_last {
            // The run continues without a break; from here on the dual value is of one source, so a new curve begins.
            self.run.watch_anew();
            self.readout.begin_curve();
        }
    }

    /// Takes an imported source; if it could not be read, the source stays as it is.
    pub fn take_import(&mut self, import: Result<Import, String>) {
        match import {
            Ok(import) => {
                self.status.acted();
                self.source.drawing.place(import);
                self.drawing_changed();
            }
            Err(sentence) => self.tell(format!("{sentence} The source stays as it was.")),
        }
    }
}
