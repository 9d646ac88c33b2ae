//! Splits text into rows of fields.
//!
//! The usual library neither takes a run of blanks as one separator nor counts blank lines for the line of a row, and
//! reads an unclosed quote to the end of the file.

use std::borrow::Cow;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    Character(u8),
    /// A run of blanks and tabs.
    Blanks,
}

/// Most fields of a row; no file of points has as many. Of a longer row one field more is read, so that it is noticed.
pub const MOST_FIELDS: usize = 1000;

/// A reader of rows, at its position. It skips blank lines, lines of empty fields and those that begin with #.
#[derive(Clone, Debug)]
pub struct Rows<'t> {
    text: &'t str,
    at: usize,
    line: usize,
    separator: Separator,
    /// Quotes before this position are ordinary characters: they belong to a field whose quote is never closed, or
    /// closed before the end of the field.
    plain_until: usize,
}

impl<'t> Rows<'t> {
    /// From byte `at` of the text, which begins line number `line`.
    pub fn new(text: &'t str, at: usize, line: usize, separator: Separator) -> Self {
        Self { text, at, line, separator, plain_until: 0 }
    }

    pub fn separator(&self) -> Separator {
        self.separator
    }

    /// Reads the fields of the next row, without blanks around them, and returns its line.
    pub fn next(&mut self, fields: &mut Vec<Cow<'t, str>>) -> Option<usize> {
        loop {
            let line = self.line;
            self.skip_blanks();
            match self.peek()? {
                b'\n' | b'\r' => self.end_line(),
                b'#' => {
                    self.at = self.find(self.at, |byte| matches!(byte, b'\n' | b'\r'));
                    self.end_line();
                }
                _ => {
                    self.row(fields);
                    if fields.iter().any(|field| !field.is_empty()) {
                        return Some(line);
                    }
                }
            }
        }
    }

    fn row(&mut self, fields: &mut Vec<Cow<'t, str>>) {
        fields.clear();
        loop {
            self.skip_blanks();
            let field = self.quoted().unwrap_or_else(|| self.unquoted());
            if fields.len() <= MOST_FIELDS {
                fields.push(field);
            }
            self.skip_blanks();
            match (self.peek(), self.separator) {
                (None | Some(b'\n' | b'\r'), _) => return self.end_line(),
                (_, Separator::Character(_)) => self.at += 1,
                (_, Separator::Blanks) => {}
            }
        }
    }

    /// A field in quotes, in which two quotes stand for one. None if no separator follows the closing quote.
    fn quoted(&mut self) -> Option<Cow<'t, str>> {
        if self.peek() != Some(b'"') || self.at < self.plain_until {
            return None;
        }
        let (bytes, start) = (self.text.as_bytes(), self.at + 1);
        let (mut end, mut has_quotes) = (start, false);
        loop {
            end = self.find(end, |byte| byte == b'"');
            match bytes.get(end + 1) {
                Some(b'"') => (end, has_quotes) = (end + 2, true),
                _ => break,
            }
        }
        let after = self.find(end + 1, |byte| !self.is_blank(byte));
        let is_closed = end < bytes.len()
            && match (bytes.get(after), self.separator) {
                (None | Some(b'\n' | b'\r'), _) => true,
                (Some(&byte), Separator::Character(separator)) => byte == separator,
                (_, Separator::Blanks) => after > end + 1,
            };
        if !is_closed {
            self.plain_until = end;
            return None;
        }
        let field = &self.text[start..end];
        let inside = field.as_bytes();
        self.line += (0..inside.len())
            .filter(|&k| inside[k] == b'\n' || inside[k] == b'\r' && inside.get(k + 1) != Some(&b'\n'))
            .count();
        self.at = after;
        let field = field.trim();
        Some(if has_quotes { field.replace("\"\"", "\"").into() } else { field.into() })
    }

    fn unquoted(&mut self) -> Cow<'t, str> {
        let start = self.at;
        self.at = self.find(start, |byte| match self.separator {
            Separator::Character(separator) => byte == separator || matches!(byte, b'\n' | b'\r'),
            Separator::Blanks => matches!(byte, b' ' | b'\t' | b'\n' | b'\r'),
        });
        self.text[start..self.at].trim().into()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The first position from `from` on whose byte satisfies `is_it`, or the end of the text.
    fn find(&self, from: usize, is_it: impl Fn(u8) -> bool) -> usize {
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        rest.iter().position(|&byte| is_it(byte)).map_or(self.text.len(), |k| from + k)
    }

    fn is_blank(&self, byte: u8) -> bool {
        matches!(byte, b' ' | b'\t') && self.separator != Separator::Character(byte)
    }

    fn skip_blanks(&mut self) {
        self.at = self.find(self.at, |byte| !self.is_blank(byte));
    }

    fn end_line(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += if rest.starts_with(b"\r\n") { 2 } else { usize::from(!rest.is_empty()) };
        self.line += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, separator: Separator) -> Vec<(usize, Vec<String>)> {
        let (mut rows, mut fields, mut read) = (Rows::new(text, 0, 1, separator), vec![], vec![]);
        while let Some(line) = rows.next(&mut fields) {
            read.push((line, fields.iter().map(|field| field.to_string()).collect()));
        }
        read
    }

    #[test]
    fn lines_end_as_on_any_system() {
        let expected = vec![(1, vec!["1".into(), "2".into()]), (4, vec!["3".into(), "4".into()])];
        for end in ["\n", "\r\n", "\r"] {
            let text = ["1,2", "", "# 5,6", "3 , 4", " ,", ""].join(end);
            assert_eq!(rows(&text, Separator::Character(b',')), expected, "{end:?}");
        }
    }

    #[test]
    fn quotes_hold_what_would_separate() {
        let text = "\"1,5\",\"a \"\"b\"\"\nc\"\n5\" pipe,\"open\n\"2\",x\n\"never";
        let expected: [(usize, &[&str]); 4] =
            [(1, &["1,5", "a \"b\"\nc"]), (3, &["5\" pipe", "\"open"]), (4, &["2", "x"]), (5, &["\"never"])];
        let expected = expected.map(|(line, row)| (line, row.iter().map(|field| field.to_string()).collect()));
        assert_eq!(rows(text, Separator::Character(b',')), expected);
    }

    #[test]
    fn a_run_of_blanks_is_one_separator() {
        let expected = vec![(1, ["1", "2", "a b"].map(String::from).to_vec())];
        assert_eq!(rows("  1 \t  2   \"a b\"  \n", Separator::Blanks), expected);
        assert_eq!(rows("\t1\t\t2\n", Separator::Character(b'\t'))[0].1, ["", "1", "", "2"]);
    }
}
