//! The overlay of the flow's map: a canvas of its own, which also receives the pointer's events.

use flowsketch_core::explore::Segment;
use flowsketch_core::lattice::{SOURCE_MASK, VIEW};
use flowsketch_web::density_canvas;
use flowsketch_web::dom::{element, set, world};
use std::f64::consts::TAU;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, Document, Element, HtmlCanvasElement};

/// Pixels of a side at most: drawing by the processor must be quick.
const MOST_PIXELS: f64 = 1_200.0;

/// Colours of the overlay for one theme, distinct for colour-blind people, and from the colours of the map.
pub struct Palette {
    /// The learned flow, and particles that follow its velocity.
    pub first: [u8; 3],
    /// The exact flow, and particles with noise.
    pub second: [u8; 3],
    pub ink: &'static str,
    pub halo: &'static str,
}

impl Palette {
    pub fn of(dark: bool) -> Self {
        if dark {
            Self { first: [77, 217, 255], second: [158, 240, 80], ink: "#fff", halo: "#000c" }
        } else {
            Self { first: [232, 89, 12], second: [194, 24, 139], ink: "#111", halo: "#fffc" }
        }
    }
}

/// A colour for the canvas.
pub fn css([r, g, b]: [u8; 3], opacity: f64) -> String {
    format!("rgb({r} {g} {b} / {opacity})")
}

pub struct Map {
    pub canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    /// A density on its lattice, before it is scaled to the size of the map.
    small: HtmlCanvasElement,
}

impl Map {
    /// Places the overlay over the canvas of the flow.
    pub fn new(document: &Document) -> Self {
        let flow: Element = element(document, "flow");
        let canvas = || -> HtmlCanvasElement {
            document.create_element("canvas").expect("canvas is an element").unchecked_into()
        };
        let (over, small) = (canvas(), canvas());
        over.set_id("over");
        for (name, value) in [
            ("tabindex", "0"),
            ("role", "application"),
            ("aria-label", "Probe of the map"),
            ("aria-roledescription", "map"),
            ("aria-describedby", "over-hint"),
        ] {
            set(&over, name, value);
        }
        flow.insert_adjacent_element("afterend", &over).expect("the flow has a place on the page");
        let context = density_canvas::context(&over).expect("a canvas without another context has a 2-D one");
        Self { canvas: over, context, small }
    }

    /// World coordinates of a point of the window.
    pub fn world(&self, point: [f64; 2]) -> [f64; 2] {
        world(&self.canvas, VIEW, point)
    }

    /// Empties the canvas for another picture, with the pixels of the screen.
    pub fn clear(&self, ratio: f64) -> Sheet<'_> {
        let width = f64::from(self.canvas.client_width()).max(1.0);
        let side = (width * ratio).round().min(MOST_PIXELS);
        if self.canvas.width() != side as u32 {
            self.canvas.set_width(side as u32);
            self.canvas.set_height(side as u32);
        } else {
            self.context.clear_rect(0.0, 0.0, side, side);
        }
        Sheet { map: self, side, unit: side / width }
    }
}

/// The canvas while a picture is drawn.
pub struct Sheet<'a> {
    map: &'a Map,
    side: f64,
    /// Pixels of the canvas in one CSS pixel.
    unit: f64,
}

impl Sheet<'_> {
    fn at(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [self.side * (0.5 + 0.5 * x / VIEW), self.side * (0.5 - 0.5 * y / VIEW)]
    }

    /// A density on the flow lattice as a cloud of one colour, most opaque where the density is largest.
    pub fn cloud(&self, density: &[f32], [r, g, b]: [u8; 3]) {
        let (count, small) = (density.len().isqrt(), &self.map.small);
        let top = density.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        // Rows from the top, axis 0 of the field from left to right.
        let pixels: Vec<u8> = (0..count)
            .rev()
            .flat_map(|j| (0..count).map(move |i| i * count + j))
            .flat_map(|cell| [r, g, b, (230.0 * (density[cell] / top).sqrt()) as u8])
            .collect();
        if small.width() != count as u32 {
            small.set_width(count as u32);
            small.set_height(count as u32);
        }
        density_canvas::put(small, count as u32, &pixels);
        // The lattice reaches beyond the map.
        let shown = count as f64 * VIEW / SOURCE_MASK;
        let margin = 0.5 * (count as f64 - shown);
        let drawn = self.map.context.draw_image_with_html_canvas_element_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
            small, margin, margin, shown, shown, 0.0, 0.0, self.side, self.side,
        );
        drawn.expect("a canvas with pixels can be drawn");
    }

    /// Contour lines of a cloud, on a halo that makes them visible on the map.
    pub fn lines(&self, lines: &[Segment], colour: [u8; 3], palette: &Palette) {
        let context = &self.map.context;
        context.begin_path();
        for [a, b] in lines {
            let [a, b] = [a, b].map(|x| self.at(x.map(f64::from)));
            context.move_to(a[0], a[1]);
            context.line_to(b[0], b[1]);
        }
        context.set_line_cap("round");
        for (width, style) in [(3.5, palette.halo.into()), (1.75, css(colour, 1.0))] {
            context.set_line_width(width * self.unit);
            context.set_stroke_style_str(&style);
            context.stroke();
        }
    }

    /// Polylines through these points.
    pub fn ways(&self, ways: impl Iterator<Item = Vec<[f64; 2]>>, colour: [u8; 3]) {
        let context = &self.map.context;
        context.begin_path();
        for way in ways {
            for (k, point) in way.into_iter().enumerate() {
                let [x, y] = self.at(point);
                if k == 0 { context.move_to(x, y) } else { context.line_to(x, y) }
            }
        }
        context.set_line_width(1.5 * self.unit);
        context.set_stroke_style_str(&css(colour, 0.7));
        context.stroke();
    }

    /// A small square, or a small upright cross, at each of these points: the smaller the more there are.
    pub fn dots(&self, points: impl ExactSizeIterator<Item = [f64; 2]>, colour: [u8; 3], crosses: bool) {
        let context = &self.map.context;
        context.set_fill_style_str(&css(colour, 0.9));
        // Rectangles on whole pixels are filled three times as fast.
        let size = (130.0 / (points.len() as f64).sqrt()).clamp(2.0, 4.0);
        let [thin, long, square] = [0.4 * size, size + 1.5, size].map(|width| (width * self.unit).round().max(1.0));
        let fill = |[x, y]: [f64; 2], width: f64, height: f64| {
            context.fill_rect((x - 0.5 * width).round(), (y - 0.5 * height).round(), width, height);
        };
        for point in points {
            let place = self.at(point);
            if crosses {
                fill(place, long, thin);
                fill(place, thin, long);
            } else {
                fill(place, square, square);
            }
        }
    }

    /// A straight line, dashed.
    pub fn line(&self, from: [f64; 2], to: [f64; 2], palette: &Palette) {
        let context = &self.map.context;
        let [from, to] = [from, to].map(|x| self.at(x));
        let dashes = js_sys::Array::of2(&JsValue::from(4.0 * self.unit), &JsValue::from(4.0 * self.unit));
        context.set_line_dash(&dashes).expect("lengths of dashes are positive");
        context.begin_path();
        context.move_to(from[0], from[1]);
        context.line_to(to[0], to[1]);
        context.set_line_width(1.5 * self.unit);
        context.set_stroke_style_str(palette.ink);
        context.stroke();
        context.set_line_dash(&js_sys::Array::new()).expect("no dashes are a plain line");
    }

    /// A disc, or a ring where it is not `filled`.
    pub fn disc(&self, point: [f64; 2], radius: f64, colour: &str, filled: bool, palette: &Palette) {
        let context = &self.map.context;
        let [x, y] = self.at(point);
        context.begin_path();
        context.arc(x, y, radius * self.unit, 0.0, TAU).expect("the radius is positive");
        if filled {
            context.set_fill_style_str(colour);
            context.fill();
        }
        for (width, style) in [(4.0, palette.halo), (2.0, if filled { palette.ink } else { colour })] {
            context.set_line_width(width * self.unit);
            context.set_stroke_style_str(style);
            context.stroke();
        }
    }

    /// Two crossed lines with a gap between them: where the probe is.
    pub fn aim(&self, point: [f64; 2], palette: &Palette) {
        let context = &self.map.context;
        let [x, y] = self.at(point);
        let [near, far] = [4.0, 10.0].map(|length| length * self.unit);
        context.begin_path();
        for [dx, dy] in [[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]] {
            context.move_to(x + near * dx, y + near * dy);
            context.line_to(x + far * dx, y + far * dy);
        }
        for (width, style) in [(4.0, palette.halo), (1.75, palette.ink)] {
            context.set_line_width(width * self.unit);
            context.set_stroke_style_str(style);
            context.stroke();
        }
    }
}
