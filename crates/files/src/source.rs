//! Pictures as sources: their darkness is mass.

use flowsketch_core::measure::{Density, DensityError};

/// The density proportional to the darkness (1 − luma) · opacity of pixels (luma, opacity), `width` a row from the top.
///
/// # Errors
/// As [`Density::from_darkness`].
pub fn picture(pixels: impl Iterator<Item = [f32; 2]>, width: usize) -> Result<Density, DensityError> {
    let darkness: Vec<f32> = pixels.map(|[luma, opacity]| (1.0 - luma).max(0.0) * opacity).collect();
    Density::from_darkness(&darkness, width)
}

/// The sentence about a picture without any darkness.
pub fn nothing_dark(name: &str) -> String {
    format!("{name} is white or transparent everywhere: darkness is mass, and there is none.")
}
