//! Bytes to text.

use std::borrow::Cow;

/// UTF-8 or UTF-16, recognised by a byte order mark or by the bytes; anything else is taken as Windows-1252, which
/// Excel writes in Western Europe.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => single_bytes(rest),
        _ => match zeros(bytes) {
            [false, true] => utf16(bytes, u16::from_le_bytes),
            [true, false] => utf16(bytes, u16::from_be_bytes),
            _ => single_bytes(bytes),
        },
    }
}

/// Whether most bytes at even places are 0, and at odd places. In UTF-16 the upper byte of an ASCII character is 0, and
/// numbers are ASCII.
fn zeros(bytes: &[u8]) -> [bool; 2] {
    let pairs = &bytes.as_chunks::<2>().0;
    let pairs = &pairs[..pairs.len().min(2048)];
    [0, 1].map(|place| 2 * pairs.iter().filter(|pair| pair[place] == 0).count() > pairs.len())
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Cow<'_, str> {
    let units = bytes.as_chunks::<2>().0.iter().map(|&pair| unit(pair));
    char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

fn single_bytes(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().map(|&byte| windows_1252(byte)).collect(),
    }
}

/// The 32 letters where Windows-1252 differs from Latin-1; written out, because a library of all encodings is several
/// hundred kB. The five undefined bytes are read as in Latin-1.
fn windows_1252(byte: u8) -> char {
    const LETTERS: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', //
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..0xa0 => LETTERS[usize::from(byte) - 0x80],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_encoding_gives_the_same_text() {
        let text = "x (µm)\t“y”\n1\t2\n";
        let units: Vec<u16> = text.encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            [b"\xff\xfe", &little[..]].concat(),
            [b"\xfe\xff", &big[..]].concat(),
            little,
            big,
            b"x (\xb5m)\t\x93y\x94\n1\t2\n".to_vec(),
        ] {
            assert_eq!(decode(&bytes), text, "{bytes:?}");
        }
    }
}
