//! What separates the fields of a text.

use super::number::{Spelling, spelling};
use super::rows::{Rows, Separator};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Of equally good candidates the first is taken.
const CANDIDATES: [Separator; 5] = [
    Separator::Character(b'\t'),
    Separator::Character(b';'),
    Separator::Character(b'|'),
    Separator::Character(b','),
    Separator::Blanks,
];

/// Bytes of the text that are looked at.
const SAMPLE: usize = 1 << 17;

/// The rows of a text, and whether its first line names the separator.
pub fn recognise(text: &str) -> (Rows<'_>, bool) {
    if let Some((at, separator)) = said(text) {
        return (Rows::new(text, at, 2, separator), true);
    }
    let sample = match text.floor_char_boundary(SAMPLE) {
        end if end < text.len() => text[..end].rfind(['\n', '\r']).map_or(&text[..end], |last| &text[..last]),
        _ => text,
    };
    // `max_by_key` returns the last of equal candidates, hence the reversed order.
    let separator = CANDIDATES.into_iter().rev().max_by_key(|&separator| fitness(sample, separator));
    (Rows::new(text, 0, 1, separator.unwrap_or(Separator::Blanks)), false)
}

/// The separator that a first line such as `sep=;` names, which is meant for Excel; and where the next line begins.
fn said(text: &str) -> Option<(usize, Separator)> {
    let end = text.find(['\n', '\r']).unwrap_or(text.len());
    let line = text[..end].trim_matches('"');
    let (key, separator) = line.split_at_checked(4)?;
    let &[separator] = separator.as_bytes() else { return None };
    let next = if text[end..].starts_with("\r\n") { end + 2 } else { (end + 1).min(text.len()) };
    let separator = if separator == b' ' { Separator::Blanks } else { Separator::Character(separator) };
    key.eq_ignore_ascii_case("sep=").then_some((next, separator))
}

/// How many rows have the same number of fields and at least two numbers, and among equals the fewest fields of text;
/// if there are no such rows, how many rows have a number at all.
fn fitness(text: &str, separator: Separator) -> impl Ord + use<> {
    let (mut rows, mut fields) = (Rows::new(text, 0, 1, separator), vec![]);
    // For each number of fields: the rows that have it, and their fields of text.
    let mut by_width = BTreeMap::<usize, (usize, Reverse<usize>)>::new();
    let mut with_a_number = 0;
    while rows.next(&mut fields).is_some() {
        let count = |wanted: fn(&Spelling) -> bool| fields.iter().map(|f| spelling(f)).filter(wanted).count();
        let numbers = count(|spelling| matches!(spelling, Spelling::Number { .. }));
        with_a_number += usize::from(numbers > 0 && fields.len() > 1);
        if numbers > 1 {
            let (rows, Reverse(texts)) = by_width.entry(fields.len()).or_default();
            *rows += 1;
            *texts += count(|spelling| *spelling == Spelling::Text);
        }
    }
    (by_width.into_values().max(), with_a_number)
}
