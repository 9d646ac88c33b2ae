//! Writes arrays as NumPy's `.npz`: `.npy` files (NEP 1, version 1.0) in an uncompressed ZIP archive, as NumPy does.
//!
//! The libraries for both formats depend on a parser of Python and a random number generator, too much for the page.

use crc32fast::hash;
use flowsketch_core::lattice::Lattice;

/// One array: its name, shape and values, the last index running fastest.
pub struct Array {
    /// Its name in the archive.
    pub name: &'static str,
    /// Its length along each axis.
    pub shape: Vec<u64>,
    /// Its values.
    pub values: Vec<f32>,
}

impl Array {
    /// A vector.
    pub fn vector(name: &'static str, values: Vec<f32>) -> Self {
        Self { name, shape: vec![values.len() as u64], values }
    }

    /// One or more fields on a lattice, of shape (`before`.., count, count, `after`..); the first axis of the lattice
    /// is x.
    pub fn field(name: &'static str, before: &[u64], lattice: &Lattice, after: &[u64], values: Vec<f32>) -> Self {
        let shape = [before, &[lattice.count as u64; 2], after].concat();
        debug_assert_eq!(shape.iter().product::<u64>(), values.len() as u64, "{name}");
        Self { name, shape, values }
    }

    /// As a `.npy` file: magic, version, length of the header, header, values.
    fn npy(&self) -> Vec<u8> {
        const ALIGNMENT: usize = 64;
        const BEFORE_HEADER: usize = 10;
        let shape: String = self.shape.iter().map(|length| format!("{length},")).collect();
        let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape}), }}");
        while !(BEFORE_HEADER + header.len() + 1).is_multiple_of(ALIGNMENT) {
            header.push(' ');
        }
        header.push('\n');
        let mut file = b"\x93NUMPY\x01\x00".to_vec();
        file.extend((header.len() as u16).to_le_bytes());
        file.extend(header.as_bytes());
        file.extend(self.values.iter().flat_map(|value| value.to_le_bytes()));
        file
    }
}

/// The version of ZIP that is needed to read an entry, 2.0; and its date, the earliest of the format, 1 January 1980.
const VERSION: u16 = 20;
const DATE: u16 = 1 << 5 | 1;

/// The archive of float32 arrays, below 4 GiB: for each its local header and file, then the directory of all.
pub fn archive(arrays: &[Array]) -> Vec<u8> {
    let (mut archive, mut directory) = (vec![], vec![]);
    for array in arrays {
        let (name, file) = (format!("{}.npy", array.name), array.npy());
        let (length, offset) = ((file.len() as u32).to_le_bytes(), archive.len() as u32);
        // Version, flags, method (stored), time, date; checksum; compressed size, size; length of the name, of extras.
        let mut entry = shorts(&[VERSION, 0, 0, 0, DATE]);
        entry.extend(hash(&file).to_le_bytes());
        entry.extend([length, length].as_flattened());
        entry.extend(shorts(&[name.len() as u16, 0]));

        archive.extend(b"PK\x03\x04");
        archive.extend(&entry);
        archive.extend(name.as_bytes());
        archive.extend(file);

        directory.extend(b"PK\x01\x02");
        directory.extend(VERSION.to_le_bytes());
        directory.extend(&entry);
        // Length of the comment, disk, internal and external attributes; offset of the local header.
        directory.extend(shorts(&[0; 5]));
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (count, offset) = (arrays.len() as u16, archive.len() as u32);
    archive.extend(&directory);
    archive.extend(b"PK\x05\x06");
    archive.extend(shorts(&[0, 0, count, count]));
    archive.extend((directory.len() as u32).to_le_bytes());
    archive.extend(offset.to_le_bytes());
    archive.extend(shorts(&[0]));
    archive
}

fn shorts(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}
