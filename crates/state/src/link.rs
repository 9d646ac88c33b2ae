//! A state as the query and the fragment of a link, and back. Default values are left out.
//!
//! Drawings are in the fragment, that of the source before that of the target: drawing=…&target=…

use crate::{Choice, LessonPlace, PageState, Source, Target, View, strokes, values_of};
use flowsketch_core::config::{Activation, Config, MAX_EPSILON, MIN_EPSILON, Optimiser, Recipe};
use flowsketch_core::decimal;
use flowsketch_core::measure::Preset;
use flowsketch_core::potentials::SecondPotential;

/// Version of the names and values; a link without it is of this version.
const VERSION: &str = "1";
/// Most characters of a query.
const LONGEST_QUERY: usize = 2_000;
/// Upper limit of the numbers that have no limit of their own.
const LARGEST: f64 = 1e9;
/// Prefixes of the drawings in the fragment: of the source, of the target.
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
            say("recipe", self.config.recipe.name());
        }
        for ((name, value), (_, usual)) in self.texts().iter().zip(usual.texts()) {
            if *value != usual {
                say(name, value);
            }
        }
        if let Some(LessonPlace { name, step }) = &self.lesson {
            say("lesson", name);
            say("step", &step.to_string());
        }
        Ok([query, fragment])
    }

    /// All values but source, target and recipe, each with its name in a query.
    fn texts(&self) -> [(&'static str, String); 16] {
        let Self { config, time, .. } = self;
        let choice = |names: &[&str], place: usize| names[place].to_owned();
        // The shortest text that is read as the same number.
        let number = |value: f64| value.to_string();
        let count = |value: u64| value.to_string();
        [
            ("epsilon", number(config.epsilon)),
            ("seed", count(config.seed)),
            ("rate", number(config.learning_rate)),
            ("batch", count(config.batch as u64)),
            ("draws", count(config.draws as u64)),
            ("penalty", number(config.penalty)),
            ("optimiser", config.optimiser.name().into()),
            ("activation", config.activation.name().into()),
            ("features", count(config.fourier_features as u64)),
            ("base", choice(&SWITCH, usize::from(config.gaussian_base))),
            ("average", number(config.average_decay)),
            ("t", time.map_or(String::new(), number)),
            ("view", choice(&VIEWS, self.view as usize)),
            ("pair", choice(&PAIRS, self.second_potential as usize)),
            ("arrows", choice(&SWITCH, usize::from(self.arrows))),
            ("backend", choice(&BACKENDS, self.backend as usize)),
        ]
    }

    /// The state that a link asks for, from its query and its fragment, without ? and #; and one sentence about the
    /// parts that are not understood, which have their default values.
    ///
    /// Unknown names are ignored: sites that a link passes through add some.
    pub fn decode(query: &str, fragment: &str) -> (Self, Option<String>) {
        Self::default().changed(query, fragment)
    }

    /// This state after the changes that a link names, as [`decode`](Self::decode).
    pub fn changed(self, query: &str, fragment: &str) -> (Self, Option<String>) {
        let mut link = Link::new(query);
        let state = link.state(fragment, self);
        match (link.refusal, link.faults.split_first()) {
            (Some(refusal), _) => (Self::default(), Some(format!("{refusal}; here is the page as it always starts."))),
            (None, Some((fault, []))) => (state, Some(format!("{fault}; the rest of it is kept."))),
            (None, Some((fault, others))) => {
                let faults = others.len() + 1;
                (state, Some(format!("{fault} (1 of {faults} faults); the rest of it is kept.")))
            }
            (None, None) => (state, None),
        }
    }
}

const NORMAL: &str = "normal";
const SWITCH: [&str; 2] = ["off", "on"];
const VIEWS: [&str; 3] = ["learned", "exact", "difference"];
const PAIRS: [&str; 2] = ["transform", "networks"];
const BACKENDS: [&str; 3] = ["auto", "gpu", "cpu"];

/// All names of a query.
const NAMES: [&str; 22] = [
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
    "lesson",
    "step",
];

/// How often a text is decoded: no link is encoded more often than this.
const MOST_ENCODINGS: usize = 4;

/// Most _ that a text around a link appends to it.
const MOST_MARKS: usize = 3;

/// Undoes percent-encoding, also if it was applied several times. Characters of more than one byte are not reassembled:
/// no name and no value has any.
fn decoded(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..MOST_ENCODINGS {
        let mut parts = text.split('%');
        let mut plain = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let byte = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
            plain.push(byte.map_or('%', char::from));
            plain.push_str(if byte.is_some() { &part[2..] } else { part });
        }
        text = plain;
    }
    text
}

/// Removes what mail, chat programs and Markdown append to a link: all characters at its end that are neither letters
/// nor digits nor among `also`.
fn without_marks<'a>(text: &'a str, also: &[char]) -> &'a str {
    text.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && !also.contains(&c))
}

/// Removes the rest of `&amp;` from the start. Searching a text for a text would add 4 kB to the page.
fn without_entity(mut part: &str) -> &str {
    while let Some(rest) = part.strip_prefix("amp;") {
        part = rest;
    }
    part
}

/// The parts of a query or a fragment, separated by & or `&amp;`.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split('&').map(without_entity).filter(|part| !part.is_empty())
}

/// The values of a query, in the order of [`NAMES`], and what is wrong with them.
#[derive(Default)]
struct Link {
    values: [Option<String>; NAMES.len()],
    /// Each is the beginning of a sentence.
    faults: Vec<String>,
    /// Why nothing of the link can be used.
    refusal: Option<String>,
}

impl Link {
    fn new(query: &str) -> Self {
        let mut link = Self::default();
        if query.len() > LONGEST_QUERY {
            link.refusal = Some("The link is too long".into());
            return link;
        }
        for part in parts(&decoded(query).to_ascii_lowercase()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            match NAMES.iter().position(|known| *known == name) {
                None => {}
                Some(place) if link.values[place].is_some() => link.fault(format!("The link has {name} twice")),
                Some(place) => link.values[place] = Some(without_marks(value, &[]).into()),
            }
        }
        if link.text("v").is_some_and(|version| version != VERSION) {
            link.refusal = Some("The link is of a version that this page does not know".into());
        }
        link
    }

    fn fault(&mut self, fault: String) {
        self.faults.push(fault);
    }

    fn text(&self, name: &str) -> Option<&str> {
        NAMES.iter().position(|known| *known == name).and_then(|place| self.values[place].as_deref())
    }

    /// Records as a fault that the value of `name` is not `kind`.
    fn expect(&mut self, name: &str, kind: &str) {
        self.fault(format!("The link’s {name} is not {kind}"));
    }

    /// The index in `names` of the value of `name`; `usual` if the link has no such value, or another one.
    fn choice(&mut self, name: &str, names: &[&str], usual: usize) -> usize {
        let place = self.text(name).map_or(Some(usual), |text| names.iter().position(|known| *known == text));
        place.unwrap_or_else(|| {
            self.expect(name, &names.join(" or "));
            usual
        })
    }

    fn is_on(&mut self, name: &str, usual: bool) -> bool {
        self.choice(name, &SWITCH, usize::from(usual)) == 1
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

    fn lesson(&mut self) -> Option<LessonPlace> {
        let name = self.text("lesson")?.to_owned();
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            self.expect("lesson", "one that exists");
            return None;
        }
        Some(LessonPlace { name, step: self.count("step", 1) })
    }

    /// The drawings of a fragment: the source's, the target's.
    fn drawings(&mut self, fragment: &str) -> [Option<Source>; 2] {
        let mut drawings = [None, None];
        for part in parts(&decoded(fragment)) {
            let place = DRAWINGS.iter().position(|mark| part.starts_with(mark));
            let Some(place) = place.filter(|place| drawings[*place].is_none()) else {
                self.fault("The link’s part after # is not a drawing".into());
                continue;
            };
            // A _ at the end may belong to the drawing: as many are removed as must be for it to be read.
            let text = without_marks(&part[DRAWINGS[place].len()..], &['-', '_']);
            let mut shorter = (1..=MOST_MARKS).map_while(|marks| {
                let (rest, end) = text.split_at_checked(text.len().checked_sub(marks)?)?;
                end.bytes().all(|mark| mark == b'_').then(|| strokes::read(rest))
            });
            match strokes::read(text).or_else(|fault| shorter.find(Result::is_ok).unwrap_or(Err(fault))) {
                Ok(sketch) => drawings[place] = Some(Source::Drawing(sketch)),
                Err(fault) => self.fault(format!("The link’s drawing {fault}")),
            }
        }
        drawings
    }

    /// The preset that the value of `name` names, or the drawing in its place; both together are a fault.
    fn preset(&mut self, name: &str, drawing: Option<Source>) -> Option<Source> {
        let Some(text) = self.text(name).map(str::to_owned) else { return drawing };
        if drawing.is_some() {
            self.fault(format!("The link has both a {name} and a drawing in its place"));
            return drawing;
        }
        let preset = Preset::from_name(&text);
        if preset.is_none() {
            self.expect(name, "one that exists");
        }
        preset.map(Source::Preset)
    }

    /// The state that is named, and `start` where nothing is.
    fn state(&mut self, fragment: &str, start: PageState) -> PageState {
        let [source, target] = self.drawings(fragment);
        let source = self.preset("preset", source).unwrap_or(start.source);
        let target = match self.text("target") {
            Some(NORMAL) if target.is_none() => None,
            _ => self.preset("target", target),
        };
        let is_target_named = target.is_some() || self.text("target").is_some();
        let usual = match self.text("recipe") {
            Some(_) => values_of(Recipe::ALL[self.choice("recipe", &Recipe::NAMES, 0)]),
            None => start.config,
        };
        let epsilon = self.number("epsilon", usual.epsilon, [MIN_EPSILON, MAX_EPSILON]);
        let seed = self.count("seed", usual.seed);
        let config = Config {
            epsilon,
            seed,
            learning_rate: self.number("rate", usual.learning_rate, [0.0, LARGEST]),
            batch: self.count("batch", usual.batch as u64) as usize,
            draws: self.count("draws", usual.draws as u64) as usize,
            penalty: self.number("penalty", usual.penalty, [0.0, LARGEST]),
            optimiser: Optimiser::ALL[self.choice("optimiser", &Optimiser::NAMES, usual.optimiser as usize)],
            activation: Activation::ALL[self.choice("activation", &Activation::NAMES, usual.activation as usize)],
            fourier_features: self.count("features", usual.fourier_features as u64) as usize,
            gaussian_base: self.is_on("base", usual.gaussian_base),
            average_decay: self.number("average", usual.average_decay, [0.0, 1.0]),
            ..usual.clone()
        };
        let validated = config.validate();
        if let Err(sentence) = &validated {
            self.fault(format!("The link’s settings do not go: {}", sentence.trim_end_matches('.')));
        }
        PageState {
            source,
            target: if is_target_named { target.map_or(Target::Normal, Target::Other) } else { start.target },
            config: if validated.is_ok() { config } else { Config { epsilon, seed, ..usual } },
            time: if self.text("t").is_some() { Some(self.number("t", 0.0, [0.0, 1.0])) } else { start.time },
            view: [View::Learned, View::Exact, View::Difference][self.choice("view", &VIEWS, start.view as usize)],
            second_potential: [SecondPotential::Transform, SecondPotential::Network]
                [self.choice("pair", &PAIRS, start.second_potential as usize)],
            arrows: self.is_on("arrows", start.arrows),
            backend: [Choice::Auto, Choice::Gpu, Choice::Cpu]
                [self.choice("backend", &BACKENDS, start.backend as usize)],
            lesson: self.lesson(),
        }
    }
}

/// Digits with at most one point, and then at most a power of ten such as e-3: no sign in front, no infinities.
fn plain_number(text: &str) -> Option<f64> {
    let (digits, power) = text.split_once('e').unwrap_or((text, "0"));
    let power = power.strip_prefix('-').unwrap_or(power);
    let all = |text: &str, also| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || also == Some(c));
    let one_point = digits.matches('.').count() <= 1 && digits != ".";
    let is_plain = one_point && all(digits, Some('.')) && all(power, None);
    is_plain.then(|| decimal::parse(text)).flatten()
}
