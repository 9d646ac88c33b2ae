//! A picture with text.

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};
use image::{Rgb, RgbImage};

/// The alignment of a text relative to its position.
#[derive(Clone, Copy, PartialEq)]
pub enum Align {
    Left,
    Centre,
    /// Centred, and turned to read upwards.
    Upwards,
}

/// Colours of text and lines.
pub const BLACK: [u8; 3] = [20, 22, 30];
pub const GREY: [u8; 3] = [95, 100, 112];
pub const FRAME: [u8; 3] = [170, 175, 185];
pub const BLUE: [u8; 3] = [29, 100, 170];

pub struct Canvas {
    image: RgbImage,
    font: FontRef<'static>,
}

impl Canvas {
    /// A white canvas.
    pub fn new(width: u32, height: u32) -> Self {
        let font = FontRef::try_from_slice(epaint_default_fonts::UBUNTU_LIGHT).expect("the embedded font is a font");
        Self { image: RgbImage::from_pixel(width, height, Rgb([255; 3])), font }
    }

    pub fn into_image(self) -> RgbImage {
        self.image
    }

    /// Mixes `colour` into a pixel with weight `cover`, from 0 to 1.
    fn blend(&mut self, x: i32, y: i32, colour: [u8; 3], cover: f32) {
        let inside = x >= 0 && y >= 0 && (x as u32) < self.image.width() && (y as u32) < self.image.height();
        if inside {
            let pixel = self.image.get_pixel_mut(x as u32, y as u32);
            for (channel, ink) in pixel.0.iter_mut().zip(colour) {
                *channel = (f32::from(*channel) * (1.0 - cover) + f32::from(ink) * cover + 0.5) as u8;
            }
        }
    }

    /// A square RGBA picture with its corner at (x, y), in a frame.
    pub fn panel(&mut self, x: u32, y: u32, side: u32, rgba: &[u8]) {
        for (index, pixel) in rgba.chunks_exact(4).enumerate() {
            let (column, row) = (index as u32 % side, index as u32 / side);
            self.image.put_pixel(x + column, y + row, Rgb([pixel[0], pixel[1], pixel[2]]));
        }
        self.frame(x, y, side, side);
    }

    /// A rectangle of one pixel's width around an area.
    pub fn frame(&mut self, x: u32, y: u32, width: u32, height: u32) {
        let (x, y, right, below) = (x as i32 - 1, y as i32 - 1, (x + width) as i32, (y + height) as i32);
        (x..=right).for_each(|k| [y, below].into_iter().for_each(|row| self.blend(k, row, FRAME, 1.0)));
        (y..=below).for_each(|k| [x, right].into_iter().for_each(|column| self.blend(column, k, FRAME, 1.0)));
    }

    /// A filled rectangle.
    pub fn fill(&mut self, x: u32, y: u32, width: u32, height: u32, colour: [u8; 3]) {
        for row in y..y + height {
            (x..x + width).for_each(|column| self.blend(column as i32, row as i32, colour, 1.0));
        }
    }

    /// A disc.
    pub fn dot(&mut self, centre: [f32; 2], radius: f32, colour: [u8; 3], opacity: f32) {
        let reach = radius.ceil() as i32 + 1;
        let [x, y] = centre.map(|c| c.floor() as i32);
        for row in y - reach..=y + reach {
            for column in x - reach..=x + reach {
                let distance = (column as f32 + 0.5 - centre[0]).hypot(row as f32 + 0.5 - centre[1]);
                self.blend(column, row, colour, opacity * (radius + 0.5 - distance).clamp(0.0, 1.0));
            }
        }
    }

    /// Writes `text` with its baseline through `place`, `size` pixels high.
    pub fn text(&mut self, place: [f32; 2], size: f32, align: Align, colour: [u8; 3], text: &str) {
        let (glyphs, width) = self.line(text, size);
        let start = match align {
            Align::Left => 0.0,
            Align::Centre | Align::Upwards => -0.5 * width,
        };
        for mut glyph in glyphs {
            let upwards = align == Align::Upwards;
            let origin = if upwards { [start, 0.0] } else { [place[0] + start, place[1]] };
            glyph.position.x += origin[0];
            glyph.position.y += origin[1];
            let Some(outline) = self.font.outline_glyph(glyph) else { continue };
            let corner = outline.px_bounds().min;
            // Thin strokes look too light on white: the power darkens their edges.
            outline.draw(|x, y, cover| {
                let (x, y) = (x as i32 + corner.x as i32, y as i32 + corner.y as i32);
                let (x, y) = if upwards { (place[0] as i32 + y, place[1] as i32 - x) } else { (x, y) };
                self.blend(x, y, colour, cover.clamp(0.0, 1.0).powf(0.75));
            });
        }
    }

    /// The glyphs of a line that begins at x = 0, and its width in pixels.
    fn line(&self, text: &str, size: f32) -> (Vec<Glyph>, f32) {
        let font = self.font.as_scaled(PxScale::from(size));
        let mut glyphs: Vec<Glyph> = vec![];
        let mut x = 0.0;
        for letter in text.chars() {
            let mut glyph = font.scaled_glyph(letter);
            if let Some(before) = glyphs.last() {
                x += font.kern(before.id, glyph.id);
            }
            glyph.position = point(x, 0.0);
            x += font.h_advance(glyph.id);
            glyphs.push(glyph);
        }
        (glyphs, x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_every_letter_of_the_figures() {
        let canvas = Canvas::new(1, 1);
        for letter in "abcXYZ019 .,:;=+-−·×()εφψρ∫²½₀|≤".chars() {
            assert_ne!(canvas.font.glyph_id(letter).0, 0, "{letter}");
        }
    }
}
