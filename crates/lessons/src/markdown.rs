//! Markdown as HTML, with formulas in TeX as MathML.

use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, html};
use pulldown_latex::config::{DisplayMode, RenderConfig};
use pulldown_latex::{ParserError, Storage, push_mathml};

/// HTML of some paragraphs. Links that begin with ? set a state of the page: they have the class `set`, and lead to it.
pub fn blocks(text: &str) -> Result<String, String> {
    let mut events = vec![];
    for event in Parser::new_ext(text, Options::ENABLE_MATH | Options::ENABLE_TABLES) {
        events.push(match event {
            Event::InlineMath(tex) => Event::InlineHtml(mathml(&tex, DisplayMode::Inline)?.into()),
            Event::DisplayMath(tex) => Event::InlineHtml(mathml(&tex, DisplayMode::Block)?.into()),
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                Event::Start(link(link_type, dest_url, title, id))
            }
            Event::Html(raw) | Event::InlineHtml(raw) => return Err(format!("HTML is not allowed: {raw}")),
            event => event,
        });
    }
    let mut out = String::new();
    html::push_html(&mut out, events.into_iter());
    // Long lines of code scroll by themselves, also by the keyboard.
    Ok(out.trim().replace("<pre>", "<pre tabindex=\"0\">").replace("<a href=\"../?", "<a class=\"set\" href=\"../?"))
}

/// HTML of one line, without a paragraph around it.
pub fn line(text: &str) -> Result<String, String> {
    let html = blocks(text)?;
    let inner = html.strip_prefix("<p>").and_then(|rest| rest.strip_suffix("</p>")).unwrap_or(&html);
    if inner.contains("<p>") { Err(format!("must be one line: {text}")) } else { Ok(inner.to_owned()) }
}

/// Words as a reader counts them: a formula is one.
pub fn words(text: &str) -> usize {
    text.split('$')
        .enumerate()
        .map(|(k, part)| {
            if k % 2 == 1 {
                1
            } else {
                part.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count()
            }
        })
        .sum()
}

/// A link of a lesson leads to the page, which is one folder up.
fn link<'a>(link_type: LinkType, address: CowStr<'a>, title: CowStr<'a>, id: CowStr<'a>) -> Tag<'a> {
    let dest_url = if address.starts_with('?') { format!("../{address}").into() } else { address };
    Tag::Link { link_type, dest_url, title, id }
}

/// Markup with its formulas, TeX in `$…$` and `$$…$$`, as MathML.
///
/// # Errors
/// What is wrong with a formula, as a sentence.
pub fn typeset(markup: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = markup;
    while let Some((before, formula)) = rest.split_once('$') {
        out.push_str(before);
        let (mark, mode, formula) = match formula.strip_prefix('$') {
            Some(formula) => ("$$", DisplayMode::Block, formula),
            None => ("$", DisplayMode::Inline, formula),
        };
        let (tex, after) = formula.split_once(mark).ok_or_else(|| format!("the formula {formula} has no end"))?;
        out.push_str(&mathml(tex, mode)?);
        rest = after;
    }
    out.push_str(rest);
    // It is the default.
    Ok(out.replace("<math display=\"inline\">", "<math>"))
}

fn mathml(tex: &str, display_mode: DisplayMode) -> Result<String, String> {
    let storage = Storage::new();
    let events: Result<Vec<_>, ParserError> = pulldown_latex::Parser::new(tex, &storage).collect();
    let events = events.map_err(|error| format!("the formula {tex} is not understood: {error}"))?;
    let mut out = String::new();
    let config = RenderConfig { display_mode, ..RenderConfig::default() };
    push_mathml(&mut out, events.into_iter().map(Ok::<_, ParserError>), config).map_err(|error| error.to_string())?;
    // A space between two attributes is missing in version 0.8.
    Ok(out.replace("\"minsize", "\" minsize"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_mathml_and_links_lead_to_the_page() {
        let html = blocks("At $t = 0$: [ε = 2](?epsilon=2).").expect("it is right");
        assert!(html.contains("<math display=\"inline\"><mi>t</mi>"), "{html}");
        assert!(html.contains("<a class=\"set\" href=\"../?epsilon=2\">ε = 2</a>"), "{html}");
        assert_eq!(line("*a* $b$").expect("it is right"), "<em>a</em> <math display=\"inline\"><mi>b</mi></math>");
    }

    #[test]
    fn formulas_in_markup_become_mathml() {
        assert_eq!(typeset("<b>$t$</b> is").expect("it is right"), "<b><math><mi>t</mi></math></b> is");
        assert!(typeset("$$t$$").expect("it is right").starts_with("<math display=\"block\">"));
        assert_eq!(typeset("none").expect("it is right"), "none");
        assert!(typeset("$t").expect_err("it has no end").contains("no end"));
        assert!(typeset(r"$\foo$").is_err());
    }

    #[test]
    fn markup_and_unknown_commands_are_refused() {
        assert!(blocks("<script>alert(1)</script>").is_err());
        assert!(blocks(r"$\foo$").expect_err("there is no such command").contains(r"\foo"));
    }

    #[test]
    fn a_formula_counts_as_one_word() {
        assert_eq!(words("the density $\\rho_t = e^{a + b}$ at – once"), 5);
    }
}
