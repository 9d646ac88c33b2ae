//! A lesson from its file.

use crate::parts::{Part, head, pairs, parts};
use crate::{LONGEST_TITLE, Lesson, Line, MOST_WORDS, PARTS, PRINTED, Question, Set, Step, markdown};
use std::ops::RangeInclusive;

const STEPS: RangeInclusive<usize> = 4..=9;

/// Reads the lesson of that name.
///
/// # Errors
/// What is wrong with it, and in which step, as a sentence.
pub fn read(name: &str, text: &str) -> Result<Lesson, String> {
    let of_lesson = |fault: String| format!("{name}: {fault}.");
    let (top, body) = head(text).ok_or_else(|| of_lesson("it must begin with a head between two lines ---".into()))?;
    let mut lesson = Lesson { name: name.into(), ..with_head(top).map_err(of_lesson)? };
    let mut step: Option<Step> = None;
    let mut teachers: Option<String> = None;
    for part in parts(body).map_err(of_lesson)? {
        let fault = |fault: String, step: &Option<Step>| match step {
            Some(step) => of_lesson(format!("in “{}”, {fault}", step.title)),
            None => of_lesson(fault),
        };
        match part {
            Part::Step(title) => {
                lesson.steps.extend(step.take());
                step = Some(Step { title: title.into(), ..Step::default() });
            }
            Part::Teachers => {
                lesson.steps.extend(step.take());
                teachers = Some(String::new());
            }
            part => {
                let added = match (&mut teachers, &mut step) {
                    (Some(teachers), _) => to_teachers(teachers, &mut lesson.claims_for_teachers, part),
                    (None, Some(step)) => to_step(step, part),
                    (None, None) => Err("there is text before the first step".into()),
                };
                added.map_err(|sentence| fault(sentence, &step))?;
            }
        }
    }
    lesson.steps.extend(step);
    lesson.for_teachers = teachers.ok_or_else(|| of_lesson("the part “# For teachers” is missing".into()))?;
    complete(&lesson).map_err(of_lesson)?;
    Ok(lesson)
}

fn with_head(text: &str) -> Result<Lesson, String> {
    let mut lesson = Lesson {
        name: String::new(),
        number: 0,
        title: String::new(),
        minutes: 0,
        aim: String::new(),
        steps: vec![],
        for_teachers: String::new(),
        claims_for_teachers: vec![],
    };
    for pair in pairs(text) {
        let (name, value) = pair?;
        let count =
            || value.parse().ok().filter(|count| *count > 0).ok_or_else(|| format!("{name} must be a whole number"));
        match name {
            "number" => lesson.number = count()?,
            "minutes" => lesson.minutes = count()?,
            "title" => lesson.title = value.into(),
            "aim" => lesson.aim = markdown::line(value)?,
            _ => return Err(format!("the head has {name}, which is not known")),
        }
    }
    Ok(lesson)
}

/// The lines of a block that are not empty.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn to_teachers(html: &mut String, claims: &mut Vec<String>, part: Part<'_>) -> Result<(), String> {
    match part {
        Part::Text(text) => html.push_str(&markdown::blocks(text)?),
        Part::Block("answer", text) => {
            let answer = markdown::blocks(text)?;
            html.push_str(&format!("<details><summary>Answer</summary>{answer}</details>"));
        }
        Part::Block("claims", text) => claims.extend(lines(text).map(Into::into)),
        _ => return Err("the part for teachers has a block that is neither an answer nor claims".into()),
    }
    html.push('\n');
    Ok(())
}

fn to_step(step: &mut Step, part: Part<'_>) -> Result<(), String> {
    match part {
        Part::Text(text) => {
            // Code is not read but copied.
            let prose: String = text.split("```").step_by(2).collect();
            let words = markdown::words(&prose);
            if words > MOST_WORDS {
                return Err(format!("the text has {words} words; at most {MOST_WORDS} are allowed"));
            }
            step.text.push_str(&markdown::blocks(text)?);
        }
        Part::Block("set", text) => step.set = Some(set(text)?),
        Part::Block("claims", text) => {
            for line in lines(text) {
                match line.strip_prefix("page ") {
                    Some(watched) => step.watched.push(watched.into()),
                    None => step.claims.push(line.into()),
                }
            }
        }
        Part::Block("formulas", text) => step.formulas.push_str(&markdown::blocks(text)?),
        Part::Block("question", text) => step.question = Some(question(text)?),
        Part::Block("line", text) => step.line = Some(line(text)?),
        Part::Block("translator", text) => step.text.push_str(&translator(text)?),
        Part::Block(name, _) => return Err(format!("there is a block {name}, which is not known")),
        Part::Step(_) | Part::Teachers => unreachable!("headings are taken before"),
    }
    Ok(())
}

fn set(text: &str) -> Result<Set, String> {
    let mut set = Set { trains: true, ..Set::default() };
    for pair in pairs(text) {
        match pair? {
            ("link", value) => set.link = value.trim_start_matches('?').into(),
            ("drawing", value) => set.drawing = value.into(),
            ("show", value) => match PARTS.iter().find(|(name, _)| *name == value) {
                Some((_, selector)) => set.show = (*selector).into(),
                None => {
                    let names = PARTS.map(|(name, _)| name).join(", ");
                    return Err(format!("{value} is no part of the page: it has {names}"));
                }
            },
            ("train", "on") => set.trains = true,
            ("train", "off") => set.trains = false,
            (name, value) => return Err(format!("{name}: {value} is not known in a block set")),
        }
    }
    Ok(set)
}

fn line(text: &str) -> Result<Line, String> {
    let mut line = Line::default();
    for pair in pairs(text) {
        match pair? {
            ("source", value) => line.source = value.into(),
            ("caption", value) => line.caption = markdown::line(value)?,
            ("half-steps", "on") => line.by_half_steps = true,
            ("printed", value) if PRINTED.contains(&value) => line.printed = value.into(),
            (name, value) => return Err(format!("{name}: {value} is not known in a block line")),
        }
    }
    if line.source.is_empty() || line.caption.is_empty() {
        return Err("a block line needs source and caption".into());
    }
    Ok(line)
}

fn question(text: &str) -> Result<Question, String> {
    let mut question = Question::default();
    for line in lines(text) {
        if let Some(choice) = line.strip_prefix("- ") {
            let (words, claim) = choice.rsplit_once("::").ok_or_else(|| format!("“{choice}” has no claim after ::"))?;
            question.choices.push((markdown::line(words.trim())?, claim.trim().into()));
        } else if let Some(claim) = line.strip_prefix("until ::") {
            question.until = claim.trim().into();
        } else {
            let (name, value) = line.split_once(':').ok_or_else(|| format!("“{line}” is not known in a question"))?;
            let value = markdown::line(value.trim())?;
            match name {
                "ask" => question.ask = value,
                "right" => question.right = value,
                "wrong" => question.wrong = value,
                _ => return Err(format!("{name} is not known in a question")),
            }
        }
    }
    let has_one_kind = question.choices.len() >= 2 && question.until.is_empty()
        || question.choices.is_empty() && !question.until.is_empty();
    if !has_one_kind {
        return Err("a question needs at least two choices, or one line until".into());
    }
    if [&question.ask, &question.right, &question.wrong].into_iter().any(String::is_empty) {
        return Err("a question needs ask, right and wrong".into());
    }
    Ok(question)
}

/// A table of conventions. Each line is a name, its parameter, a factor and a power: the parameter is the factor times ε, to
/// that power.
fn translator(text: &str) -> Result<String, String> {
    let mut rows = String::new();
    for line in lines(text) {
        let [name, parameter, factor, power] = *line.split('|').map(str::trim).collect::<Vec<_>>() else {
            return Err(format!("“{line}” must have four parts between |"));
        };
        let number = |text: &str| text.parse::<f64>().map_err(|_| format!("“{text}” is not a number"));
        let value = (number(factor)? * 0.2).powf(number(power)?);
        rows.push_str(&format!(
            "<tr data-factor=\"{factor}\" data-power=\"{power}\"><th scope=\"row\">{name}</th><td>{parameter}</td><td>{value:.4}</td></tr>"
        ));
    }
    Ok(format!(
        "<table class=\"translator\"><thead><tr><th scope=\"col\">software</th><th scope=\"col\">its parameter</th><th scope=\"col\">value</th></tr></thead><tbody>{rows}</tbody></table>"
    ))
}

fn complete(lesson: &Lesson) -> Result<(), String> {
    let Lesson { number, title, minutes, aim, steps, .. } = lesson;
    if *number == 0 || *minutes == 0 || title.is_empty() || aim.is_empty() {
        return Err("the head needs number, title, minutes and aim".into());
    }
    if title.chars().count() > LONGEST_TITLE {
        return Err(format!("the title has more than {LONGEST_TITLE} characters"));
    }
    if !STEPS.contains(&steps.len()) {
        return Err(format!("it has {} steps; {} to {} are allowed", steps.len(), STEPS.start(), STEPS.end()));
    }
    if steps[0].set.is_none() {
        return Err("the first step needs a block set".into());
    }
    if steps.iter().all(|step| step.question.is_none()) {
        return Err("it asks no question".into());
    }
    match steps.iter().find(|step| step.text.is_empty() && step.question.is_none()) {
        Some(step) => Err(format!("the step “{}” has no text", step.title)),
        None => Ok(()),
    }
}
