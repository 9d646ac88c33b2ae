//! Numbers as people and programs write them.

use flowsketch_core::decimal;
use std::borrow::Cow;

/// The decimal mark; the other of the two may group thousands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Point,
    Comma,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    Missing,
    Text,
    /// Whether it is a number with a decimal point, and with a decimal comma: 1,234 is both, 1,5 only the second.
    Number {
        point: bool,
        comma: bool,
    },
}

/// How a missing value is written, in lower case. Infinities count as missing.
const MISSING: [&str; 13] = ["", "nan", "na", "n/a", "#n/a", "<na>", "null", "none", "-", ".", "inf", "+inf", "-inf"];

pub fn spelling(field: &str) -> Spelling {
    if MISSING.iter().any(|missing| missing.eq_ignore_ascii_case(field)) {
        return Spelling::Missing;
    }
    let text = plain(field);
    match [Mark::Point, Mark::Comma].map(|mark| is_number(&text, mark)) {
        [false, false] => Spelling::Text,
        [point, comma] => Spelling::Number { point, comma },
    }
}

/// The finite number that is written in `field`.
pub fn value(field: &str, mark: Mark) -> Option<f64> {
    let text = plain(field);
    if !is_number(&text, mark) {
        return None;
    }
    let (decimal, group) = marks(mark);
    let text: String = text
        .chars()
        .filter(|&letter| letter != GROUP && letter != char::from(group))
        .map(|letter| if letter == char::from(decimal) { '.' } else { letter })
        .collect();
    decimal::parse(&text)
}

/// Whether `field` is a whole number without decimal mark or groups.
pub fn is_whole(field: &str) -> bool {
    let digits = field.strip_prefix(['+', '-']).unwrap_or(field);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Groups thousands with either decimal mark, as in Switzerland. The no-break spaces that do so in France are turned
/// into it.
const GROUP: char = '\'';

fn plain(field: &str) -> Cow<'_, str> {
    if field.is_ascii() {
        return field.into();
    }
    let ascii = |letter| match letter {
        '−' => '-',
        '\u{a0}' | '\u{2009}' | '\u{202f}' | '’' => GROUP,
        other => other,
    };
    field.chars().map(ascii).collect()
}

fn marks(mark: Mark) -> (u8, u8) {
    match mark {
        Mark::Point => (b'.', b','),
        Mark::Comma => (b',', b'.'),
    }
}

/// Whether `text` is a number: a sign or none, digits with or without groups of three, decimals, an exponent.
fn is_number(text: &str, mark: Mark) -> bool {
    let (decimal, group) = marks(mark);
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(place) => (&unsigned[..place], Some(&unsigned[place + 1..])),
        None => (unsigned, None),
    };
    let (whole, decimals) = mantissa.split_once(char::from(decimal)).unwrap_or((mantissa, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_grouped = |group: char| {
        let mut groups = whole.split(group);
        let first = groups.next().unwrap_or_default();
        (1..=3).contains(&first.len())
            && all_digits(first)
            && !first.starts_with('0')
            && groups.all(|group| group.len() == 3 && all_digits(group))
    };
    let is_whole = all_digits(whole) || exponent.is_none() && (is_grouped(group.into()) || is_grouped(GROUP));
    let some_digit = !whole.is_empty() || !decimals.is_empty();
    is_whole && some_digit && all_digits(decimals) && exponent.is_none_or(self::is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_value_for_each_mark() {
        for (text, point, comma) in [
            ("5", Some(5.0), Some(5.0)),
            ("-0.5", Some(-0.5), None),
            ("+,5", None, Some(0.5)),
            ("5.", Some(5.0), None),
            ("1,5E-03", None, Some(0.0015)),
            ("1.5e3", Some(1500.0), None),
            ("1,234", Some(1234.0), Some(1.234)),
            ("0,234", None, Some(0.234)),
            ("1234,567", None, Some(1234.567)),
            ("1,234,567", Some(1_234_567.0), None),
            ("1.234,5", None, Some(1234.5)),
            ("1,234.5", Some(1234.5), None),
            ("1'234.5", Some(1234.5), None),
            ("12\u{202f}345,5", None, Some(12345.5)),
            ("−1.5", Some(-1.5), None),
        ] {
            assert_eq!([value(text, Mark::Point), value(text, Mark::Comma)], [point, comma], "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in
            ["", "+", "e5", "1e", "1e5.5", "1 2", "0x10", "1_000", "--1", "1..2", "1,2,3", "one", "infinite", "١"]
        {
            assert_eq!([Mark::Point, Mark::Comma].map(|mark| value(text, mark)), [None; 2], "{text}");
        }
        assert_eq!(value("1e999", Mark::Point), None);
        for text in ["", "NaN", "NA", "N/A", "null", "None", "-", ".", "inf", "-Inf"] {
            assert_eq!(spelling(text), Spelling::Missing, "{text}");
        }
    }
}
