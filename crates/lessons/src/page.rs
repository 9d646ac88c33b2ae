//! Lessons as pages. They have no script, and what the page of Flowsketch needs to show them step by step is in attributes.

use crate::{Lesson, Line, Question, Set, Step};

/// The page of a lesson; `next` is the lesson after it.
pub fn page(lesson: &Lesson, next: Option<&Lesson>) -> String {
    let Lesson { name, number, title, minutes, aim, steps, for_teachers, .. } = lesson;
    let steps: String = steps.iter().enumerate().map(|(k, step)| section(name, k + 1, step)).collect();
    let onward = next.map_or(String::new(), |next| {
        format!(
            "<p class=\"next\">Next: <a rel=\"next\" href=\"{}.html\">{}. {}</a></p>",
            next.name,
            next.number,
            escaped(&next.title)
        )
    });
    let body = format!(
        "<p class=\"above\"><a href=\"index.html\">All lessons</a></p>\n<h1>{number}. {}</h1>\n<p class=\"aim\">{aim}</p>\n\
         <p class=\"facts\">{minutes} minutes, {} steps. <a href=\"../?lesson={name}\">Beside the moving flow</a></p>\n{steps}\
         <section class=\"teachers\"><details><summary>For teachers: questions and exercises</summary>\n{for_teachers}</details></section>\n{onward}\n",
        escaped(title),
        lesson.steps.len(),
    );
    document(&format!("{number}. {title}"), &body)
}

/// The list of all lessons.
pub fn index(lessons: &[Lesson]) -> String {
    let rows: String = lessons.iter().map(row).collect();
    let body = format!(
        "<p class=\"above\"><a href=\"../\">Flowsketch</a></p>\n<h1>Lessons</h1>\n<p>Entropic optimal transport, step by step, beside a flow \
         that you can change. What their steps say of a flow in numbers is computed and tested.</p>\n<ol class=\"lessons\">\n{rows}</ol>\n"
    );
    document("Lessons", &body)
}

fn row(Lesson { name, title, minutes, aim, .. }: &Lesson) -> String {
    format!(
        "<li data-lesson=\"{name}\"><a href=\"{name}.html\">{}</a> <small>{minutes} min</small><p>{aim}</p></li>\n",
        escaped(title)
    )
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{} - Flowsketch</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'self'; img-src data:\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"lessons.css\">\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escaped(title)
    )
}

fn section(name: &str, number: usize, step: &Step) -> String {
    let Step { title, set, text, watched, question, line, formulas, .. } = step;
    let set = set.as_ref().map_or(String::new(), attributes);
    let watched =
        if watched.is_empty() { String::new() } else { format!(" data-watched=\"{}\"", escaped(&watched.join("; "))) };
    let question = question.as_ref().map_or(String::new(), asked);
    let line = line.as_ref().map_or(String::new(), figure);
    let formulas = match formulas.as_str() {
        "" => String::new(),
        html => format!("<details class=\"formulas\"><summary>In formulas</summary>{html}</details>\n"),
    };
    format!(
        "<section class=\"step\" id=\"step-{number}\"{set}{watched}>\n<h2>{}</h2>\n{text}\n{line}{question}{formulas}\
         <p class=\"open\"><a href=\"../?lesson={name}&amp;step={number}\">Show this step on the page</a></p>\n</section>\n",
        escaped(title)
    )
}

fn attributes(Set { link, drawing, show, trains }: &Set) -> String {
    let mut out = format!(" data-link=\"{}\"", escaped(link));
    let also = [("drawing", drawing.as_str()), ("show", show), ("train", if *trains { "" } else { "off" })];
    for (name, value) in also.into_iter().filter(|(_, value)| !value.is_empty()) {
        out.push_str(&format!(" data-{name}=\"{}\"", escaped(value)));
    }
    out
}

/// Without a program it has only its caption.
fn figure(Line { source, by_half_steps, printed, caption }: &Line) -> String {
    let mut attributes = format!(" data-line=\"{}\"", escaped(source));
    if *by_half_steps {
        attributes.push_str(" data-half-steps");
    }
    if !printed.is_empty() {
        attributes.push_str(&format!(" data-printed=\"{printed}\""));
    }
    format!("<figure class=\"line\"{attributes}><figcaption>{caption}</figcaption></figure>\n")
}

fn asked(Question { ask, choices, until, right, wrong }: &Question) -> String {
    let choice = |(words, claim): &(String, String)| format!("<li data-claim=\"{}\">{words}</li>", escaped(claim));
    let rows: String = choices.iter().map(choice).collect();
    let [until, list] = match until.as_str() {
        "" => [String::new(), format!("<ul class=\"choices\">{rows}</ul>")],
        claim => [format!(" data-until=\"{}\"", escaped(claim)), String::new()],
    };
    format!(
        "<div class=\"question\"{until}><p class=\"ask\">{ask}</p>{list}<details class=\"answer\"><summary>Answer</summary>\
         <p class=\"right\">{right}</p><p class=\"wrong\" hidden>{wrong}</p></details></div>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
