//! Reads an array of NumPy's `.npy` (NEP 1), versions 1 to 3.
//!
//! The usual library depends on a parser of Python, which is too large for the page.

use super::{Fault, Points, collector::collect};

pub const MAGIC: &[u8] = b"\x93NUMPY";

#[derive(Clone, Copy, Debug)]
enum Kind {
    Float,
    Signed,
    Unsigned,
}

/// An array whose values are not decoded yet.
#[derive(Debug)]
pub struct Array<'b> {
    pub shape: Vec<usize>,
    is_fortran: bool,
    kind: Kind,
    /// Bytes of a value.
    size: usize,
    is_big_endian: bool,
    values: &'b [u8],
}

impl<'b> Array<'b> {
    /// Reads the header, and checks that there are as many values as it says.
    pub fn new(bytes: &'b [u8]) -> Result<Self, Fault> {
        let (header, values) = split(bytes).ok_or_else(ends_early)?;
        let damaged = || Fault::file("has a header that NumPy does not write");
        let header = str::from_utf8(header).map_err(|_| damaged())?;
        let entry = |key: &str| Some(header.split_once(&format!("'{key}':"))?.1.trim_start());
        let text = entry("descr").ok_or_else(damaged)?;
        let text = text.strip_prefix('\'').and_then(|text| text.split_once('\'')).map_or("", |(text, _)| text);
        let is_fortran = entry("fortran_order").ok_or_else(damaged)?.starts_with("True");
        let shape = entry("shape").and_then(|text| text.strip_prefix('(')?.split_once(')')).ok_or_else(damaged)?.0;
        let lengths = shape.split(',').map(str::trim).filter(|length| !length.is_empty());
        let shape = lengths.map(|length| length.parse().ok()).collect::<Option<Vec<usize>>>().ok_or_else(damaged)?;
        let (kind, size): (Kind, usize) = match text.trim_start_matches(['<', '>', '|', '=']) {
            "f4" => (Kind::Float, 4),
            "f8" => (Kind::Float, 8),
            "i1" => (Kind::Signed, 1),
            "i2" => (Kind::Signed, 2),
            "i4" => (Kind::Signed, 4),
            "i8" => (Kind::Signed, 8),
            "u1" => (Kind::Unsigned, 1),
            "u2" => (Kind::Unsigned, 2),
            "u4" => (Kind::Unsigned, 4),
            "u8" => (Kind::Unsigned, 8),
            _ => return Err(Fault::file("holds neither float32, float64 nor integers: convert it by astype(float)")),
        };
        let length = shape.iter().try_fold(size, |product: usize, &length| product.checked_mul(length));
        let values = length.and_then(|length| values.get(..length)).ok_or_else(ends_early)?;
        Ok(Self { shape, is_fortran, kind, size, is_big_endian: text.starts_with('>'), values })
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        self.values.len() / self.size
    }

    /// The value at index `place` in the order of the file, if it is finite.
    pub fn value(&self, place: usize) -> Option<f64> {
        let bytes = &self.values[self.size * place..][..self.size];
        // Byte k, counted from the most significant one.
        let byte = |k: usize| bytes[if self.is_big_endian { k } else { self.size - 1 - k }];
        let bits = (0..self.size).fold(0, |bits, k| bits << 8 | u64::from(byte(k)));
        let unused = 64 - 8 * self.size;
        let value = match (self.kind, self.size) {
            (Kind::Float, 4) => f64::from(f32::from_bits(bits as u32)),
            (Kind::Float, _) => f64::from_bits(bits),
            (Kind::Signed, _) => ((bits << unused) as i64 >> unused) as f64,
            (Kind::Unsigned, _) => bits as f64,
        };
        value.is_finite().then_some(value)
    }

    /// Whether it has the shape of points, one in each row or one in each column.
    pub fn is_points(&self) -> bool {
        matches!(self.shape[..], [_, 2] | [2, _])
    }

    /// Its points, with the weight of each if there are `weights`.
    pub fn points(&self, weights: Option<(&str, &Array<'_>)>) -> Result<Points, Fault> {
        let (count, is_by_rows) = match self.shape[..] {
            [count, 2] => (count, true),
            [2, count] => (count, false),
            [_, columns] if columns > 2 => {
                return Err(Fault::file(format!(
                    "has {columns} columns where points have two; save weights beside them, by numpy.savez as points and w"
                )));
            }
            _ => return Err(Fault::file("is no array of two columns")),
        };
        let is_interleaved = is_by_rows != self.is_fortran;
        let places = |k: usize| if is_interleaved { [2 * k, 2 * k + 1] } else { [k, count + k] };
        let columns = ["1", "2"].into_iter().chain(weights.map(|(name, _)| name)).map(String::from).collect();
        of_arrays(columns, count, |k| places(k).map(|place| self.value(place)), weights.map(|(_, weights)| weights))
    }
}

/// The points whose x and y are the arrays `x` and `y`.
pub fn pairs(names: [&str; 2], [x, y]: [&Array<'_>; 2], weights: Option<(&str, &Array<'_>)>) -> Result<Points, Fault> {
    let is_vector = |array: &Array<'_>| array.shape.iter().filter(|&&length| length != 1).count() < 2;
    if !is_vector(x) || !is_vector(y) || x.len() != y.len() {
        return Err(Fault::file(format!(
            "has arrays {} and {} that are not vectors of one length",
            names[0], names[1]
        )));
    }
    let columns = names.into_iter().chain(weights.map(|(name, _)| name)).map(String::from).collect();
    of_arrays(columns, x.len(), |k| [x.value(k), y.value(k)], weights.map(|(_, weights)| weights))
}

fn of_arrays(
    columns: Vec<String>,
    count: usize,
    point: impl Fn(usize) -> [Option<f64>; 2],
    weights: Option<&Array<'_>>,
) -> Result<Points, Fault> {
    if weights.is_some_and(|weights| weights.len() != count) {
        return Err(Fault::file("has not as many weights as points"));
    }
    collect(columns, |collector| {
        (0..count).try_for_each(|k| {
            let [x, y] = point(k);
            collector.take(k + 1, [x, y, weights.map_or(Some(1.0), |weights| weights.value(k))])
        })
    })
}

/// The points of a `.npy` file.
pub fn read(bytes: &[u8]) -> Result<Points, Fault> {
    Array::new(bytes)?.points(None)
}

fn ends_early() -> Fault {
    Fault::file("ends before its numbers do: it is not complete")
}

/// Header and values.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[version, _], rest) = bytes.strip_prefix(MAGIC)?.split_first_chunk()?;
    let (length, rest) = if version == 1 {
        let (length, rest) = rest.split_first_chunk()?;
        (usize::from(u16::from_le_bytes(*length)), rest)
    } else {
        let (length, rest) = rest.split_first_chunk()?;
        (usize::try_from(u32::from_le_bytes(*length)).ok()?, rest)
    };
    rest.split_at_checked(length)
}
