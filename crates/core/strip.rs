//! Texts of shaders for the browser. Used by the build script, and by the tests.

/// A line without its comment, its indentation and the blanks that separate nothing. There are no strings in WGSL.
pub fn strip(line: &str) -> String {
    let line = line.split("//").next().unwrap_or_default().trim();
    let mut stripped = String::new();
    let mut before = None;
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.');
        let (after, minus) = (rest.peek().copied(), Some('-'));
        let separates = is_word(before) && is_word(after) || before == minus && after == minus;
        if c != ' ' || separates {
            stripped.push(c);
            before = Some(c);
        }
    }
    stripped
}
