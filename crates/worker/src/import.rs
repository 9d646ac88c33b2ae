//! Imported sources as densities: pixels and rows of points, read as the headless tool reads them.

use flowsketch_core::measure::{Density, Ink, Levels, POINTS_WITHIN, Picture, fit, likeliest_bandwidth, no_ink};
use flowsketch_files::points;

/// Most bytes of a file.
pub const MOST_BYTES: f64 = 32e6;

/// The ink of RGBA pixels, `width` a row from the top.
///
/// # Errors
/// A sentence about `name`, where there is no ink.
pub fn ink(rgba: &[u8], width: usize, levels: &Levels, name: &str) -> Result<Ink, String> {
    let luma_and_opacity = |pixel: &[u8]| {
        let [r, g, b, a] = [0, 1, 2, 3].map(|k| f32::from(pixel[k]) / 255.0);
        // Luma of the colour as it is stored, with the weights of Rec. 709.
        [0.2126 * r + 0.7152 * g + 0.0722 * b, a]
    };
    let pixels = rgba.chunks_exact(4).map(luma_and_opacity).collect();
    Picture { pixels, width }.ink(levels).map_err(|_| no_ink(name))
}

/// The density of the points of a file, each smoothed to a Gaussian of the likeliest bandwidth; with `fitted`, they are
/// first scaled to fill the map. Beside it, a note to the user on the columns and rows used, where these are not
/// obvious.
///
/// # Errors
/// A sentence about the first row that is not a point of the map, or about too few points.
pub fn points(bytes: &[u8], fitted: bool, name: &str) -> Result<(Density, Option<String>), String> {
    let mut read = points::read(bytes, name).map_err(|fault| fault.by_row())?;
    match read.points.len() {
        0 => return Err(format!("{name} has no points: rows of two numbers x,y.")),
        1 => return Err(format!("{name} has one point only: how wide it is shows between two or more.")),
        _ => {}
    }
    if fitted {
        fit(&mut read.points);
    }
    const { assert!(POINTS_WITHIN == 5.0) };
    if let Some(index) = read.outside() {
        let row = read.lines[index];
        return Err(format!("Row {row}: the point lies outside [−5, 5]²; tick Fit points to scale them all."));
    }
    let bandwidth = likeliest_bandwidth(&read.points);
    let density = read.density(bandwidth).map_err(|error| format!("{name}: {error}"))?;
    Ok((density, read.taken.aside()))
}

/// Whether a file is to be read as points, by its name or by how it begins.
pub fn is_points(name: &str, bytes: &[u8]) -> bool {
    points::is_points(name, bytes)
}

/// Refuses a file that is too large to be decoded.
///
/// # Errors
/// A sentence.
pub fn check_size(bytes: f64, name: &str) -> Result<(), String> {
    let mega = |bytes: f64| (bytes / 1e6).ceil() as u64;
    if bytes <= MOST_BYTES {
        return Ok(());
    }
    Err(format!("{name} has {} MB; at most {} MB are read.", mega(bytes), mega(MOST_BYTES)))
}

/// A name short enough for a sentence.
pub fn short(name: &str) -> String {
    const LONGEST: usize = 28;
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        points(text.as_bytes(), false, "a.csv").expect_err("it is no source")
    }

    #[test]
    fn points_are_read_with_header_comments_and_blank_lines() {
        let plain = points(b"0,1\n1,-1\n-1,0.5\n", false, "a.csv").expect("three points");
        let dressed = "\u{feff}x, y\r\n# seen\r\n\r\n 0 , 1\r\n\"1\",-1\r\n-1,5e-1";
        let dressed = points(dressed.as_bytes(), false, "a.csv").expect("the same points");
        assert_eq!(dressed.0.values(), plain.0.values());
        assert_eq!([dressed.1, plain.1], [None, None]);
    }

    #[test]
    fn what_is_not_plain_is_said() {
        let (_, aside) = points(b"n,u1,u2,w\n5,0,1,2\n7,1,0,1\n9,2,NA,1\n", false, "a.csv").expect("two points");
        assert_eq!(aside.expect("there is something to say"), "columns u1 and u2, weights w, 1 row left out");
    }

    #[test]
    fn each_fault_has_its_row() {
        assert_eq!(refusal("x,y\n1,2\n3,oops\n"), "Row 3: it is not two numbers x,y.");
        assert_eq!(refusal("1,2\n\n3\n"), "Row 3: it is not two numbers x,y.");
        assert!(refusal("1,2,3\n").starts_with("Row 1: it has 3 numbers: name two columns x and y"));
        assert!(refusal("1,2\nnan,0\n").starts_with("a.csv has one point only"));
        assert!(refusal("0,0\n9,0\n").starts_with("Row 2: the point lies outside [−5, 5]²"));
        assert!(refusal("").starts_with("a.csv has no points"));
        assert!(refusal("x,y\n").starts_with("a.csv has no points"));
        assert!(refusal("1,1\n").starts_with("a.csv has one point only"));
        assert!(points(b"0,0\n9,0\n", true, "a.csv").is_ok(), "fitted, it lies on the map");
    }

    #[test]
    fn ink_is_mass() {
        // Black, black that is half transparent, and white, in the middle of nothing but white.
        let mut row = [[255; 4]; 20];
        (row[9], row[10]) = ([0, 0, 0, 255], [0, 0, 0, 128]);
        let ink = |rgba: &[u8], width| ink(rgba, width, &Levels::default(), "a.png");
        let found = ink(row.as_flattened(), 20).expect("there is ink");
        let darkness: Vec<f32> = row.iter().map(|[_, _, _, a]| if *a == 255 { 0.0 } else { 128.0 / 255.0 }).collect();
        let darkness: Vec<f32> = darkness.iter().enumerate().map(|(k, d)| if k == 9 { 1.0 } else { *d }).collect();
        let expected = Density::from_darkness(&darkness, 20).expect("it is dark");
        let pairs = found.density.values().iter().zip(expected.values());
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-6));
        assert!(ink(&[255; 16], 2).expect_err("white").starts_with("a.png has no ink"));
    }

    #[test]
    fn what_is_too_large_is_refused_and_long_names_are_shortened() {
        assert!(check_size(32e6, "a.png").is_ok());
        assert_eq!(check_size(32e6 + 1.0, "a.png").unwrap_err(), "a.png has 33 MB; at most 32 MB are read.");
        assert_eq!(short("a.png"), "a.png");
        assert_eq!(short(&"ä".repeat(40)), format!("{}…", "ä".repeat(28)));
    }
}
