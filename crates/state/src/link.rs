//! A state as the query and the fragment of a link, and back. What is as the page starts with it is left out.

use crate::{Choice, PageState, Source, Target, View, strokes, values_of};
use flowsketch_core::audit::Completion;
use flowsketch_core::config::{Activation, Config, MAX_EPSILON, MIN_EPSILON, Optimiser, Recipe};
use flowsketch_core::measure::Preset;

/// Of the meaning of names and values; a link without it is of this version.
const VERSION: &str = "1";
/// Most characters of a query.
const LONGEST_QUERY: usize = 1_000;
/// Most characters of a number.
const LONGEST_NUMBER: usize = 24;
/// What stands before the drawing in the fragment.
const DRAWING: &str = "drawing=";

impl PageState {
    /// The query and the fragment, without ? and #.
    ///
    /// # Errors
    /// A sentence, when the drawing is too long.
    pub fn encode(&self) -> Result<[String; 2], String> {
        let Self { source, target, config, time, view, completion, arrows, backend } = self;
        let start = Self::default();
        let values = values_of(config.recipe);
        let mut parts = vec![];
        let mut say = |is_said: bool, name: &str, value: String| {
            if is_said {
                parts.push(format!("{name}={value}"));
            }
        };
        let (mut fragment, Target::Normal) = (String::new(), target);
        match source {
            Source::Preset(preset) => say(*source != start.source, "preset", preset.name().into()),
            Source::Drawing(sketch) => fragment = format!("{DRAWING}{}", strokes::write(sketch)?),
        }
        say(config.recipe == Recipe::MonteCarlo, "recipe", "paper".into());
        say(config.epsilon != values.epsilon, "epsilon", number(config.epsilon));
        say(config.seed != values.seed, "seed", config.seed.to_string());
        say(config.learning_rate != values.learning_rate, "rate", number(config.learning_rate));
        say(config.batch != values.batch, "batch", config.batch.to_string());
        say(config.draws != values.draws, "draws", config.draws.to_string());
        say(config.penalty != values.penalty, "penalty", number(config.penalty));
        say(config.optimiser != values.optimiser, "optimiser", name_of(config.optimiser, &OPTIMISERS));
        say(config.activation != values.activation, "activation", name_of(config.activation, &ACTIVATIONS));
        say(config.fourier_features != values.fourier_features, "features", config.fourier_features.to_string());
        say(config.gaussian_base != values.gaussian_base, "base", name_of(config.gaussian_base, &SWITCH));
        say(config.average_decay != values.average_decay, "average", number(config.average_decay));
        say(time.is_some(), "t", number(time.unwrap_or(0.0)));
        say(*view != start.view, "view", name_of(*view, &VIEWS));
        say(*completion != start.completion, "pair", name_of(*completion, &PAIRS));
        say(*arrows != start.arrows, "arrows", name_of(*arrows, &SWITCH));
        say(*backend != start.backend, "backend", name_of(*backend, &BACKENDS));
        if !(parts.is_empty() && fragment.is_empty()) {
            parts.insert(0, format!("v={VERSION}"));
        }
        Ok([parts.join("&"), fragment])
    }

    /// The state that a link asks for, from its query and its fragment, without ? and #.
    ///
    /// # Errors
    /// One sentence about the first thing that is wrong with it: then the page starts as it always does.
    pub fn decode(query: &str, fragment: &str) -> Result<Self, String> {
        read(query, fragment).map_err(|fault| format!("{fault}; here is the page as it always starts."))
    }
}

const OPTIMISERS: [(&str, Optimiser); 2] = [("adam", Optimiser::Adam), ("sgd", Optimiser::Sgd)];
const ACTIVATIONS: [(&str, Activation); 2] = [("relu", Activation::Relu), ("silu", Activation::Silu)];
const RECIPES: [(&str, Recipe); 2] = [("quadrature", Recipe::Quadrature), ("paper", Recipe::MonteCarlo)];
const VIEWS: [(&str, View); 3] = [("learned", View::Learned), ("exact", View::Exact), ("difference", View::Difference)];
const PAIRS: [(&str, Completion); 2] = [("transform", Completion::Transform), ("networks", Completion::Network)];
const BACKENDS: [(&str, Choice); 3] = [("auto", Choice::Auto), ("gpu", Choice::Gpu), ("cpu", Choice::Cpu)];
const TARGETS: [(&str, Target); 1] = [("normal", Target::Normal)];
const SWITCH: [(&str, bool); 2] = [("on", true), ("off", false)];

/// All names of a query.
const NAMES: [&str; 20] = [
    "v",
    "preset",
    "target",
    "recipe",
    "epsilon",
    "seed",
    "rate",
    "batch",
    "draws",
    "penalty",
    "optimiser",
    "activation",
    "features",
    "base",
    "average",
    "t",
    "view",
    "pair",
    "arrows",
    "backend",
];

fn name_of<T: PartialEq>(value: T, names: &[(&str, T)]) -> String {
    names.iter().find(|(_, named)| *named == value).expect("every value has a name").0.into()
}

/// The shortest text of the very number.
fn number(value: f64) -> String {
    let plain = value.to_string();
    if plain.len() <= 12 { plain } else { format!("{value:e}") }
}

/// The values of a query by their names.
struct Query<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Query<'a> {
    fn new(query: &'a str) -> Result<Self, String> {
        if query.len() > LONGEST_QUERY {
            return Err("The link is too long".into());
        }
        let mut pairs: Vec<(&str, &str)> = vec![];
        for part in query.split('&').filter(|_| !query.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let name = NAMES.into_iter().find(|known| *known == name);
            let name = name.ok_or("The link has something that this page does not know")?;
            if pairs.iter().any(|(before, _)| *before == name) {
                return Err(format!("The link has {name} twice"));
            }
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// The value of that name, or the `usual` one where there is none.
    fn value<T>(&self, name: &str, usual: T, read: impl Fn(&str) -> Option<T>, kind: &str) -> Result<T, String> {
        match self.text(name) {
            None => Ok(usual),
            Some(text) => read(text).ok_or_else(|| format!("The link’s {name} is not {kind}")),
        }
    }

    fn one_of<T: Copy>(&self, name: &str, usual: T, names: &[(&str, T)]) -> Result<T, String> {
        let read = |text: &str| names.iter().find(|(known, _)| *known == text).map(|(_, value)| *value);
        self.value(name, usual, read, &names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" or "))
    }

    fn number(&self, name: &str, usual: f64, range: [f64; 2]) -> Result<f64, String> {
        let [low, high] = range;
        let read = |text: &str| plain_number(text).filter(|value| (low..=high).contains(value));
        let kind =
            if high < 1e9 { format!("a number from {low} to {high}") } else { format!("a number from {low} on") };
        self.value(name, usual, read, &kind)
    }

    fn count<T: std::str::FromStr>(&self, name: &str, usual: T) -> Result<T, String> {
        let read = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        self.value(name, usual, read, "a whole number")
    }
}

fn read(query: &str, fragment: &str) -> Result<PageState, String> {
    let query = Query::new(query)?;
    if query.text("v").is_some_and(|version| version != VERSION) {
        return Err("The link is of a version that this page does not know".into());
    }
    let start = PageState::default();
    let preset = query.value("preset", None, |name| Preset::from_name(name).map(Some), "one that exists")?;
    let drawing = match fragment {
        "" => None,
        _ => {
            let text = fragment.strip_prefix(DRAWING).ok_or("The link’s part after # is not a drawing")?;
            Some(strokes::read(text).map_err(|fault| format!("The link’s drawing {fault}"))?)
        }
    };
    let source = match (preset, drawing) {
        (Some(_), Some(_)) => return Err("The link has both a preset and a drawing".into()),
        (Some(preset), None) => Source::Preset(preset),
        (None, Some(sketch)) => Source::Drawing(sketch),
        (None, None) => start.source,
    };
    let values = values_of(query.one_of("recipe", Recipe::Quadrature, &RECIPES)?);
    let config = Config {
        epsilon: query.number("epsilon", values.epsilon, [MIN_EPSILON, MAX_EPSILON])?,
        seed: query.count("seed", values.seed)?,
        learning_rate: query.number("rate", values.learning_rate, [0.0, f64::MAX])?,
        batch: query.count("batch", values.batch)?,
        draws: query.count("draws", values.draws)?,
        penalty: query.number("penalty", values.penalty, [0.0, f64::MAX])?,
        optimiser: query.one_of("optimiser", values.optimiser, &OPTIMISERS)?,
        activation: query.one_of("activation", values.activation, &ACTIVATIONS)?,
        fourier_features: query.count("features", values.fourier_features)?,
        gaussian_base: query.one_of("base", values.gaussian_base, &SWITCH)?,
        average_decay: query.number("average", values.average_decay, [0.0, 1.0])?,
        ..values
    };
    config
        .validate()
        .map_err(|sentence| format!("The link’s settings do not go: {}", sentence.trim_end_matches('.')))?;
    Ok(PageState {
        source,
        target: query.one_of("target", start.target, &TARGETS)?,
        config,
        time: match query.text("t") {
            None => None,
            Some(_) => Some(query.number("t", 0.0, [0.0, 1.0])?),
        },
        view: query.one_of("view", start.view, &VIEWS)?,
        completion: query.one_of("pair", start.completion, &PAIRS)?,
        arrows: query.one_of("arrows", start.arrows, &SWITCH)?,
        backend: query.one_of("backend", start.backend, &BACKENDS)?,
    })
}

/// Digits with at most one point, and at most a power of ten after them: no signs in front, no infinities.
fn plain_number(text: &str) -> Option<f64> {
    let (digits, power) = text.split_once('e').unwrap_or((text, "0"));
    let power = power.strip_prefix('-').unwrap_or(power);
    let all = |text: &str, also: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || also.contains(c));
    let is_plain = text.len() <= LONGEST_NUMBER && all(digits, ".") && all(power, "");
    is_plain.then(|| text.parse().ok()).flatten()
}
