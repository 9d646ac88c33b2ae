//! Vector images (SVG) as text: what is one, and the size in which it is drawn.

/// Pixels of the longer side of the drawn image.
const SIDE: f64 = 1024.0;
/// The size of an image that names none, pixels; as browsers have it.
const DEFAULT_SIZE: [f64; 2] = [300.0, 150.0];

/// Whether a file is a vector image, by its name or type.
pub fn is_vector(name: &str, kind: &str) -> bool {
    kind == "image/svg+xml" || name.to_ascii_lowercase().ends_with(".svg")
}

/// The image with a size of its own, which some browsers ask for, and that size in pixels: of the proportions of its
/// width and height, or else of its view box.
///
/// # Errors
/// A sentence about `name`, when there is no image in it, or none with a size.
pub fn sized(text: &str, name: &str) -> Result<(String, [u32; 2]), String> {
    let refuse = || format!("{name} cannot be read as an image; a source is an image or a file of points.");
    let root = root(text).ok_or_else(refuse)?;
    let (before, tag, after) = (&text[..root.start], &text[root.start..root.end], &text[root.end..]);
    let length = |name: &str| {
        let value = attribute(tag, name).map(|place| &tag[place.value])?;
        value.trim().trim_end_matches("px").parse::<f64>().ok()
    };
    let own = length("width").zip(length("height")).map(|(width, height)| [width, height]);
    let view_box = attribute(tag, "viewBox").map(|place| &tag[place.value]);
    let of_view_box = || {
        let numbers = view_box?.split(|c: char| c == ',' || c.is_whitespace()).filter(|number| !number.is_empty());
        let numbers: Vec<f64> = numbers.map_while(|number| number.parse().ok()).collect();
        <[f64; 4]>::try_from(numbers).ok().map(|[_, _, width, height]| [width, height])
    };
    let size = own.or_else(of_view_box).unwrap_or(DEFAULT_SIZE);
    if !size.iter().all(|side| side.is_finite() && *side > 0.0) {
        return Err(refuse());
    }
    let scale = SIDE / size[0].max(size[1]);
    let pixels = size.map(|side| (scale * side).round().max(1.0) as u32);
    let mut tag = tag.to_owned();
    for name in ["width", "height"] {
        if let Some(place) = attribute(&tag, name) {
            tag.replace_range(place.whole, "");
        }
    }
    // Without a view box another size would cut the image off.
    let view_box = if view_box.is_some() { String::new() } else { format!(" viewBox=\"0 0 {} {}\"", size[0], size[1]) };
    tag.insert_str("<svg".len(), &format!(" width=\"{}\" height=\"{}\"{view_box}", pixels[0], pixels[1]));
    Ok((format!("{before}{tag}{after}"), pixels))
}

/// The tag of the outermost element, `<svg …`, without its end.
fn root(text: &str) -> Option<std::ops::Range<usize>> {
    let mut start = 0;
    loop {
        start += text[start..].find('<')?;
        let rest = &text[start..];
        let passed = if rest.starts_with("<!--") {
            rest.find("-->")?
        } else if rest.starts_with("<?") {
            rest.find("?>")?
        } else if rest.starts_with("<!") {
            // A document type; what it declares is in brackets.
            let declared = rest.find('[').filter(|open| *open < rest.find('>').unwrap_or(0));
            declared.map_or_else(|| rest.find('>'), |open| rest[open..].find("]").map(|close| open + close))?
        } else {
            break;
        };
        start += passed + 1;
    }
    let name = text[start..].strip_prefix("<svg")?;
    name.starts_with(|c: char| c.is_whitespace() || c == '>' || c == '/').then_some(())?;
    let mut quote = None;
    let end = text[start..].char_indices().find(|&(_, c)| match quote {
        Some(open) => {
            if c == open {
                quote = None;
            }
            false
        }
        None => {
            if c == '"' || c == '\'' {
                quote = Some(c);
            }
            c == '>' || c == '/'
        }
    });
    Some(start..start + end?.0)
}

/// Where an attribute is in a tag.
struct Attribute {
    whole: std::ops::Range<usize>,
    value: std::ops::Range<usize>,
}

fn attribute(tag: &str, name: &str) -> Option<Attribute> {
    let mut from = 0;
    loop {
        let start = from + tag[from..].find(name)?;
        from = start + name.len();
        let is_name = tag[..start].ends_with(char::is_whitespace);
        let equals = tag[from..].trim_start().strip_prefix('=').map(str::trim_start);
        let Some(value) = equals.filter(|_| is_name) else { continue };
        let quote = value.chars().next().filter(|c| *c == '"' || *c == '\'')?;
        let open = tag.len() - value.len() + 1;
        let close = open + tag[open..].find(quote)?;
        return Some(Attribute { whole: start..close + 1, value: open..close });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(text: &str) -> (String, [u32; 2]) {
        sized(text, "a.svg").expect("an image")
    }

    #[test]
    fn an_image_gets_a_size_of_its_proportions() {
        let (text, pixels) = size(include_str!("../../../tests/fixtures/images/viewbox_only.svg"));
        assert_eq!(pixels, [1024, 819]);
        assert!(text.starts_with("<svg width=\"1024\" height=\"819\" xmlns="), "{text}");
        assert!(text.contains("viewBox=\"0 0 100 80\"") && text.trim_end().ends_with("</svg>"), "{text}");
        let (text, pixels) = size("<svg\n width='40px' height = \"20\" stroke-width=\"3\"><path d='M0 0'/></svg>");
        assert_eq!(pixels, [1024, 512]);
        let tag =
            "<svg width=\"1024\" height=\"512\" viewBox=\"0 0 40 20\"\n   stroke-width=\"3\"><path d='M0 0'/></svg>";
        assert_eq!(text, tag);
        assert_eq!(size("<svg width='100%' viewBox='0,0 , 10 40'></svg>").1, [256, 1024]);
        assert_eq!(size("<svg/>").1, [1024, 512]);
        let prologue =
            "\u{feff}<?xml version='1.0'?><!-- <svg> --><!DOCTYPE svg [<!ENTITY a \"b\">]>\n<svg viewBox='0 0 1 1'>";
        assert_eq!(size(prologue).1, [1024, 1024]);
    }

    #[test]
    fn what_is_no_image_is_refused() {
        for text in [
            "",
            "text",
            "<html></html>",
            "<svgs/>",
            "<svg",
            "<!-- <svg>",
            "<svg width='0' height='1'>",
            "<svg viewBox='0 0 -1 1'>",
        ] {
            assert!(sized(text, "a.svg").is_err_and(|sentence| sentence.starts_with("a.svg cannot be read")), "{text}");
        }
    }

    #[test]
    fn any_text_is_read_or_refused() {
        let pieces = [
            "<svg", " ", "width", "=", "'", "\"", "1", ">", "/", "<!--", "-->", "<?", "?>", "<!", "[", "]", "viewBox",
            "é",
        ];
        let mut state = 1u32;
        for _ in 0..20_000 {
            let text: String = (0..12)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    pieces[(state >> 16) as usize % pieces.len()]
                })
                .collect();
            _ = sized(&text, "a.svg");
        }
    }
}
