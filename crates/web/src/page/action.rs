//! What a listener asks of the page.

use flowsketch_core::config::Recipe;
use flowsketch_core::measure::{Preset, Tool};
use flowsketch_state::View;

/// What a person can do with a button or a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    Tool(Tool),
    Undo,
    Redo,
    Clear,
    Preset(Preset),
    Train,
    Step,
    Reset,
    /// Starts again with the next seed.
    Reseed,
    Play,
    Theme,
    Help,
    /// How the flow is drawn was changed.
    Redraw,
    Show(View),
    NudgeTime(f64),
    /// Goes to that t.
    Time(f64),
    ScaleEpsilon(f64),
    /// A recipe with all its values, except ε and the seed, which stay.
    Recipe(Recipe),
    /// All values of a recipe, ε and the seed among them.
    Values(Recipe),
}

/// A key for the drawing pad.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PadKey {
    /// World units to the right and up.
    Move([f64; 2]),
    /// Puts the pen down, or lifts it.
    Pen,
    Lift,
}
