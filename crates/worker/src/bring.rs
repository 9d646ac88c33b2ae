//! Sources that a person brings, as densities: pixels and rows of points, read as the headless tool reads them.

use flowsketch_core::decimal;
use flowsketch_core::measure::{Density, POINTS_WITHIN, fit, likeliest_bandwidth};

/// Most bytes of a file.
pub const MOST_BYTES: f64 = 32e6;
/// Most points.
const MOST_POINTS: usize = 200_000;

/// The density proportional to the darkness of RGBA pixels, (1 − luma) · opacity, `width` a row from the top.
///
/// # Errors
/// A sentence about `name`, where nothing is dark.
pub fn pixels(rgba: &[u8], width: usize, name: &str) -> Result<Density, String> {
    let darkness = |pixel: &[u8]| {
        let [r, g, b, a] = [0, 1, 2, 3].map(|k| f32::from(pixel[k]) / 255.0);
        // Of the colour as it is stored, by the weights of Rec. 709.
        (1.0 - (0.2126 * r + 0.7152 * g + 0.0722 * b)).max(0.0) * a
    };
    let darkness: Vec<f32> = rgba.chunks_exact(4).map(darkness).collect();
    Density::from_darkness(&darkness, width)
        .map_err(|_| format!("{name} is white or transparent everywhere: darkness is mass, and there is none."))
}

/// The density of points, x,y a row of `text`, each smoothed to a Gaussian of the likeliest bandwidth; fitted to the map
/// where `fitted`.
///
/// # Errors
/// A sentence about the first row that is no point of the map, or about there being too few or too many.
pub fn points(text: &str, fitted: bool, name: &str) -> Result<Density, String> {
    let (mut points, mut rows) = (vec![], vec![]);
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let lines = lines.enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    for (place, (row, line)) in lines.enumerate() {
        let numbers: Vec<Option<f64>> = line.split(',').map(|field| number(field.trim().trim_matches('"'))).collect();
        match numbers[..] {
            // A header.
            _ if place == 0 && numbers.iter().all(Option::is_none) => {}
            [Some(x), Some(y)] => {
                points.push([x, y]);
                rows.push(row + 1);
            }
            _ => return Err(format!("Row {}: it is not two numbers x,y.", row + 1)),
        }
    }
    match points.len() {
        0 => return Err(format!("{name} has no points: rows of two numbers x,y.")),
        1 => return Err(format!("{name} has one point only: how wide it is shows between two or more.")),
        MOST_POINTS.. => return Err(format!("{name} has {} points; at most {MOST_POINTS} are read.", points.len())),
        _ => {}
    }
    if fitted {
        fit(&mut points);
    }
    const { assert!(POINTS_WITHIN == 5.0) };
    if let Some(index) = points.iter().position(|point| point.iter().any(|c| c.abs() > POINTS_WITHIN)) {
        let row = rows[index];
        return Err(format!("Row {row}: the point lies outside [−5, 5]²; tick Fit points to scale them all."));
    }
    Density::from_points(&points, likeliest_bandwidth(&points)).map_err(|error| format!("{name}: {error}"))
}

fn number(text: &str) -> Option<f64> {
    let is_plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    is_plain.then(|| decimal::parse(text)).flatten()
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
        points(text, false, "a.csv").expect_err("it is no source")
    }

    #[test]
    fn points_are_read_with_header_comments_and_blank_lines() {
        let plain = points("0,1\n1,-1\n-1,0.5\n", false, "a.csv").expect("three points");
        let dressed = points("\u{feff}x, y\r\n# seen\r\n\r\n 0 , 1\r\n\"1\",-1\r\n-1,5e-1", false, "a.csv");
        assert_eq!(dressed.expect("the same points").values(), plain.values());
    }

    #[test]
    fn each_fault_has_its_row() {
        assert_eq!(refusal("x,y\n1,2\n3,oops\n"), "Row 3: it is not two numbers x,y.");
        assert_eq!(refusal("1,2\n\n3\n"), "Row 3: it is not two numbers x,y.");
        assert_eq!(refusal("1,2,3\n"), "Row 1: it is not two numbers x,y.");
        assert_eq!(refusal("1,2\nnan,0\n"), "Row 2: it is not two numbers x,y.");
        assert!(refusal("0,0\n9,0\n").starts_with("Row 2: the point lies outside [−5, 5]²"));
        assert!(refusal("").starts_with("a.csv has no points"));
        assert!(refusal("x,y\n").starts_with("a.csv has no points"));
        assert!(refusal("1,1\n").starts_with("a.csv has one point only"));
        assert!(points("0,0\n9,0\n", true, "a.csv").is_ok(), "fitted, it lies on the map");
    }

    #[test]
    fn darkness_is_mass() {
        // Black, white, and black that is half transparent.
        let row = [[0, 0, 0, 255], [255; 4], [0, 0, 0, 128]];
        let density = pixels(row.as_flattened(), 3, "a.png").expect("it is dark");
        let expected = Density::from_darkness(&[1.0, 0.0, 128.0 / 255.0], 3).expect("it is dark");
        let pairs = density.values().iter().zip(expected.values());
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-6));
        assert!(pixels(&[255; 16], 2, "a.png").expect_err("white").starts_with("a.png is white"));
    }

    #[test]
    fn what_is_too_large_is_refused_and_long_names_are_shortened() {
        assert!(check_size(32e6, "a.png").is_ok());
        assert_eq!(check_size(32e6 + 1.0, "a.png").unwrap_err(), "a.png has 33 MB; at most 32 MB are read.");
        assert_eq!(short("a.png"), "a.png");
        assert_eq!(short(&"ä".repeat(40)), format!("{}…", "ä".repeat(28)));
    }
}
