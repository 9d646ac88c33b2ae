//! Measuring the speed of this machine begins and ends; the run rests meanwhile.

use crate::app::App;
use std::cell::Cell;
use std::rc::Rc;

impl App {
    /// Begins to measure, or stops; if it begins, returns the flag that stops it.
    pub fn measure_or_stop(&mut self) -> Option<Rc<Cell<bool>>> {
        if self.speed.is_on() {
            self.stop_measuring();
            return None;
        }
        let stop = self.speed.begin();
        self.readout.stop_counting();
        if let Some(run) = &mut self.compute.backend {
            run.rest();
        }
        Some(stop)
    }

    pub fn stop_measuring(&mut self) {
        if self.speed.stop() {
            self.end_measuring("Stopped.");
        }
    }

    /// The run of the page continues.
    pub fn end_measuring(&mut self, sentence: &str) {
        self.speed.end(sentence);
        self.readout.forget_speed();
        self.ticker.wake();
    }
}
