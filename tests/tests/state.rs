//! The state of the page as a link: round trips to the same bits, and a million invalid links.

use flowsketch_core::config::{Activation, Config, Optimiser, Recipe};
use flowsketch_core::measure::{Brush, Drawing, Preset, Replay, Sketch, Tool};
use flowsketch_core::potentials::SecondPotential;
use flowsketch_state::{Choice, LessonPlace, PageState, Source, Target, View, values_of};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt, SeedableRng};

/// A random drawing: strokes, some of them over a preset or outside the pad.
fn drawing(rng: &mut ChaCha8Rng, strokes: usize) -> Drawing {
    let mut drawing = Drawing::default();
    if rng.random() {
        drawing.load(Preset::ALL[rng.random_range(0..9)]);
    }
    for _ in 0..strokes {
        let tool = if rng.random::<f64>() < 0.3 { Tool::Erase } else { Tool::Draw };
        let brush = Brush { radius: rng.random_range(0.01..1.0), softness: rng.random_range(-0.1..1.1) };
        let mut point = [0, 1].map(|_| rng.random_range(-4.0..4.0));
        drawing.begin(tool, brush, point);
        for _ in 0..rng.random_range(0..12) {
            let far = if rng.random::<f64>() < 0.05 { 90.0 } else { 0.4 };
            point = point.map(|c| c + rng.random_range(-far..far));
            drawing.extend(point);
        }
        drawing.end();
        match rng.random_range(0..12) {
            0 => _ = drawing.undo(),
            1 => drawing.clear(),
            2 => drawing.load(Preset::ALL[rng.random_range(0..9)]),
            _ => {}
        }
    }
    drawing
}

fn state(rng: &mut ChaCha8Rng) -> PageState {
    let pick = |rng: &mut ChaCha8Rng| rng.random::<bool>();
    let values = values_of(if pick(rng) { Recipe::Quadrature } else { Recipe::MonteCarlo });
    let digits = rng.random_range(0..17u32);
    let mut number = |low: f64, high: f64, usual: f64| {
        if rng.random() {
            usual
        } else {
            (rng.random_range(low..high) * 10f64.powi(digits as i32)).round() / 10f64.powi(digits as i32)
        }
    };
    let config = Config {
        epsilon: number(0.05, 2.0, values.epsilon).clamp(0.05, 2.0),
        learning_rate: number(0.0, 3.0, values.learning_rate).max(1e-30),
        penalty: number(0.0, 1e-4, values.penalty),
        average_decay: number(0.0, 0.99, values.average_decay).min(0.99),
        ..values
    };
    let config = Config {
        seed: if pick(rng) { 0 } else { rng.random() },
        batch: rng.random_range(1..900),
        draws: rng.random_range(1..120),
        optimiser: if pick(rng) { Optimiser::Adam } else { Optimiser::Sgd },
        activation: Activation::ALL[rng.random_range(0..3)],
        fourier_features: if pick(rng) { 0 } else { 16 },
        gaussian_base: pick(rng),
        ..config
    };
    let end = |rng: &mut ChaCha8Rng| {
        let sketch = if pick(rng) { drawing(rng, 4).sketch() } else { Sketch::default() };
        match sketch.strokes.is_empty() {
            true => Source::Preset(Preset::ALL[rng.random_range(0..9)]),
            false => Source::Drawing(sketch),
        }
    };
    PageState {
        source: end(rng),
        target: if pick(rng) { Target::Normal } else { Target::Other(end(rng)) },
        config,
        time: pick(rng).then(|| rng.random_range(0..=1000) as f64 / 1000.0),
        view: [View::Learned, View::Exact, View::Difference][rng.random_range(0..3)],
        second_potential: if pick(rng) { SecondPotential::Transform } else { SecondPotential::Network },
        arrows: pick(rng),
        backend: [Choice::Auto, Choice::Gpu, Choice::Cpu][rng.random_range(0..3)],
        lesson: pick(rng).then(|| LessonPlace { name: "the-noise".into(), step: rng.random_range(1..9) }),
    }
}

#[test]
fn a_partial_link_changes_what_it_names_and_nothing_else() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for _ in 0..100 {
        let before = PageState { lesson: None, ..state(&mut rng) };
        assert_eq!(before.clone().changed("", ""), (before.clone(), None));
        let (after, fault) = before.clone().changed("epsilon=0.7&view=exact", "");
        assert_eq!(fault, None);
        let config = Config { epsilon: 0.7, ..before.config.clone() };
        assert_eq!(after, PageState { config, view: View::Exact, ..before.clone() });
        // A preset takes the place of a drawing, and a recipe brings all its values.
        let (after, _) = before.clone().changed("preset=moons&target=normal&recipe=paper", "");
        assert_eq!((after.source, after.target), (Source::Preset(Preset::Moons), Target::Normal));
        assert_eq!(after.config, Config::paper());
        let [_, fragment] = state(&mut rng).encode().expect("a short drawing");
        let (after, _) = before.changed("", &fragment);
        if fragment.starts_with("drawing=") {
            assert!(matches!(after.source, Source::Drawing(_)));
        }
    }
}

#[test]
fn what_a_link_says_is_what_it_was_made_of() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    assert_eq!(PageState::default().encode(), Ok([String::new(), String::new()]));
    assert_eq!(PageState::decode("", ""), (PageState::default(), None));
    let mut drawings = [0; 4];
    for _ in 0..500 {
        let state = state(&mut rng);
        state.config.validate().expect("a state of the page");
        let [query, fragment] = state.encode().expect("a short drawing");
        let read = understood(&query, &fragment);
        assert_eq!(read, state, "{query}#{fragment}");
        assert_eq!(read.encode(), Ok([query, fragment]));
        let is_drawn = |end: &Source| matches!(end, Source::Drawing(_));
        let to_drawing = matches!(&state.target, Target::Other(target) if is_drawn(target));
        drawings[2 * usize::from(is_drawn(&state.source)) + usize::from(to_drawing)] += 1;
    }
    assert!(drawings.iter().all(|count| *count > 30), "{drawings:?}");
}

#[test]
fn a_drawing_from_a_link_has_the_same_bits() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut compared = 0;
    while compared < 12 {
        let drawing = drawing(&mut rng, 4);
        let sketch = drawing.sketch();
        if sketch.strokes.is_empty() {
            continue;
        }
        let state = PageState { source: Source::Drawing(sketch.clone()), ..PageState::default() };
        let [query, fragment] = state.encode().expect("a short drawing");
        let read = understood(&query, &fragment);
        let Source::Drawing(read) = read.source else { panic!("it is no drawing") };
        // Replay one point at a time, and all at once.
        let (mut slow, mut fast) = (Replay::new(read.clone()), Replay::new(read));
        while !slow.advance(|| true) {}
        assert!(fast.advance(|| false));
        for replay in [slow, fast] {
            let again = replay.into_drawing();
            let bits = |drawing: &Drawing| drawing.ink().iter().map(|ink| ink.to_bits()).collect::<Vec<_>>();
            assert!(bits(&again) == bits(&drawing), "{sketch:?}");
            assert_eq!(again.sketch(), sketch);
        }
        compared += 1;
    }
}

#[test]
fn a_stroke_of_a_person_is_short() {
    let mut drawing = Drawing::default();
    drawing.begin(Tool::Draw, Brush { radius: 0.25, softness: 0.8 }, [-2.0, 0.0]);
    for k in 1..=300 {
        let angle = f64::from(k) * 0.02;
        drawing.extend([-2.0 + 0.0133 * f64::from(k), angle.sin()]);
    }
    let state = PageState { source: Source::Drawing(drawing.sketch()), ..PageState::default() };
    let [_, fragment] = state.encode().unwrap();
    assert!(fragment.len() < 3 * 301, "{} letters for 301 points", fragment.len());
    // A drawing that is too long for a link is an error.
    drawing.begin(Tool::Draw, Brush { radius: 0.05, softness: 0.0 }, [0.0, 0.0]);
    for k in 1..13_000 {
        drawing.extend([f64::from(k % 2) / 240.0, 0.0]);
    }
    let state = PageState { source: Source::Drawing(drawing.sketch()), ..PageState::default() };
    assert_eq!(state.encode(), Err("The drawing is too long for a link.".into()));
}

/// The state of a link that has no fault.
fn understood(query: &str, fragment: &str) -> PageState {
    let (state, fault) = PageState::decode(query, fragment);
    assert_eq!(fault, None, "{query}#{fragment}");
    state
}

/// The state that is read from a faulty link, and the sentence about the fault.
fn faulty(query: &str, fragment: &str) -> (PageState, String) {
    let (state, fault) = PageState::decode(query, fragment);
    (state, fault.unwrap_or_else(|| panic!("nothing is said of {query}#{fragment}")))
}

#[test]
fn what_is_wrong_with_a_link_is_named_in_one_sentence_and_the_rest_is_kept() {
    for (query, fragment, sentence) in [
        ("preset=rabbit", "", "The link’s preset is not one that exists;"),
        ("preset=", "", "The link’s preset is not one"),
        ("epsilon=3", "", "The link’s epsilon is not a number from 0.05 to 2;"),
        ("epsilon=inf", "", "The link’s epsilon is not"),
        ("epsilon=-1", "", "The link’s epsilon is not"),
        ("epsilon=0.2.2", "", "The link’s epsilon is not"),
        ("epsilon=NaN", "", "The link’s epsilon is not"),
        ("epsilon=1e999", "", "The link’s epsilon is not"),
        ("epsilon=%", "", "The link’s epsilon is not"),
        ("t=1.5", "", "The link’s t is not a number from 0 to 1;"),
        ("t", "", "The link’s t is not"),
        ("seed=-3", "", "The link’s seed is not a whole number"),
        ("seed=18446744073709551616", "", "The link’s seed is not"),
        ("recipe=papers", "", "The link’s recipe is not quadrature or paper;"),
        ("view=<b>", "", "The link’s view is not learned or exact or difference;"),
        ("target=rabbit", "", "The link’s target is not one that exists;"),
        ("target=", "", "The link’s target is not one that exists"),
        ("", "target=", "The link’s drawing is cut off or damaged;"),
        ("", "&top", "The link’s part after # is not a drawing;"),
        ("batch=0", "", "The link’s settings do not go: The batch has at least one point;"),
        ("rate=0", "", "The link’s settings do not go: The learning rate is a positive number;"),
        ("batch=999999999999", "", "The link’s settings do not go: A batch of"),
        ("features=4000", "", "The link’s settings do not go: There are at most"),
        ("t=0&t=1", "", "The link has t twice;"),
        ("", "top", "The link’s part after # is not a drawing;"),
        ("", "drawing=", "The link’s drawing is cut off or damaged;"),
        ("", "drawing=!!", "The link’s drawing"),
        ("", "drawing=ab!!cd", "The link’s drawing has letters that do not belong there;"),
        ("", "drawing=AgQA", "The link’s drawing is written in a way that this page does not know;"),
        ("", "drawing=AgIA", "The link’s drawing has no strokes;"),
        ("", "drawing=BQIAAPQD", "The link’s drawing is cut off or damaged;"),
        ("seed=-3&t=2", "", "The link’s seed is not a whole number (1 of 2 faults);"),
        ("seed=-3&t=2&view=x", "top", "The link’s part after # is not a drawing (1 of 4 faults);"),
    ] {
        let rest = format!("{query}&arrows=off");
        let (state, found) = faulty(&rest, fragment);
        assert!(found.starts_with(sentence), "{query}#{fragment}: {found}");
        assert!(found.ends_with("; the rest of it is kept."), "{found}");
        let time = query.starts_with("t=0").then_some(0.0);
        assert_eq!(state, PageState { arrows: false, time: time.or(state.time), ..PageState::default() }, "{query}");
    }
    // If a link cannot be read at all, nothing of it is kept.
    let refused = |query: &str, sentence: &str| {
        let (state, found) = faulty(query, "");
        assert_eq!(
            (state, found),
            (PageState::default(), format!("{sentence}; here is the page as it always starts."))
        );
    };
    refused(&format!("arrows=off&x={}", "1".repeat(2_000)), "The link is too long");
    refused("v=2&preset=moons", "The link is of a version that this page does not know");
    let long = faulty("", &format!("drawing={}", "1".repeat(40_000))).1;
    assert!(long.starts_with("The link’s drawing is too long;"));
    // Settings that exclude each other: only ε and the seed are kept.
    let state = faulty("batch=0&epsilon=1&seed=7&recipe=paper", "").0;
    assert_eq!(state.config, Config { epsilon: 1.0, seed: 7, ..Config::paper() });
    // Too many strokes, and a drawing beside a preset.
    let mut drawing = Drawing::default();
    for _ in 0..1_001 {
        drawing.begin(Tool::Draw, Brush { radius: 0.05, softness: 0.0 }, [0.0, 0.0]);
    }
    let many = PageState { source: Source::Drawing(drawing.sketch()), ..PageState::default() };
    assert!(many.encode().is_err());
    drawing.undo();
    let most = PageState { source: Source::Drawing(drawing.sketch()), ..PageState::default() };
    let [_, fragment] = most.encode().expect("a thousand strokes fit");
    assert_eq!(understood("", &fragment), most);
    let (state, sentence) = faulty("preset=moons", &fragment);
    assert!(state == most && sentence.starts_with("The link has both a preset and a drawing"), "{sentence}");
    let to = fragment.replace("drawing=", "target=");
    for query in ["target=moons", "target=normal"] {
        assert!(faulty(query, &to).1.starts_with("The link has both a target and"), "{query}");
    }
    let both = understood("", &format!("{fragment}&{to}"));
    assert_eq!(understood("", &format!("{to}&{fragment}&")), both);
    assert!(faulty("", &format!("{to}&{to}")).1.starts_with("The link’s part after # is not a drawing;"));
}

#[test]
fn short_links_by_hand_are_understood() {
    let state = understood("preset=moons&epsilon=0.5&seed=7&backend=cpu", "");
    let config = Config { epsilon: 0.5, seed: 7, ..Config::default() };
    let (source, backend) = (Source::Preset(Preset::Moons), Choice::Cpu);
    assert_eq!(state, PageState { source, config, backend, ..PageState::default() });
    assert_eq!(understood("recipe=paper", "").config, Config::paper());
    let target = understood("target=rings", "").target;
    assert_eq!(target, Target::Other(Source::Preset(Preset::Rings)));
    assert_eq!(understood("target=normal", ""), PageState::default());
    let state = understood("v=1&t=0.25&view=exact&pair=networks&arrows=off&penalty=1e-7", "");
    assert_eq!((state.time, state.view, state.second_potential), (Some(0.25), View::Exact, SecondPotential::Network));
    assert_eq!((state.arrows, state.config.penalty), (false, 1e-7));
}

/// Programs that pass a link on may add parameters, encode letters, and append punctuation.
#[test]
fn a_link_survives_its_way() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let encode = |text: &str, letters: &str| -> String {
        text.chars().map(|c| if letters.contains(c) { format!("%{:02X}", c as u32) } else { c.into() }).collect()
    };
    for k in 0..400 {
        let state = state(&mut rng);
        let [query, fragment] = state.encode().expect("a short drawing");
        let added = |name: &str| format!("{query}{}{name}", if query.is_empty() { "" } else { "&" });
        for name in ["fbclid=IwAR0_x.y", "utm_source=a&utm_medium=b", "ref=c", "gclid"] {
            assert_eq!(understood(&added(name), &fragment), state);
        }
        let [once, half] = ["&=.", "&"].map(|letters| [&query, &fragment].map(|text| encode(text, letters)));
        let twice = once.each_ref().map(|text| encode(text, "%"));
        let html = [&query, &fragment].map(|text| text.replace('&', "&amp;"));
        for [query, fragment] in [once, half, twice, html] {
            assert_eq!(understood(&query, &fragment), state, "{query}#{fragment}");
        }
        assert_eq!(understood(&query.to_uppercase(), &fragment), state);
        // Punctuation after the whole link.
        for mark in [".", ")", ").", "_", ">", "*", "”", "%22"] {
            if fragment.is_empty() && !query.is_empty() {
                assert_eq!(understood(&format!("{query}{mark}"), ""), state, "{query}{mark}");
            } else if !fragment.is_empty() {
                assert_eq!(understood(&query, &format!("{fragment}{mark}")), state, "{k}: {fragment}{mark}");
            }
        }
    }
}

/// A million links: random letters, and valid links with letters changed, removed, inserted or cut off.
#[test]
fn no_link_makes_it_panic() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let links: Vec<[String; 2]> = (0..200).map(|_| state(&mut rng).encode().unwrap()).collect();
    let (mut taken, mut changed) = (0, 0);
    for k in 0..1_000_000 {
        let [mut query, mut fragment] = links[rng.random_range(0..links.len())].clone().map(String::into_bytes);
        match k % 4 {
            0 => {
                query = noise(&mut rng, 30);
                let mark = [b"drawing=".to_vec(), b"target=".to_vec()][rng.random_range(0..2)].clone();
                fragment = [mark, noise(&mut rng, 60)].concat();
            }
            1 => {
                query.clear();
                let bytes: Vec<u8> = (0..rng.random_range(0..40)).map(|_| LETTERS[rng.random_range(0..64)]).collect();
                fragment = [b"drawing=DAIAAPQDwAwE".to_vec(), bytes].concat();
            }
            2 => mutate(&mut rng, &mut query),
            _ => mutate(&mut rng, &mut fragment),
        }
        let [query, fragment] = [query, fragment].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        // The state that was read is valid, and its own link decodes to the same state.
        let (state, fault) = PageState::decode(&query, &fragment);
        state.config.validate().expect("the settings are valid");
        let [query, fragment] = state.encode().expect("it came from a link");
        assert_eq!(PageState::decode(&query, &fragment), (state, None));
        if let Some(sentence) = fault {
            assert!(sentence.starts_with("The link") && sentence.ends_with('.') && sentence.len() < 300, "{sentence}");
            changed += 1;
        } else {
            taken += 1;
        }
    }
    println!("{taken} links accepted, {changed} refused with a sentence");
    assert!(taken > 1_000 && changed > 500_000, "{taken} links accepted, {changed} refused");
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn noise(rng: &mut ChaCha8Rng, most: usize) -> Vec<u8> {
    let mut bytes = vec![0; rng.random_range(0..most)];
    rng.fill_bytes(&mut bytes);
    bytes
}

fn mutate(rng: &mut ChaCha8Rng, bytes: &mut Vec<u8>) {
    for _ in 0..rng.random_range(1..4) {
        let letter = if rng.random() { LETTERS[rng.random_range(0..64)] } else { b"&=.e%<"[rng.random_range(0..6)] };
        let place = rng.random_range(0..=bytes.len());
        match rng.random_range(0..4) {
            0 => bytes.truncate(place),
            1 => bytes.insert(place, letter),
            2 if place < bytes.len() => _ = bytes.remove(place),
            _ if place < bytes.len() => bytes[place] = letter,
            _ => {}
        }
    }
}
