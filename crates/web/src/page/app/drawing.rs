//! Strokes on the pad, by pointer and by keys, and what becomes of the drawing.

use crate::action::PadKey;
use crate::app::App;
use crate::widgets::pad::{Kind, Pen};
use flowsketch_core::measure::{Brush, Density, DensityError, Import, Tool};
use flowsketch_core::run::Onward;
use flowsketch_protocol::worker::Imported;
use web_sys::File;

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

    /// A pointer comes down at a point of the window; the eraser end of a stylus erases. Returns whether it draws. A
    /// stylus takes the place of a touch, which is the palm of the hand. A second finger begins a gesture: the
    /// ink of the first one is taken back.
    pub fn pen_down(&mut self, pointer: i32, kind: Kind, is_primary: bool, [x, y]: [f64; 2], eraser: bool) -> bool {
        let now_ms = self.page.now_ms();
        if kind == Kind::Stylus {
            self.source.pad.saw_stylus(now_ms);
        }
        let is_touched = self.source.pad.is_drawn_by(Kind::Touch);
        if is_touched && kind != Kind::Mouse {
            self.abandon_stroke();
        }
        let is_palm = kind == Kind::Touch && self.source.pad.is_palm(now_ms);
        if !is_primary || is_palm || self.source.pad.is_drawn_on() {
            return false;
        }
        let point = self.source.pad.world_from_client(x, y);
        let tool = if eraser { Tool::Erase } else { self.source.tool };
        self.source.pad.kind = kind;
        self.begin(Pen::Pointer(pointer), tool, point);
        true
    }

    /// The browser takes the pointer for something else, a gesture or a menu: its ink was not meant.
    pub fn pen_taken(&mut self, pointer: i32) {
        if self.source.pad.pen == Some(Pen::Pointer(pointer)) {
            self.abandon_stroke();
        }
    }

    /// A menu opens over the pad, as by Ctrl and a click on a Mac; returns whether it may.
    pub fn menu_opens(&mut self) -> bool {
        if self.source.pad.is_drawn_by(Kind::Mouse) {
            self.abandon_stroke();
        }
        !matches!(self.source.pad.pen, Some(Pen::Pointer(_)))
    }

    fn abandon_stroke(&mut self) {
        if self.source.abandon() {
            self.take_drawing(true);
        } else {
            self.refresh();
            self.ticker.wake();
        }
    }

    fn begin(&mut self, pen: Pen, tool: Tool, point: [f64; 2]) {
        self.status.acted();
        let brush = self.brush();
        self.source.begin(pen, tool, brush, point);
        self.refresh();
        self.ticker.wake();
    }

    /// A pointer passes over the pad, through these points of the window.
    pub fn pen_moved(&mut self, pointer: i32, kind: Kind, points: &[[f64; 2]]) {
        if kind == Kind::Stylus {
            self.source.pad.saw_stylus(self.page.now_ms());
        }
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
                    // Before the restart, which pauses a diverged run.
                    self.train_on();
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

    /// Takes what the worker read; an image with its file, to be read with other levels. What is `again` on the pad takes
    /// the place of what was there.
    pub fn take_imported(&mut self, imported: Result<Imported, String>, file: Option<File>, again: bool) {
        let is_on_pad = self.source.drawing.import().is_some();
        if let Ok(Imported { levels, .. }) = &imported {
            if !again {
                self.import.show(*levels);
                self.import.image = file.filter(|_| levels.is_some());
            } else if is_on_pad {
                self.source.drawing.undo();
            }
        }
        self.take_import(imported.map(|imported| imported.import));
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
