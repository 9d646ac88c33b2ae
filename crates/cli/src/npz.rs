//! Arrays to NumPy's `.npz`.

use flowsketch_core::lattice::Lattice;
use npyz::WriterBuilder;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// One array: its name, shape and values, the last index running fastest.
pub struct Array {
    pub name: &'static str,
    pub shape: Vec<u64>,
    pub values: Vec<f32>,
}

impl Array {
    /// A vector.
    pub fn vector(name: &'static str, values: Vec<f32>) -> Self {
        Self { name, shape: vec![values.len() as u64], values }
    }

    /// A field on a lattice, or several; axis 0 of each is x.
    pub fn field(name: &'static str, before: &[u64], lattice: &Lattice, after: &[u64], values: Vec<f32>) -> Self {
        let shape = [before, &[lattice.count as u64; 2], after].concat();
        debug_assert_eq!(shape.iter().product::<u64>(), values.len() as u64, "{name}");
        Self { name, shape, values }
    }
}

/// Writes float32 arrays.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, arrays: &[Array]) -> io::Result<()> {
    let mut file = ZipWriter::new(BufWriter::new(File::create(path)?));
    for array in arrays {
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        file.start_file(format!("{}.npy", array.name), stored)?;
        let mut writer = npyz::WriteOptions::new().default_dtype().shape(&array.shape).writer(&mut file).begin_nd()?;
        writer.extend(array.values.iter().copied())?;
        writer.finish()?;
    }
    file.finish()?.flush()
}
