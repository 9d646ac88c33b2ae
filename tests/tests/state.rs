//! The state of the page as a link: round trips to the same bits, and a million links that are none.

use flowsketch_core::audit::Completion;
use flowsketch_core::config::{Activation, Config, Optimiser, Recipe};
use flowsketch_core::measure::{Brush, Drawing, Preset, Replay, Sketch, Tool};
use flowsketch_state::{Choice, PageState, Source, Target, View, values_of};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt, SeedableRng};

/// A person's drawing: strokes at random, some of them over a preset or off the pad.
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
        activation: if pick(rng) { Activation::Relu } else { Activation::Silu },
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
        completion: if pick(rng) { Completion::Transform } else { Completion::Network },
        arrows: pick(rng),
        backend: [Choice::Auto, Choice::Gpu, Choice::Cpu][rng.random_range(0..3)],
    }
}

#[test]
fn what_a_link_says_is_what_it_was_made_of() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    assert_eq!(PageState::default().encode(), Ok([String::new(), String::new()]));
    assert_eq!(PageState::decode("", ""), Ok(PageState::default()));
    let mut drawings = [0; 4];
    for _ in 0..500 {
        let state = state(&mut rng);
        state.config.validate().expect("a state of the page");
        let [query, fragment] = state.encode().expect("a short drawing");
        let read = PageState::decode(&query, &fragment).expect("what was written can be read");
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
        let read = PageState::decode(&query, &fragment).expect("what was written can be read");
        let Source::Drawing(read) = read.source else { panic!("it is no drawing") };
        // A point at a time, and all at once.
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
    // Of what does not fit into a link there is none.
    drawing.begin(Tool::Draw, Brush { radius: 0.05, softness: 0.0 }, [0.0, 0.0]);
    for k in 1..13_000 {
        drawing.extend([f64::from(k % 2) / 240.0, 0.0]);
    }
    let state = PageState { source: Source::Drawing(drawing.sketch()), ..PageState::default() };
    assert_eq!(state.encode(), Err("The drawing is too long for a link.".into()));
}

#[test]
fn links_that_are_wrong_are_answered_with_one_sentence_that_names_what_is_wrong() {
    for (query, fragment, sentence) in [
        ("preset=rabbit", "", "The link’s preset is not one that exists; here"),
        ("preset=", "", "The link’s preset is not one"),
        ("epsilon=3", "", "The link’s epsilon is not a number from 0.05 to 2; here"),
        ("epsilon=inf", "", "The link’s epsilon is not"),
        ("epsilon=-1", "", "The link’s epsilon is not"),
        ("epsilon=0.2.2", "", "The link’s epsilon is not"),
        ("epsilon=NaN", "", "The link’s epsilon is not"),
        ("epsilon=1e999", "", "The link’s epsilon is not"),
        ("epsilon=%31", "", "The link’s epsilon is not"),
        ("t=1.5", "", "The link’s t is not a number from 0 to 1;"),
        ("t", "", "The link’s t is not"),
        ("seed=-3", "", "The link’s seed is not a whole number"),
        ("seed=18446744073709551616", "", "The link’s seed is not"),
        ("recipe=Paper", "", "The link’s recipe is not quadrature or paper;"),
        ("view=<b>", "", "The link’s view is not learned or exact or difference;"),
        ("target=rabbit", "", "The link’s target is not one that exists; here"),
        ("target=", "", "The link’s target is not one that exists"),
        ("", "target=", "The link’s drawing is cut off or damaged;"),
        ("", "target=top&drawing=top", "The link’s drawing"),
        ("", "drawing=top&", "The link’s"),
        ("", "&", "The link’s part after # is not a drawing;"),
        ("batch=0", "", "The link’s settings do not go: The batch has at least one point;"),
        ("rate=0", "", "The link’s settings do not go: The learning rate is a positive number;"),
        ("batch=999999999999", "", "The link’s settings do not go: A batch of"),
        ("features=4000", "", "The link’s settings do not go: There are at most"),
        ("t=0&t=1", "", "The link has t twice;"),
        ("v=2&preset=moons", "", "The link is of a version that this page does not know;"),
        ("colour=red&preset=moons", "", "The link has something that this page does not know;"),
        ("preset=moons&", "", "The link has something that this page does not know;"),
        ("", "top", "The link’s part after # is not a drawing;"),
        ("", "drawing=", "The link’s drawing is cut off or damaged;"),
        ("", "drawing=!!", "The link’s drawing has letters that do not belong there"),
        ("", "drawing=AgQA", "The link’s drawing is written in a way that this page does not know;"),
        ("", "drawing=AgIA", "The link’s drawing has no strokes;"),
        ("", "drawing=BQIAAPQD", "The link’s drawing is cut off or damaged;"),
    ] {
        let found = PageState::decode(query, fragment).expect_err(query);
        assert!(found.starts_with(sentence), "{query}#{fragment}: {found}");
        assert!(found.ends_with("; here is the page as it always starts."), "{found}");
    }
    let long = "1".repeat(40_000);
    assert!(PageState::decode(&long, "").unwrap_err().starts_with("The link is too long;"));
    let long = PageState::decode("", &format!("drawing={long}")).unwrap_err();
    assert!(long.starts_with("The link’s drawing is too long;"));
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
    assert_eq!(PageState::decode("", &fragment), Ok(most));
    assert!(PageState::decode("preset=moons", &fragment).unwrap_err().starts_with("The link has both a preset and"));
    let to = fragment.replace("drawing=", "target=");
    for query in ["target=moons", "target=normal"] {
        assert!(PageState::decode(query, &to).unwrap_err().starts_with("The link has both a target and"), "{query}");
    }
    // The source comes first, and there is one of each.
    for wrong in [format!("{to}&{fragment}"), format!("{to}&{to}"), format!("{fragment}&"), format!("{to}&")] {
        let sentence = PageState::decode("", &wrong).unwrap_err();
        assert!(sentence.starts_with("The link’s part after # is not a drawing;"), "{sentence}");
    }
    assert!(PageState::decode("", &format!("{fragment}&{to}")).is_ok());
}

#[test]
fn short_links_by_hand_are_understood() {
    let state = PageState::decode("preset=moons&epsilon=0.5&seed=7&backend=cpu", "").unwrap();
    let config = Config { epsilon: 0.5, seed: 7, ..Config::default() };
    let (source, backend) = (Source::Preset(Preset::Moons), Choice::Cpu);
    assert_eq!(state, PageState { source, config, backend, ..PageState::default() });
    assert_eq!(PageState::decode("recipe=paper", "").unwrap().config, Config::paper());
    let target = PageState::decode("target=rings", "").unwrap().target;
    assert_eq!(target, Target::Other(Source::Preset(Preset::Rings)));
    assert_eq!(PageState::decode("target=normal", ""), Ok(PageState::default()));
    let state = PageState::decode("v=1&t=0.25&view=exact&pair=networks&arrows=off&penalty=1e-7", "").unwrap();
    assert_eq!((state.time, state.view, state.completion), (Some(0.25), View::Exact, Completion::Network));
    assert_eq!((state.arrows, state.config.penalty), (false, 1e-7));
    // What sites add to a link on its way is left alone.
    assert_eq!(PageState::decode("fbclid=x", ""), Ok(PageState::default()));
    assert_eq!(PageState::decode("v=1&t=0.25&utm_source=y", "").unwrap().time, Some(0.25));
}

/// A million: random letters, valid links with letters changed, taken out, put in, cut off.
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
        match PageState::decode(&query, &fragment) {
            Ok(state) => {
                // What is taken is a state like any other, and has one link of its own.
                state.config.validate().expect("settings that go");
                let [query, fragment] = state.encode().expect("it came from a link");
                assert_eq!(PageState::decode(&query, &fragment), Ok(state));
                taken += 1;
            }
            Err(sentence) => {
                assert!(
                    sentence.starts_with("The link") && sentence.ends_with('.') && sentence.len() < 300,
                    "{sentence}"
                );
                changed += 1;
            }
        }
    }
    println!("{taken} links taken, {changed} answered");
    assert!(taken > 1_000 && changed > 500_000, "{taken} links taken, {changed} answered");
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
