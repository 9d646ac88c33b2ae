//! Every lesson has its form, every state it names is one that the page understands, and every claim is true of the exact flow.

use flowsketch_core::explore::on_a_line;
use flowsketch_lessons::{Lesson, Set, Step, index, page, read};
use flowsketch_state::PageState;
use flowsketch_worker::claims::{Claim, Judge, Situation, names};
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../web/lessons")
}

/// All lessons, in their order.
fn lessons() -> Vec<Lesson> {
    let files =
        std::fs::read_dir(folder()).expect("there are lessons").map(|entry| entry.expect("it can be read").path());
    let mut lessons: Vec<Lesson> = files
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .map(|path| {
            let name = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).expect("it is text");
            read(&name, &text).unwrap_or_else(|sentence| panic!("{sentence}"))
        })
        .collect();
    lessons.sort_by_key(|lesson| lesson.number);
    lessons
}

/// Each step of a lesson with what the page is set to there.
fn steps(lesson: &Lesson) -> impl Iterator<Item = (&Step, &Set)> {
    let mut last = lesson.steps[0].set.as_ref().expect("the first step sets the page");
    lesson.steps.iter().map(move |step| {
        last = step.set.as_ref().unwrap_or(last);
        (step, last)
    })
}

fn fragment(set: &Set) -> String {
    if set.drawing.is_empty() { String::new() } else { format!("drawing={}", set.drawing) }
}

#[test]
fn the_lessons_are_numbered_from_one_without_a_gap() {
    let numbers: Vec<u32> = lessons().iter().map(|lesson| lesson.number).collect();
    assert_eq!(numbers, (1..=12).collect::<Vec<_>>());
}

#[test]
fn every_state_that_a_lesson_names_is_understood() {
    for lesson in lessons() {
        for (step, set) in steps(&lesson) {
            let (state, fault) = PageState::decode(&set.link, &fragment(set));
            assert_eq!(fault, None, "{}, {}", lesson.name, step.title);
            for link in step.text.split("href=\"../?").skip(1) {
                let query = link.split('"').next().unwrap_or_default().replace("&amp;", "&");
                let (changed, fault) = state.clone().changed(&query, "");
                assert_eq!(fault, None, "{}, {}: {query}", lesson.name, step.title);
                assert!(query.split('&').all(|part| part.contains('=')), "{}: {query}", lesson.name);
                _ = changed;
            }
        }
    }
}

#[test]
fn every_claim_is_true_and_every_question_has_one_answer() {
    let mut faults = vec![];
    for lesson in lessons() {
        let mut judge = Judge::default();
        let last = lesson.steps.len() - 1;
        for (k, (step, set)) in steps(&lesson).enumerate() {
            let place = format!("{}, “{}”", lesson.name, step.title);
            let situation = Situation::read(&set.link, &fragment(set)).expect("the state is understood");
            let for_teachers = lesson.claims_for_teachers.iter().filter(|_| k == last);
            let mut is_true = |text: &str| {
                let claim = Claim::read(text).unwrap_or_else(|fault| panic!("{place}: {text}: {fault}"));
                let truth =
                    judge.is_true(&claim, &situation).unwrap_or_else(|fault| panic!("{place}: {text}: {fault}"));
                (truth, judge.value(&claim, &situation).unwrap_or(f64::NAN))
            };
            for claim in step.claims.iter().chain(for_teachers) {
                let (truth, value) = is_true(claim);
                if !truth {
                    faults.push(format!("{place}: {claim} is false: {value}"));
                }
            }
            let Some(question) = &step.question else { continue };
            if !question.choices.is_empty() {
                let right = question.choices.iter().filter(|(_, claim)| is_true(claim).0).count();
                if right != 1 {
                    faults.push(format!("{place}: {right} choices are right"));
                }
            } else if is_true(&question.until).0 {
                faults.push(format!("{place}: nothing is left to do: {} is true already", question.until));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_source_of_a_figure_is_known() {
    let lessons = lessons();
    let lines: Vec<_> = lessons.iter().flat_map(|lesson| &lesson.steps).filter_map(|step| step.line.as_ref()).collect();
    assert!(!lines.is_empty());
    for line in lines {
        assert!(on_a_line::source(&line.source).is_some(), "{}", line.source);
    }
}

#[test]
fn every_quantity_is_described_for_authors() {
    let guide = include_str!("../../docs/lessons.md");
    for name in names() {
        assert!(guide.contains(&format!("`{name}(")) || guide.contains(&format!("`{name}`")), "{name}");
    }
}

/// What the page measures while it trains; the browser test waits for it.
#[test]
fn what_is_watched_is_a_number_of_the_page() {
    let html = include_str!("../../web/index.html");
    for lesson in lessons() {
        for watched in lesson.steps.iter().flat_map(|step| &step.watched) {
            let parts: Vec<&str> = watched.split_whitespace().collect();
            let [name, "<" | ">", number] = parts[..] else {
                panic!("{}: {watched} is no claim about the page", lesson.name)
            };
            assert!(html.contains(&format!("data-metric=\"{name}\"")), "{}: {name}", lesson.name);
            assert!(number.parse::<f64>().is_ok(), "{}: {number}", lesson.name);
        }
    }
}

#[test]
fn pages_hold_every_step_and_lead_on() {
    let lessons = lessons();
    for (k, lesson) in lessons.iter().enumerate() {
        let html = page(lesson, lessons.get(k + 1));
        assert_eq!(html.matches("<section class=\"step\"").count(), lesson.steps.len());
        assert!(!html.contains("<script") && !html.contains("~~~") && !html.contains('$'), "{}", lesson.name);
        assert_eq!(html.contains("rel=\"next\""), k + 1 < lessons.len());
        let exercises = lesson.for_teachers.matches("<h3>Exercise").count();
        let answers = lesson.for_teachers.matches("<summary>Answer").count();
        assert_eq!((exercises, answers), (3, 3), "{}", lesson.name);
    }
    let list = index(&lessons);
    assert!(lessons.iter().all(|lesson| list.contains(&format!("data-lesson=\"{}\"", lesson.name))));
}

const SMALL: &str = "---\nnumber: 1\ntitle: T\nminutes: 1\naim: A.\n---\n## One\n~~~set\nlink: preset=moons\n~~~\nText.\n## Two\n~~~question\nask: Q?\n\
                     - a :: cost() < 1\n- b :: cost() > 1\nright: R.\nwrong: W.\n~~~\n## Three\nText.\n## Four\nText.\n# For teachers\nQuestions.\n";

#[test]
fn a_wrong_lesson_is_refused_with_its_name_its_step_and_what_is_wrong() {
    assert_eq!(read("small", SMALL).map(|lesson| lesson.steps.len()), Ok(4));
    let long = "word ".repeat(61);
    for (from, to, parts) in [
        ("## Three\nText.", &*format!("## Three\n{long}"), &["small", "Three", "61 words"][..]),
        ("number: 1\n", "number: x\n", &["number", "whole number"]),
        ("number: 1\n", "", &["head needs number"]),
        ("title: T", "colour: T", &["colour"]),
        ("link: preset=moons\n", "link: preset=moons\nshow: moon\n", &["One", "moon", "epsilon"]),
        ("- b :: cost() > 1\n", "", &["Two", "two choices"]),
        ("- b :: cost() > 1\n", "- b\n", &["Two", "“b”", "claim"]),
        ("right: R.\n", "", &["Two", "right"]),
        ("~~~question", "~~~riddle", &["Two", "riddle"]),
        ("wrong: W.\n~~~\n", "wrong: W.\n", &["question", "no end"]),
        ("## Four\nText.", "## Four\n", &["Four", "no text"]),
        ("## Four\nText.", "## Four\nText.\n~~~line\nsource: humps\n~~~", &["Four", "source and caption"]),
        ("## Four\nText.", "## Four\nText.\n~~~line\ncolour: red\n~~~", &["Four", "colour"]),
        ("## Four\nText.", "## Four\nText.\n~~~line\nprinted: title\n~~~", &["Four", "title"]),
        ("## Four\nText.", "", &["3 steps", "4 to 9"]),
        ("## Four\nText.", "## Four\n$\\frob$", &["Four", "\\frob"]),
        ("## Four\nText.", "## Four\n<b>x</b>", &["Four", "HTML"]),
        ("# For teachers", "## For teachers", &["For teachers", "missing"]),
    ] {
        assert!(SMALL.contains(from), "{from}");
        let fault = read("small", &SMALL.replacen(from, to, 1)).expect_err(to);
        assert!(parts.iter().all(|part| fault.contains(part)), "{from} -> {to}: {fault}");
    }
}

/// Quantities against closed forms and against the core's own measures.
#[test]
fn quantities_are_what_their_names_say() {
    let situation = |link: &str| Situation::read(link, "").expect("the link is right");
    let mut judge = Judge::default();
    let mut value = |link: &str, text: &str| {
        judge.value(&Claim::read(text).expect(text), &situation(link)).unwrap_or_else(|fault| panic!("{text}: {fault}"))
    };
    let near = |found: f64, expected: f64, most: f64| assert!((found - expected).abs() < most, "{found} {expected}");
    // The Normal: its entropy, its deviation, and the density at its centre.
    let moons = "preset=moons&epsilon=0.3";
    near(value(moons, "entropy(t=1)"), 1.0 + std::f64::consts::TAU.ln(), 1e-4);
    near(value(moons, "deviation(t=1)"), 2f64.sqrt(), 1e-4);
    near(value(moons, "density(t=1, x=0.03, y=0)"), 1.0 / std::f64::consts::TAU, 1e-3);
    near(value(moons, "change(t=0, epsilon=1)"), 0.0, 1e-5);
    // Their flows are on lattices of different spacing.
    near(value("preset=moons&epsilon=0.05", "change(t=0, epsilon=2)"), 0.0, 1e-4);
    near(value(moons, "change(t=1, preset=rings)"), 0.0, 1e-4);
    // What the paper's sign does to the continuity equation.
    near(value(moons, "continuity_printed()"), 2.0, 1e-3);
    assert!(value(moons, "continuity()") < 1e-3);
    // A Normal to the Normal: E[y|x] = c x with c = √(1 + ε²/4) − ε/2, and all that follows from it.
    let epsilon: f64 = 0.8;
    let c = (1.0 + epsilon * epsilon / 4.0).sqrt() - epsilon / 2.0;
    let mut drawn = Judge::default();
    let normal = Situation::of(
        flowsketch_core::measure::Density::gaussian(&flowsketch_core::gaussian::Moments {
            mean: [0.0; 2],
            covariance: [1.0, 0.0, 1.0],
        })
        .expect("it is on the map"),
        None,
        epsilon,
        0.0,
    );
    let mut of_normal = |text: &str| drawn.value(&Claim::read(text).expect(text), &normal).expect(text);
    near(of_normal("cost()"), 2.0 - 2.0 * c, 1e-3);
    near(of_normal("explained()"), c * c, 1e-3);
    near(of_normal("scatter()"), (1.0 - c * c).sqrt(), 1e-3);
    near(of_normal("goes_x(x=1, y=0.5)"), c, 1e-3);
    near(of_normal("goes_y(x=1, y=0.5)"), 0.5 * c, 1e-3);
    near(of_normal("spread(x=1, y=0.5)"), (2.0 * (1.0 - c * c)).sqrt(), 1e-3);
    assert!(of_normal("covariance()") < 1e-3);
    // On a line, from N(1, 0.6²): c = √(0.36 + ε²/4) − ε/2, and E[y|x] − 0 = c (x − 1)/0.36.
    let c = (0.36 + epsilon * epsilon / 4.0).sqrt() - epsilon / 2.0;
    near(of_normal("line_explained(line=Gaussian)"), c * c / 0.36, 3e-3);
    near(of_normal("line_goes(line=Gaussian, x=1.975)"), c * 0.975 / 0.36, 1e-2);
    near(of_normal("line_spread(line=Gaussian, x=1)"), (1.0 - c * c / 0.36).sqrt(), 1e-2);
    assert!(of_normal("line_error(line=Gaussian)") <= 1e-4);
    // An iteration shrinks the slowest error by c²/s.
    let expected = (1e-4_f64.ln() / (c * c / 0.36).ln()).abs();
    let found = of_normal("line_iterations(line=Gaussian)");
    assert!(found > 0.5 * expected && found < 1.5 * expected, "{found} {expected}");
    assert!(of_normal("line_error(line=Gaussian, halves=2)") > of_normal("line_error(line=Gaussian, halves=4)"));
}

#[test]
fn a_claim_that_is_not_understood_says_why() {
    for (text, part) in [
        ("price() < 1", "price is no quantity"),
        ("density(t=2, x=0, y=0) < 1", "from 0 to 1"),
        ("density(t=1) < 1", "place"),
        ("cost(preset=moon) < 1", "moon is no preset"),
        ("cost(colour=red) < 1", "colour"),
        ("line_explained() < 1", "line="),
        ("line_explained(line=moons) < 1", "moons"),
        ("line_goes(line=humps) < 1", "place"),
        ("line_paths(line=humps, printed=yes) < 1", "printed must be 1"),
        ("line_formula(line=humps, printed=1, t=2) < 1", "from 0 to 1"),
        ("line_goes(line=humps, x=9) < 1", "not on the line"),
    ] {
        let situation = Situation::read("preset=moons", "").expect("the link is right");
        let fault = Judge::default().is_true(&Claim::read(text).expect(text), &situation).expect_err(text);
        assert!(fault.contains(part), "{text}: {fault}");
    }
    assert!(Claim::read("cost() = dual()").is_err());
    assert!(Claim::read("cost() <").is_err());
    let situation = Situation::read("preset=moons", "").expect("the link is right");
    assert!(Judge::default().is_true(&Claim::read("cost()").expect("it is read"), &situation).is_err());
}
