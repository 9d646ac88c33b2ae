//! A state as the query and the fragment of a link, and back. What is as the page starts with it is left out.
//!
//! Drawings are in the fragment, that of the source before that of the target: drawing=…&target=…

use crate::{Choice, PageState, Source, Target, View, strokes, values_of};
use flowsketch_core::audit::Completion;
use flowsketch_core::config::{Activation, Config, MAX_EPSILON, MIN_EPSILON, Optimiser, Recipe};
use flowsketch_core::decimal;
use flowsketch_core::measure::Preset;

/// Of the meaning of names and values; a link without it is of this version.
const VERSION: &str = "1";
/// Most characters of a query.
const LONGEST_QUERY: usize = 2_000;
/// Numbers without a limit of their own have this one.
const LARGEST: f64 = 1e9;
/// What stands before a drawing in the fragment: the source, the target.
const DRAWINGS: [&str; 2] = ["drawing=", "target="];

impl PageState {
    /// The query and the fragment, without ? and #.
    ///
    /// # Errors
    /// A sentence, when the drawing is too long.
    pub fn encode(&self) -> Result<[String; 2], String> {
        let usual = Self { config: values_of(self.config.recipe), ..Self::default() };
        let mut query = String::new();
        let mut say = |name: &str, value: &str| {
            query.push_str(if query.is_empty() { "" } else { "&" });
            query.push_str(name);
            query.push('=');
            query.push_str(value);
        };
        let mut fragment = String::new();
        let target = if let Target::Other(target) = &self.target { Some(target) } else { None };
        for (mark, end) in DRAWINGS.into_iter().zip([Some(&self.source), target]) {
            if let Some(Source::Drawing(sketch)) = end {
                fragment.push_str(if fragment.is_empty() { "" } else { "&" });
                fragment.push_str(mark);
                fragment.push_str(&strokes::write(sketch)?);
            }
        }
        if *self == Self::default() {
            return Ok([query, fragment]);
        }
        say("v", VERSION);
        if let Source::Preset(preset) = &self.source
            && self.source != usual.source
        {
            say("preset", preset.name());
        }
        if let Some(Source::Preset(preset)) = target {
            say("target", preset.name());
        }
        if self.config.recipe == Recipe::MonteCarlo {
            say("recipe", RECIPES[1]);
        }
        for ((name, value), (_, usual)) in self.texts().iter().zip(usual.texts()) {
            if *value != usual {
                say(name, value);
            }
        }
        Ok([query, fragment])
    }

    /// Everything but both ends and the recipe, each with its name in a query.
    fn texts(&self) -> [(&'static str, String); 16] {
        let Self { config, time, .. } = self;
        let choice = |names: &[&str], place: usize| names[place].to_owned();
        // The shortest text of the very number.
        let number = |value: f64| value.to_string();
        let count = |value: u64| value.to_string();
        [
            ("epsilon", number(config.epsilon)),
            ("seed", count(config.seed)),
            ("rate", number(config.learning_rate)),
            ("batch", count(config.batch as u64)),
            ("draws", count(config.draws as u64)),
            ("penalty", number(config.penalty)),
            ("optimiser", choice(&OPTIMISERS, usize::from(config.optimiser == Optimiser::Sgd))),
            ("activation", choice(&ACTIVATIONS, usize::from(config.activation == Activation::Silu))),
            ("features", count(config.fourier_features as u64)),
            ("base", choice(&SWITCH, usize::from(config.gaussian_base))),
            ("average", number(config.average_decay)),
            ("t", time.map_or(String::new(), number)),
            ("view", choice(&VIEWS, self.view as usize)),
            ("pair", choice(&PAIRS, self.completion as usize)),
            ("arrows", choice(&SWITCH, usize::from(self.arrows))),
            ("backend", choice(&BACKENDS, self.backend as usize)),
        ]
    }

    /// The state that a link asks for, from its query and its fragment, without ? and #.
    ///
    /// # Errors
    /// One sentence about the first thing that is wrong with it: then the page starts as it always does.
    pub fn decode(query: &str, fragment: &str) -> Result<Self, String> {
        read(query, fragment).map_err(|fault| fault + "; here is the page as it always starts.")
    }
}

const RECIPES: [&str; 2] = ["quadrature", "paper"];
const NORMAL: &str = "normal";
const OPTIMISERS: [&str; 2] = ["adam", "sgd"];
const ACTIVATIONS: [&str; 2] = ["relu", "silu"];
const SWITCH: [&str; 2] = ["off", "on"];
const VIEWS: [&str; 3] = ["learned", "exact", "difference"];
const PAIRS: [&str; 2] = ["transform", "networks"];
const BACKENDS: [&str; 3] = ["auto", "gpu", "cpu"];

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

/// The values of a query, in the order of [`NAMES`], and the first thing that is wrong with them.
#[derive(Default)]
struct Query<'a> {
    values: [Option<&'a str>; NAMES.len()],
    fault: Option<String>,
}

impl<'a> Query<'a> {
    fn new(query: &'a str) -> Self {
        let mut values = Self::default();
        if query.len() > LONGEST_QUERY {
            values.refuse("The link is too long");
            return values;
        }
        let mut strange = false;
        for part in query.split('&').filter(|_| !query.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            match NAMES.iter().position(|known| *known == name) {
                None => strange = true,
                Some(place) if values.values[place].is_some() => {
                    values.refuse(&format!("The link has {} twice", NAMES[place]));
                }
                Some(place) => values.values[place] = Some(value),
            }
        }
        // Sites that a link goes through add to it. In one that was written by hand it is a slip.
        let by_hand = values.text("v").is_none() && values.values.iter().any(Option::is_some);
        if strange && by_hand {
            values.refuse("The link has something that this page does not know");
        }
        values
    }

    fn refuse(&mut self, fault: &str) {
        self.fault.get_or_insert_with(|| fault.into());
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        NAMES.iter().position(|known| *known == name).and_then(|place| self.values[place])
    }

    /// Takes note of what a value should have been.
    fn expect(&mut self, name: &str, kind: &str) {
        self.refuse(&format!("The link’s {name} is not {kind}"));
    }

    /// The place of the value of that name among `names`, or the first where the link does not name it.
    fn choice(&mut self, name: &str, names: &[&str]) -> usize {
        let place = self.text(name).map_or(Some(0), |text| names.iter().position(|known| *known == text));
        place.unwrap_or_else(|| {
            self.expect(name, &names.join(" or "));
            0
        })
    }

    fn is_on(&mut self, name: &str, usual: bool) -> bool {
        if self.text(name).is_some() { self.choice(name, &SWITCH) == 1 } else { usual }
    }

    fn number(&mut self, name: &str, usual: f64, [low, high]: [f64; 2]) -> f64 {
        let Some(text) = self.text(name) else { return usual };
        plain_number(text).filter(|value| (low..=high).contains(value)).unwrap_or_else(|| {
            self.expect(name, &format!("a number from {low} to {high}"));
            usual
        })
    }

    fn count(&mut self, name: &str, usual: u64) -> u64 {
        let Some(text) = self.text(name) else { return usual };
        let count = text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        count.unwrap_or_else(|| {
            self.expect(name, "a whole number");
            usual
        })
    }

    /// The drawings of a fragment: the source's, the target's.
    fn drawings(&mut self, fragment: &str) -> [Option<Source>; 2] {
        let mut rest = fragment;
        let drawings = DRAWINGS.map(|mark| {
            let text = rest.strip_prefix(mark)?;
            let (text, others) = text.split_once('&').map_or((text, ""), |(text, others)| (text, others));
            rest = others;
            let sketch = strokes::read(text);
            sketch.map_err(|fault| self.refuse(&format!("The link’s drawing {fault}"))).ok().map(Source::Drawing)
        });
        if !rest.is_empty() || fragment.ends_with('&') {
            self.refuse("The link’s part after # is not a drawing");
        }
        drawings
    }

    /// The preset of that name, unless its place is taken by a drawing.
    fn preset(&mut self, name: &str, drawing: Option<Source>) -> Option<Source> {
        let Some(text) = self.text(name) else { return drawing };
        if drawing.is_some() {
            self.refuse(&format!("The link has both a {name} and a drawing in its place"));
        }
        let preset = Preset::from_name(text);
        if preset.is_none() {
            self.expect(name, "one that exists");
        }
        preset.map(Source::Preset)
    }
}

fn read(query: &str, fragment: &str) -> Result<PageState, String> {
    let mut query = Query::new(query);
    if query.text("v").is_some_and(|version| version != VERSION) {
        query.refuse("The link is of a version that this page does not know");
    }
    let start = PageState::default();
    let [source, target] = query.drawings(fragment);
    let source = query.preset("preset", source).unwrap_or(start.source);
    let target = match query.text("target") {
        Some(NORMAL) if target.is_none() => None,
        _ => query.preset("target", target),
    };
    let usual = values_of([Recipe::Quadrature, Recipe::MonteCarlo][query.choice("recipe", &RECIPES)]);
    let config = Config {
        epsilon: query.number("epsilon", usual.epsilon, [MIN_EPSILON, MAX_EPSILON]),
        seed: query.count("seed", usual.seed),
        learning_rate: query.number("rate", usual.learning_rate, [0.0, LARGEST]),
        batch: query.count("batch", usual.batch as u64) as usize,
        draws: query.count("draws", usual.draws as u64) as usize,
        penalty: query.number("penalty", usual.penalty, [0.0, LARGEST]),
        optimiser: [Optimiser::Adam, Optimiser::Sgd][query.choice("optimiser", &OPTIMISERS)],
        activation: [Activation::Relu, Activation::Silu][query.choice("activation", &ACTIVATIONS)],
        fourier_features: query.count("features", usual.fourier_features as u64) as usize,
        gaussian_base: query.is_on("base", usual.gaussian_base),
        average_decay: query.number("average", usual.average_decay, [0.0, 1.0]),
        ..usual
    };
    if let Err(sentence) = config.validate() {
        query.refuse(&format!("The link’s settings do not go: {}", sentence.trim_end_matches('.')));
    }
    let state = PageState {
        source,
        target: target.map_or(Target::Normal, Target::Other),
        config,
        time: query.text("t").map(|_| query.number("t", 0.0, [0.0, 1.0])),
        view: [View::Learned, View::Exact, View::Difference][query.choice("view", &VIEWS)],
        completion: [Completion::Transform, Completion::Network][query.choice("pair", &PAIRS)],
        arrows: query.is_on("arrows", start.arrows),
        backend: [Choice::Auto, Choice::Gpu, Choice::Cpu][query.choice("backend", &BACKENDS)],
    };
    query.fault.map_or(Ok(state), Err)
}

/// Digits with at most one point, and at most a power of ten after them: no signs in front, no infinities.
fn plain_number(text: &str) -> Option<f64> {
    let (digits, power) = text.split_once('e').unwrap_or((text, "0"));
    let power = power.strip_prefix('-').unwrap_or(power);
    let all = |text: &str, also: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || also.contains(c));
    let one_point = digits.matches('.').count() <= 1 && digits != ".";
    let is_plain = one_point && all(digits, ".") && all(power, "");
    is_plain.then(|| decimal::parse(text)).flatten()
}
