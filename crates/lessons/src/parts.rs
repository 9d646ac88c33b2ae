//! The lines of a lesson's file: its head, and its body as headings, texts and blocks.

/// A part of the body, with the number of its first line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part<'a> {
    /// The title of a step.
    Step(&'a str),
    /// The heading before the part for teachers.
    Teachers,
    /// Markdown.
    Text(&'a str),
    /// What is between ~~~ and ~~~, by its name.
    Block(&'a str, &'a str),
}

/// The head, without its marks, and the body.
pub fn head(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("---\n")?.split_once("\n---\n")
}

/// `name: value` lines.
pub fn pairs(text: &str) -> impl Iterator<Item = Result<(&str, &str), String>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| {
        let pair = line.split_once(':').map(|(name, value)| (name.trim(), value.trim()));
        pair.ok_or_else(|| format!("“{line}” must be a name, a colon and a value"))
    })
}

/// The parts of a body, in their order; a text is what is between two others, without blanks around it.
pub fn parts(body: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = vec![];
    let (mut text_from, mut at, mut code) = (0, 0, false);
    let mut lines = body.split_inclusive('\n');
    while let Some(line) = lines.next() {
        let (start, end) = (at, at + line.len());
        at = end;
        let bare = line.trim_end();
        if bare.starts_with("```") {
            code = !code;
        }
        let heading = if code { None } else { heading(bare) };
        let block = bare.strip_prefix("~~~").filter(|_| !code);
        if heading.is_none() && block.is_none() {
            continue;
        }
        push(&mut parts, &body[text_from..start]);
        if let Some(heading) = heading {
            parts.push(heading);
        }
        if let Some(name) = block {
            let from = at;
            loop {
                let line = lines.next().ok_or_else(|| format!("the block ~~~{name} has no end"))?;
                at += line.len();
                if line.trim_end() == "~~~" {
                    parts.push(Part::Block(name.trim(), &body[from..at - line.len()]));
                    break;
                }
            }
        }
        text_from = at;
    }
    push(&mut parts, &body[text_from..]);
    Ok(parts)
}

fn push<'a>(parts: &mut Vec<Part<'a>>, text: &'a str) {
    let text = text.trim();
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
}

fn heading(line: &str) -> Option<Part<'_>> {
    if line == "# For teachers" {
        Some(Part::Teachers)
    } else {
        line.strip_prefix("## ").map(|title| Part::Step(title.trim()))
    }
}
