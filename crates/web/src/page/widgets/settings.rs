//! The boxes of the settings: what they say as a [`Config`], and the other way round.

use flowsketch_core::config::{Activation, Config, Optimiser, Recipe};
use flowsketch_web::dom::element;
use std::str::FromStr;
use web_sys::{Document, HtmlButtonElement, HtmlElement, HtmlFieldSetElement, HtmlInputElement, HtmlSelectElement};

pub struct Settings {
    /// The fieldset of all of them, on which a change of one is an event.
    pub fields: HtmlFieldSetElement,
    pub default_values: HtmlButtonElement,
    pub paper_values: HtmlButtonElement,
    learning_rate: HtmlInputElement,
    batch: HtmlInputElement,
    draws: HtmlInputElement,
    penalty: HtmlInputElement,
    seed: HtmlInputElement,
    optimiser: HtmlSelectElement,
    activation: HtmlSelectElement,
    features: HtmlInputElement,
    base: HtmlInputElement,
    average: HtmlInputElement,
    /// The rows that only the paper's recipe has.
    of_draws: [HtmlElement; 2],
}

impl Settings {
    pub fn new(document: &Document) -> Self {
        Self {
            fields: element(document, "settings"),
            default_values: element(document, "default-values"),
            paper_values: element(document, "paper-values"),
            learning_rate: element(document, "learning-rate"),
            batch: element(document, "batch"),
            draws: element(document, "draws"),
            penalty: element(document, "penalty"),
            seed: element(document, "seed"),
            optimiser: element(document, "optimiser"),
            activation: element(document, "activation"),
            features: element(document, "features"),
            base: element(document, "base"),
            average: element(document, "average"),
            of_draws: ["draws-row", "penalty-row"].map(|id| element(document, id)),
        }
    }

    /// What the boxes say; what they do not show is as in `present`.
    ///
    /// # Errors
    /// One sentence, about the first box that is invalid.
    pub fn read(&self, present: &Config) -> Result<Config, String> {
        let default = Config::default();
        let config = Config {
            learning_rate: number(&self.learning_rate, "The learning rate is a positive number.")?,
            batch: count(&self.batch, "The batch is a whole number of points.")?,
            draws: count(&self.draws, "Draws are a whole number.")?,
            penalty: number(&self.penalty, "The penalty is zero or a positive number.")?,
            seed: count(&self.seed, "The seed is a whole number.")?,
            optimiser: if self.optimiser.value() == "sgd" { Optimiser::Sgd } else { Optimiser::Adam },
            activation: Activation::from_name(&self.activation.value()).unwrap_or(Activation::LeakyRelu),
            fourier_features: if self.features.checked() { default.fourier_features } else { 0 },
            gaussian_base: self.base.checked(),
            average_decay: if self.average.checked() { default.average_decay } else { 0.0 },
            ..present.clone()
        };
        config.validate().map(|()| config)
    }

    /// Shows `config` in the boxes.
    pub fn show(&self, config: &Config) {
        for (input, text) in [
            (&self.learning_rate, config.learning_rate.to_string()),
            (&self.batch, config.batch.to_string()),
            (&self.draws, config.draws.to_string()),
            (&self.penalty, config.penalty.to_string()),
            (&self.seed, config.seed.to_string()),
        ] {
            input.set_value(&text);
        }
        self.optimiser.set_value(if config.optimiser == Optimiser::Sgd { "sgd" } else { "adam" });
        self.activation.set_value(config.activation.name());
        self.features.set_checked(config.fourier_features > 0);
        self.base.set_checked(config.gaussian_base);
        self.average.set_checked(config.average_decay > 0.0);
        self.of_draws.iter().for_each(|row| row.set_hidden(config.recipe == Recipe::Quadrature));
    }

    pub fn set_disabled(&self, disabled: bool) {
        self.fields.set_disabled(disabled);
    }
}

/// The whole number in a box, or the error `otherwise`.
fn count<T: FromStr>(input: &HtmlInputElement, otherwise: &str) -> Result<T, String> {
    input.value().parse().map_err(|_| otherwise.into())
}

/// The number in a box as the browser reads it, or the error `otherwise`.
fn number(input: &HtmlInputElement, otherwise: &str) -> Result<f64, String> {
    Some(input.value_as_number()).filter(|value| value.is_finite()).ok_or_else(|| otherwise.into())
}
