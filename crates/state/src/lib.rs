//! All that a user set up on the page as one value, [`PageState`], and as a link: settings in its query, drawings in
//! its fragment. Needs no browser.
#![warn(missing_docs)]

mod link;
mod strokes;

use flowsketch_core::config::{Config, Recipe};
use flowsketch_core::measure::{Preset, Sketch};
use flowsketch_core::potentials::SecondPotential;
use serde::{Deserialize, Serialize};

/// A density that a person chose or drew: where mass is at t = 0.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A data set.
    Preset(Preset),
    /// Strokes, on a data set or on the empty pad.
    Drawing(Sketch),
}

impl Source {
    /// What is drawn on the pad for it.
    pub fn sketch(self) -> Sketch {
        match self {
            Self::Preset(preset) => Sketch { ground: Some(preset), strokes: vec![] },
            Self::Drawing(sketch) => sketch,
        }
    }
}

/// Where mass is at t = 1.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// The standard Normal.
    Normal,
    /// Any other density.
    Other(Source),
}

/// Which flow is on the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// That of the networks.
    Learned,
    /// That of the exact solver.
    Exact,
    /// The learned density less the exact one.
    Difference,
}

/// Which backend shall compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The GPU, unless it is a software adapter.
    Auto,
    /// The GPU, even if it is a software adapter.
    Gpu,
    /// The processor.
    Cpu,
}

/// What a person set up on the page. The default is what the page starts with.
#[derive(Clone, Debug, PartialEq)]
pub struct PageState {
    /// Where mass is at t = 0.
    pub source: Source,
    /// Where mass is at t = 1.
    pub target: Target,
    /// The settings. Those that the page has no control for are those of the recipe.
    pub config: Config,
    /// t; none while the flow plays.
    pub time: Option<f64>,
    /// Which flow is on the map.
    pub view: View,
    /// The second potential of the learned flow.
    pub second_potential: SecondPotential,
    /// Whether arrows show the velocity.
    pub arrows: bool,
    /// Which backend shall compute.
    pub backend: Choice,
    /// The lesson that is open.
    pub lesson: Option<LessonPlace>,
}

/// A step of a lesson.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LessonPlace {
    /// The name of its page: small letters, digits and hyphens.
    pub name: String,
    /// From 1.
    pub step: u64,
}

impl Default for PageState {
    fn default() -> Self {
        Self {
            source: Source::Preset(Preset::TwoSpirals),
            target: Target::Normal,
            config: Config::default(),
            time: None,
            view: View::Learned,
            second_potential: SecondPotential::Transform,
            arrows: true,
            backend: Choice::Auto,
            lesson: None,
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
