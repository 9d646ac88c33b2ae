//! What a link may ask for: `?preset=`, `?recipe=`, `?epsilon=`, `?seed=`, `?backend=`. Anything else in these is refused
//! with a sentence.

use flowsketch_core::config::{Config, MAX_EPSILON, MIN_EPSILON};
use flowsketch_core::measure::Preset;

/// Which backend shall compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The GPU, unless it is a program itself.
    Auto,
    Gpu,
    Cpu,
}

/// The state a link asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    pub preset: Preset,
    pub config: Config,
    pub backend: Choice,
    /// What was refused, as sentences.
    pub refused: Vec<String>,
}

/// Reads the preset, recipe, ε, seed and backend; `None` means that the link does not name them. The recipe brings its
/// other settings with it.
pub fn read([preset, recipe, epsilon, seed, backend]: [Option<&str>; 5]) -> Link {
    let mut refused = vec![];
    let mut take = |found: bool, sentence: String| {
        if !found {
            refused.push(sentence);
        }
    };
    let chosen = preset.map(Preset::from_name);
    take(chosen != Some(None), "The link names a preset that does not exist; here is 2spirals instead.".into());
    let settings = recipe.map(|name| match name {
        "quadrature" => Some(Config::default()),
        "paper" => Some(Config::paper()),
        _ => None,
    });
    take(settings != Some(None), "The link’s recipe is not quadrature or paper; it is quadrature instead.".into());
    let config = settings.flatten().unwrap_or_default();
    let default_epsilon = config.epsilon;
    let number = epsilon.map(|text| plain_number(text).filter(|e| (MIN_EPSILON..=MAX_EPSILON).contains(e)));
    take(
        number != Some(None),
        format!(
            "The link’s epsilon is not a number from {MIN_EPSILON} to {MAX_EPSILON}; it is {default_epsilon} instead."
        ),
    );
    let start = seed.map(|text| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten());
    take(start != Some(None), "The link’s seed is not a whole number; it is 0 instead.".into());
    let computes = backend.map(|name| match name {
        "auto" => Some(Choice::Auto),
        "gpu" => Some(Choice::Gpu),
        "cpu" => Some(Choice::Cpu),
        _ => None,
    });
    take(computes != Some(None), "The link’s backend is not gpu, cpu or auto; it is auto instead.".into());
    Link {
        preset: chosen.flatten().unwrap_or(Preset::TwoSpirals),
        config: Config {
            epsilon: number.flatten().unwrap_or(default_epsilon),
            seed: start.flatten().unwrap_or(0),
            ..config
        },
        backend: computes.flatten().unwrap_or(Choice::Auto),
        refused,
    }
}

/// Digits with at most one point, and nothing else: no signs, exponents, infinities.
fn plain_number(text: &str) -> Option<f64> {
    let plain = text.len() <= 12 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_link_is_taken_and_a_bad_one_is_answered() {
        let link = read(["moons", "quadrature", "0.5", "7", "cpu"].map(Some));
        let (config, backend) = (Config { epsilon: 0.5, seed: 7, ..Config::default() }, Choice::Cpu);
        assert_eq!(link, Link { preset: Preset::Moons, config, backend, refused: vec![] });
        let paper = read([None, Some("paper"), None, None, None]);
        assert_eq!((paper.config, paper.refused.len()), (Config::paper(), 0));
        assert!(read([None; 5]).refused.is_empty());
        for bad in ["", "x", "-1", "1e-1", "inf", "NaN", "3", "0.01", "<b>", "0.2.2", "Paper"] {
            let link = read([bad, bad, bad, "-3", bad].map(Some));
            assert_eq!((link.preset, link.config), (Preset::TwoSpirals, Config::default()), "{bad}");
            assert_eq!((link.backend, link.refused.len()), (Choice::Auto, 5), "{bad}");
        }
    }
}
