//! Two runs with one setting changed: the changes, which of them are refused, and which points of the curves are kept.

use flowsketch_core::config::{Activation, Config, Optimiser, Recipe};
use flowsketch_worker::compare::{Change, Point, Record};

const NAMES: [&str; 11] = [
    "epsilon",
    "learning-rate",
    "batch",
    "draws",
    "seed",
    "recipe",
    "activation",
    "optimiser",
    "features",
    "base",
    "average",
];

#[test]
fn every_change_changes_one_thing_there_and_back() {
    for before in [Config::default(), Config::paper()] {
        for name in NAMES {
            let change = Change::named(name, 0.0).expect("it is in the list");
            let suggestion = change.suggestion(&before);
            let change = Change::named(name, suggestion.unwrap_or(f64::NAN)).expect("it is in the list");
            if name == "draws" && before.recipe == Recipe::Quadrature {
                assert!(change.applied(&before).expect_err("it has none").contains("draws"));
                continue;
            }
            let after = change.applied(&before).unwrap_or_else(|sentence| panic!("{name}: {sentence}"));
            assert_ne!(change.words(&after), change.words(&before), "{name}");
            let back = Change::named(name, change.number(&before).unwrap_or(f64::NAN)).expect("it is in the list");
            let again = back.applied(&after).expect("it goes back");
            assert_eq!(change.words(&again), change.words(&before), "{name}");
            if name != "recipe" {
                assert_eq!(again, before, "{name} changes more than one thing");
            }
        }
    }
    assert_eq!(Change::named("colour", 1.0), None);
}

#[test]
fn a_recipe_keeps_epsilon_and_seed() {
    let before = Config { epsilon: 0.3, seed: 7, ..Config::default() };
    let after = Change::Recipe.applied(&before).expect("the other recipe");
    assert_eq!(after, Config { epsilon: 0.3, seed: 7, ..Config::paper() });
    assert_eq!((after.activation, after.optimiser), (Activation::Relu, Optimiser::Adam));
}

#[test]
fn what_makes_no_sense_is_refused_in_a_sentence() {
    let config = Config::default();
    let bad = [
        Change::Epsilon(3.0),
        Change::Epsilon(f64::NAN),
        Change::LearningRate(-1.0),
        Change::LearningRate(f64::NAN),
        Change::Batch(0.0),
        Change::Batch(2.5),
        Change::Batch(1e12),
        Change::Seed(-1.0),
        Change::Seed(f64::INFINITY),
        Change::Epsilon(config.epsilon),
        Change::Seed(0.0),
    ];
    for change in bad {
        let sentence = change.applied(&config).expect_err("it makes no sense");
        assert!(sentence.ends_with('.') && sentence.len() > 20, "{change:?}: {sentence}");
    }
}

#[test]
fn a_record_keeps_its_ends_and_is_bounded() {
    let mut record = Record::default();
    for step in 0..10_000 {
        record.push(Point { step, seconds: step as f64, kl_source: 1.0 });
        record.push(Point { step, seconds: step as f64, kl_source: f64::NAN });
        assert!(record.points().len() <= 400);
        assert_eq!(record.last().map(|last| last.step), Some(step));
    }
    assert_eq!(record.points()[0].step, 0);
    assert!(record.points().is_sorted_by(|a, b| a.step < b.step));
}
