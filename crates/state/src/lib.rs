//! What is on the page as one value, [`PageState`], and as a link: short things in its query, a drawing in its fragment.
//! No browser in it.

mod link;
mod strokes;

use flowsketch_core::audit::Completion;
use flowsketch_core::config::{Config, Recipe};
use flowsketch_core::measure::{Preset, Sketch};

/// A density that a person chose or drew: where mass is at t = 0.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    Preset(Preset),
    Drawing(Sketch),
}

/// Where mass is at t = 1.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    Normal,
    Other(Source),
}

/// Which flow is on the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Learned,
    Exact,
    Difference,
}

/// Which backend shall compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The GPU, unless it is a program itself.
    Auto,
    Gpu,
    Cpu,
}

/// What a person set up on the page. The default is what the page starts with.
#[derive(Clone, Debug, PartialEq)]
pub struct PageState {
    pub source: Source,
    pub target: Target,
    /// Settings that the page has no control for are those of the recipe.
    pub config: Config,
    /// t, where it stands still; none while the flow plays.
    pub time: Option<f64>,
    pub view: View,
    /// The second potential of the learned flow.
    pub completion: Completion,
    pub arrows: bool,
    pub backend: Choice,
}

impl Default for PageState {
    fn default() -> Self {
        Self {
            source: Source::Preset(Preset::TwoSpirals),
            target: Target::Normal,
            config: Config::default(),
            time: None,
            view: View::Learned,
            completion: Completion::Transform,
            arrows: true,
            backend: Choice::Auto,
        }
    }
}

/// All values of a recipe.
pub fn values_of(recipe: Recipe) -> Config {
    match recipe {
        Recipe::Quadrature => Config::default(),
        Recipe::MonteCarlo => Config::paper(),
    }
}
