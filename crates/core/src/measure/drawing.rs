//! Freehand drawing as a list of actions that can be undone, and the ink it leaves on the density lattice.

use super::density::{Density, DensityError, density_lattice};
use super::presets::Preset;
use super::sketch::{Brush, Sketch, Stroke, Tool, snap, snap_brush};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// A density made from an image, points or a word, and its name as it is used in a sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Import {
    /// As it is used in a sentence, for example “the image cat.png”.
    pub name: String,
    /// On the density lattice, of mass 1.
    pub density: Density,
}

#[derive(Clone, Debug)]
enum Action {
    Load(Preset),
    Import(Rc<Import>),
    Clear,
    /// The flag says whether the pad was emptied before it: drawing on an untouched preset starts with an empty pad.
    Stroke(Stroke, bool),
}

/// A drawing: what was done, what was undone, and the ink now on the lattice.
#[derive(Clone, Debug)]
pub struct Drawing {
    done: Vec<Action>,
    undone: Vec<Action>,
    /// Ink now, in the order of [`density_lattice`]; the strongest single stroke leaves 1.
    ink: Vec<f32>,
    /// Ink before the stroke in progress.
    before: Vec<f32>,
    /// How much the brush of the stroke in progress covers each point, from 0 to 1.
    coverage: Vec<f32>,
    drawing: bool,
    /// What could be done again before the stroke in progress.
    undone_before: Vec<Action>,
}

impl Default for Drawing {
    fn default() -> Self {
        let blank = vec![0.0; density_lattice().len()];
        Self {
            done: vec![],
            undone: vec![],
            ink: blank.clone(),
            before: blank.clone(),
            coverage: blank,
            drawing: false,
            undone_before: vec![],
        }
    }
}

impl Drawing {
    /// The ink on [`density_lattice`], not normalised.
    pub fn ink(&self) -> &[f32] {
        &self.ink
    }

    /// The ink as a probability density.
    ///
    /// # Errors
    /// [`DensityError::Empty`] when nothing is drawn.
    pub fn density(&self) -> Result<Density, DensityError> {
        Density::new(self.ink.clone())
    }

    /// The preset on the pad, if nothing was done after it was loaded.
    pub fn preset(&self) -> Option<Preset> {
        match self.done.last() {
            Some(Action::Load(preset)) => Some(*preset),
            _ => None,
        }
    }

    /// The import on the pad, if nothing was done after it was placed.
    pub fn import(&self) -> Option<&Import> {
        match self.done.last() {
            Some(Action::Import(import)) => Some(import),
            _ => None,
        }
    }

    /// Whether what can be seen contains an import, with or without strokes on it: then a [`sketch`](Self::sketch)
    /// does not describe it fully.
    pub fn is_imported(&self) -> bool {
        matches!(self.done.get(self.first_shown()), Some(Action::Import(_)))
    }

    /// What can be seen, without actions that are covered or undone; with an import, only the strokes.
    pub fn sketch(&self) -> Sketch {
        let shown = &self.done[self.first_shown()..];
        let ground = match shown.first() {
            Some(Action::Load(preset)) => Some(*preset),
            _ => None,
        };
        let stroke = |action: &Action| match action {
            Action::Stroke(stroke, _) => Some(stroke.clone()),
            Action::Load(_) | Action::Import(_) | Action::Clear => None,
        };
        // Where there is no ink there is nothing to erase.
        let is_idle = |stroke: &Stroke| ground.is_none() && stroke.tool == Tool::Erase;
        Sketch { ground, strokes: shown.iter().filter_map(stroke).skip_while(is_idle).collect() }
    }

    /// Replaces what is on the pad by a preset.
    pub fn load(&mut self, preset: Preset) {
        self.perform(Action::Load(preset));
    }

    /// Replaces what is on the pad by an import.
    pub fn place(&mut self, import: Import) {
        self.perform(Action::Import(Rc::new(import)));
    }

    /// Empties the pad.
    pub fn clear(&mut self) {
        self.perform(Action::Clear);
    }

    /// Puts the pen down at `point`, world units. Brush and points are rounded to the precision of a [`Sketch`]. A
    /// point that is not finite is ignored, here and in [`extend`](Self::extend).
    pub fn begin(&mut self, tool: Tool, brush: Brush, point: [f64; 2]) {
        self.end();
        if !point.iter().all(|c| c.is_finite()) {
            return;
        }
        let afresh = tool == Tool::Draw && self.preset().is_some();
        self.undone_before = std::mem::take(&mut self.undone);
        let stroke = Stroke { tool, brush: snap_brush(brush), points: vec![snap(point)] };
        self.start(&stroke, afresh);
        self.done.push(Action::Stroke(stroke, afresh));
        self.drawing = true;
    }

    /// Moves the pen to `point`.
    pub fn extend(&mut self, point: [f64; 2]) {
        if !self.drawing || !point.iter().all(|c| c.is_finite()) {
            return;
        }
        let Some(Action::Stroke(stroke, _)) = self.done.last_mut() else { return };
        let (from, point) = (*stroke.points.last().expect("a stroke has a first point"), snap(point));
        if point == from {
            return;
        }
        stroke.points.push(point);
        let (tool, brush) = (stroke.tool, stroke.brush);
        self.cover(tool, &brush, from, point);
    }

    /// Lifts the pen.
    pub fn end(&mut self) {
        self.drawing = false;
    }

    /// Takes back the stroke in progress, as if the pen had not come down.
    pub fn abandon(&mut self) {
        if self.drawing && self.undo() {
            self.undone = std::mem::take(&mut self.undone_before);
        }
    }

    /// Whether there is something to undo. The preset or import that a drawing begins with cannot be undone: there was
    /// nothing before it.
    pub fn can_undo(&self) -> bool {
        !matches!(self.done[..], [] | [Action::Load(_) | Action::Import(_)])
    }

    /// Whether there is something to redo.
    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }

    /// Takes back the last action; false when there is none.
    pub fn undo(&mut self) -> bool {
        self.end();
        if !self.can_undo() {
            return false;
        }
        let Some(action) = self.done.pop() else { return false };
        self.undone.push(action);
        self.ink.fill(0.0);
        let first = self.first_shown();
        let done = std::mem::take(&mut self.done);
        done[first..].iter().for_each(|action| self.apply(action));
        self.done = done;
        true
    }

    /// Does again what was last undone; false when there is nothing.
    pub fn redo(&mut self) -> bool {
        self.end();
        let Some(action) = self.undone.pop() else { return false };
        self.apply(&action);
        self.done.push(action);
        true
    }

    /// Index of the last action that empties the pad: nothing before it can be seen.
    fn first_shown(&self) -> usize {
        self.done.iter().rposition(Action::replaces).unwrap_or(0)
    }

    fn perform(&mut self, action: Action) {
        self.end();
        self.undone.clear();
        self.apply(&action);
        self.done.push(action);
    }

    fn apply(&mut self, action: &Action) {
        match action {
            Action::Clear => self.ink.fill(0.0),
            Action::Load(preset) => self.cover_by(&preset.density()),
            Action::Import(import) => self.cover_by(&import.density),
            Action::Stroke(stroke, afresh) => {
                self.start(stroke, *afresh);
                for pair in stroke.points.windows(2) {
                    self.cover(stroke.tool, &stroke.brush, pair[0], pair[1]);
                }
            }
        }
    }

    /// Sets the ink to the density over its maximum.
    fn cover_by(&mut self, density: &Density) {
        let top = density.values().iter().copied().fold(0.0, f32::max);
        self.ink = density.values().iter().map(|value| value / top).collect();
    }

    fn start(&mut self, stroke: &Stroke, afresh: bool) {
        if afresh {
            self.ink.fill(0.0);
        }
        self.before.copy_from_slice(&self.ink);
        self.coverage.fill(0.0);
        self.cover(stroke.tool, &stroke.brush, stroke.points[0], stroke.points[0]);
    }

    /// Covers the segment from `a` to `b`. The coverage of a point by a stroke is that by its nearest segment.
    fn cover(&mut self, tool: Tool, brush: &Brush, a: [f64; 2], b: [f64; 2]) {
        let lattice = density_lattice();
        let reach = brush.reach();
        let range = |axis: usize| {
            let index =
                |x: f64| ((x - lattice.origin[axis]) / lattice.step).ceil().clamp(0.0, lattice.count as f64) as usize;
            index(a[axis].min(b[axis]) - reach)..index(a[axis].max(b[axis]) + reach)
        };
        for i in range(0) {
            for j in range(1) {
                let cell = i * lattice.count + j;
                let d2 = squared_distance([lattice.coordinate(0, i), lattice.coordinate(1, j)], a, b);
                let coverage = self.coverage[cell].max(brush.ink(d2) as f32);
                self.coverage[cell] = coverage;
                self.ink[cell] = match tool {
                    Tool::Draw => self.before[cell] + coverage,
                    Tool::Erase => self.before[cell] * (1.0 - coverage),
                };
            }
        }
    }
}

impl Action {
    fn replaces(&self) -> bool {
        match self {
            Self::Load(_) | Self::Import(_) | Self::Clear => true,
            Self::Stroke(_, afresh) => *afresh,
        }
    }
}

/// Squared distance from `x` to the segment from `a` to `b`.
fn squared_distance(x: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let along = [b[0] - a[0], b[1] - a[1]];
    let offset = [x[0] - a[0], x[1] - a[1]];
    let length2 = along[0] * along[0] + along[1] * along[1];
    let fraction =
        if length2 > 0.0 { ((offset[0] * along[0] + offset[1] * along[1]) / length2).clamp(0.0, 1.0) } else { 0.0 };
    (offset[0] - fraction * along[0]).powi(2) + (offset[1] - fraction * along[1]).powi(2)
}
