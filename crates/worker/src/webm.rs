//! The duration of a recorded WebM film, which browsers leave out: without it players cannot be wound, and some programs
//! refuse the film.
//!
//! A file is a tree of elements: an identifier of 1 to 4 bytes, a size of 1 to 8, and the content. The first bits of
//! both numbers say how many bytes they have.

const HEADER: u32 = 0x1A45_DFA3;
const SEGMENT: u32 = 0x1853_8067;
/// Places of other elements in the segment, which would be wrong after a change.
const SEEK_HEAD: u32 = 0x114D_9B74;
const INFO: u32 = 0x1549_A966;
const TIMESTAMP_SCALE: u32 = 0x002A_D7B1;
const DURATION: u32 = 0x4489;
/// Nanoseconds of a unit of time, where the file does not say otherwise.
const SCALE: u64 = 1_000_000;
/// A size that is not known: the element goes on to the end of the file.
const UNKNOWN: [u8; 8] = [0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];

/// An element: its identifier, and where its content is.
struct Element {
    id: u32,
    start: usize,
    end: usize,
}

/// A film of this many milliseconds with its duration; none if the file is not one that a browser recorded.
pub fn with_duration(film: &[u8], milliseconds: f64) -> Option<Vec<u8>> {
    let header = element(film, 0).filter(|header| header.id == HEADER)?;
    let segment = element(film, header.end).filter(|segment| segment.id == SEGMENT)?;
    let mut place = segment.start;
    let mut kept = vec![];
    loop {
        let child = element(film, place)?;
        match child.id {
            INFO => {
                let info = &film[child.start..child.end];
                let mut written = film[..header.end].to_vec();
                written.extend(SEGMENT.to_be_bytes());
                written.extend(UNKNOWN);
                written.append(&mut kept);
                written.extend(with_duration_in(info, milliseconds)?);
                written.extend(&film[child.end..]);
                return Some(written);
            }
            SEEK_HEAD => {}
            _ => kept.extend(&film[place..child.end]),
        }
        place = child.end;
    }
}

/// The element of that content, with a duration.
fn with_duration_in(info: &[u8], milliseconds: f64) -> Option<Vec<u8>> {
    let (mut scale, mut content, mut place) = (SCALE, vec![], 0);
    while place < info.len() {
        let child = element(info, place)?;
        if child.id == TIMESTAMP_SCALE {
            scale = info[child.start..child.end].iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        }
        if child.id != DURATION {
            content.extend(&info[place..child.end]);
        }
        place = child.end;
    }
    let duration = milliseconds * 1e6 / scale as f64;
    if !duration.is_finite() {
        return None;
    }
    content.extend([0x44, 0x89, 0x88]);
    content.extend(duration.to_be_bytes());
    let mut size = (content.len() as u64).to_be_bytes();
    size[0] = 0x01;
    Some([&INFO.to_be_bytes()[..], &size, &content].concat())
}

/// The element that begins at a place; one of unknown size ends with the file.
fn element(file: &[u8], place: usize) -> Option<Element> {
    let (id, place) = number(file, place, 4)?;
    let length = file.get(place)?.leading_zeros() + 1;
    let (size, start) = number(file, place, 8)?;
    let marker = 1u64 << (7 * length);
    let size = size & (marker - 1);
    let end = if size == marker - 1 { file.len() } else { start.checked_add(usize::try_from(size).ok()?)? };
    (end <= file.len()).then_some(Element { id: u32::try_from(id).ok()?, start, end })
}

/// A number of at most `most` bytes with its marker bit, and the place after it.
fn number(file: &[u8], place: usize, most: u32) -> Option<(u64, usize)> {
    let length = file.get(place)?.leading_zeros() + 1;
    let end = place + length as usize;
    let bytes = file.get(place..end).filter(|_| length <= most)?;
    Some((bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)), end))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file as browsers record it: header, a segment of unknown size, information, and a cluster.
    fn film(info: &[u8]) -> Vec<u8> {
        let mut film = vec![0x1A, 0x45, 0xDF, 0xA3, 0x83, 1, 2, 3, 0x18, 0x53, 0x80, 0x67];
        film.extend(UNKNOWN);
        film.extend([0x11, 0x4D, 0x9B, 0x74, 0x82, 9, 9]);
        film.extend([0x15, 0x49, 0xA9, 0x66, 0x80 | info.len() as u8]);
        film.extend(info);
        film.extend([0x1F, 0x43, 0xB6, 0x75, 0x81, 7]);
        film
    }

    #[test]
    fn a_duration_is_added_or_replaced() {
        let scale = [0x2A, 0xD7, 0xB1, 0x83, 0x0F, 0x42, 0x40];
        for before in [vec![], vec![0x44, 0x89, 0x84, 0, 0, 0, 0]] {
            let timed = with_duration(&film(&[&scale[..], &before].concat()), 6000.0).expect("a film");
            let mut expected = vec![0x1A, 0x45, 0xDF, 0xA3, 0x83, 1, 2, 3, 0x18, 0x53, 0x80, 0x67];
            expected.extend(UNKNOWN);
            expected.extend([0x15, 0x49, 0xA9, 0x66, 0x01, 0, 0, 0, 0, 0, 0, 18]);
            expected.extend(scale);
            expected.extend([0x44, 0x89, 0x88]);
            expected.extend(6000f64.to_be_bytes());
            expected.extend([0x1F, 0x43, 0xB6, 0x75, 0x81, 7]);
            assert_eq!(timed, expected);
            assert_eq!(with_duration(&timed, 6000.0).as_ref(), Some(&timed), "once more changes nothing");
        }
    }

    #[test]
    fn what_is_no_film_is_left_alone() {
        let whole = film(&[0x2A, 0xD7, 0xB1, 0x81, 1]);
        assert!(with_duration(&whole, f64::NAN).is_none());
        for end in 0..28 {
            assert!(with_duration(&whole[..end], 1.0).is_none(), "{end} bytes");
        }
        for first in 0..=255 {
            _ = with_duration(&[&[first][..], &whole[1..]].concat(), 1.0);
            _ = with_duration(&[&whole[..24], &[first], &whole[25..]].concat(), 1.0);
        }
    }
}
