//! Reads the arrays of NumPy's `.npz`: a ZIP archive of `.npy` files, stored or deflated.
//!
//! The usual library is made for every kind of ZIP archive; for this kind it is enough to read the directory.

use super::columns::WEIGHTS;
use super::npy::{Array, pairs};
use super::{Fault, Points};
use crc32fast::hash;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use std::borrow::Cow;

pub const MAGIC: &[u8] = b"PK\x03\x04";

/// Most bytes that are unpacked, of all arrays together.
const MOST_BYTES: usize = 64_000_000;

const DIRECTORY_END: &[u8] = b"PK\x05\x06";
const DIRECTORY_ENTRY: &[u8] = b"PK\x01\x02";

/// A file of the archive, as its directory says.
struct Entry<'b> {
    name: &'b str,
    method: u16,
    checksum: u32,
    size: usize,
    packed: &'b [u8],
}

/// The points of a `.npz` file: arrays x and y, or one of two columns; and their weights, if there are any.
pub fn read<'b>(bytes: &'b [u8]) -> Result<Points, Fault> {
    let entries = directory(bytes).ok_or_else(damaged)?;
    if entries.is_empty() {
        return Err(Fault::file("is an archive without NumPy's arrays: save a workbook as CSV"));
    }
    let find = |name: &str| entries.iter().find(|entry| entry.name == name);
    let mut left = MOST_BYTES;
    let mut unpack = |entry: &Entry<'b>| entry.unpack(&mut left);
    let weight = entries.iter().find(|entry| WEIGHTS.contains(&entry.name));
    let weights = weight.map(&mut unpack).transpose()?;
    let weights = weights.as_deref().map(Array::new).transpose()?;
    let weights = weight.map(|entry| entry.name).zip(weights.as_ref());
    for names in [["x", "y"], ["X", "Y"]] {
        if let [Some(x), Some(y)] = names.map(find) {
            let [x, y] = [unpack(x)?, unpack(y)?];
            return pairs(names, [&Array::new(&x)?, &Array::new(&y)?], weights);
        }
    }
    let others: Vec<&Entry<'_>> = entries.iter().filter(|entry| !WEIGHTS.contains(&entry.name)).collect();
    let known = ["points", "X", "data", "arr_0"].into_iter().find_map(find);
    if let Some(entry) = known.or(if let [entry] = others[..] { Some(entry) } else { None }) {
        return Array::new(&unpack(entry)?)?.points(weights);
    }
    let mut points = None;
    for entry in others {
        let file = unpack(entry)?;
        if Array::new(&file).is_ok_and(|array| array.is_points()) && points.replace(file).is_some() {
            return Err(Fault::file("has several arrays of two columns: name one of them points"));
        }
    }
    let file = points.ok_or_else(|| Fault::file("has neither arrays x and y nor one array of two columns"))?;
    Array::new(&file)?.points(weights)
}

impl<'b> Entry<'b> {
    /// The unpacked file. Its size is subtracted from `left`, the number of bytes that may still be unpacked.
    fn unpack(&self, left: &mut usize) -> Result<Cow<'b, [u8]>, Fault> {
        if self.size > *left {
            return Err(Fault::file(format!("has arrays of more than {} MB", MOST_BYTES / 1_000_000)));
        }
        *left -= self.size;
        let file: Cow<'b, [u8]> = match self.method {
            0 => self.packed.into(),
            8 => decompress_to_vec_with_limit(self.packed, self.size).map_err(|_| damaged())?.into(),
            _ => return Err(Fault::file("is packed in a way that NumPy does not use")),
        };
        if hash(&file) != self.checksum { Err(damaged()) } else { Ok(file) }
    }
}

fn damaged() -> Fault {
    Fault::file("is no complete archive of NumPy's arrays")
}

/// The `.npy` files that the directory at the end lists.
fn directory(bytes: &[u8]) -> Option<Vec<Entry<'_>>> {
    // A comment may follow the end of the directory.
    const END_LENGTH: usize = 22;
    let earliest = bytes.len().saturating_sub(END_LENGTH + usize::from(u16::MAX));
    let last = bytes.len().checked_sub(END_LENGTH)?;
    let end = (earliest..=last).rev().find(|&place| bytes[place..].starts_with(DIRECTORY_END))?;
    let mut at = long(bytes, end + 16)?;
    let mut entries = vec![];
    while bytes.get(at..)?.starts_with(DIRECTORY_ENTRY) {
        let [method, name, extra, comment] = [10, 28, 30, 32].map(|place| short(bytes, at + place));
        let (name_length, method) = (usize::from(name?), method?);
        let [checksum, packed, size, local] = [16, 20, 24, 42].map(|place| long(bytes, at + place));
        let name = bytes.get(at + 46..)?.get(..name_length)?;
        // The file follows its local header, whose extra field may have another length than the directory's.
        let local = local?;
        let [own_name, own_extra] = [26, 28].map(|place| short(bytes, local.checked_add(place)?));
        let start = local.checked_add(30 + usize::from(own_name?) + usize::from(own_extra?))?;
        let packed = bytes.get(start..)?.get(..packed?)?;
        if let Some(name) = str::from_utf8(name).ok().and_then(|name| name.strip_suffix(".npy")) {
            entries.push(Entry { name, method, checksum: checksum? as u32, size: size?, packed });
        }
        at += 46 + name_length + usize::from(extra?) + usize::from(comment?);
    }
    Some(entries)
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

fn long(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes) as usize)
}
