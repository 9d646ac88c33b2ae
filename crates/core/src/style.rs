//! The look of pictures of a flow, for every backend: colours, their range, and the arrows.

use serde::{Deserialize, Serialize};

/// How a picture looks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Style {
    /// Dark background with its colour map; otherwise light.
    pub dark: bool,
    /// Whether to draw arrows.
    pub arrows: bool,
    /// log ρ (nats) at the two ends of the colour scale; below the first is background.
    pub range: [f32; 2],
}

/// An arrow is the displacement of its point in this time, `ARROW_TIME` · v_t.
pub const ARROW_TIME: f32 = 0.15;
/// Arrows along one axis.
pub(crate) const ARROW_COUNT: u32 = 22;

/// Colours of the scale at equal distances, sRGB. In both maps lightness is monotone, so colour-blind people can read
/// them.
const DARK_COLOURS: [[u8; 3]; 9] = [
    [0, 0, 4],
    [28, 16, 68],
    [79, 18, 123],
    [129, 37, 129],
    [181, 54, 122],
    [229, 80, 100],
    [251, 135, 97],
    [254, 194, 135],
    [252, 253, 191],
];
const LIGHT_COLOURS: [[u8; 3]; 9] = [
    [255, 255, 255],
    [237, 248, 217],
    [199, 233, 180],
    [127, 205, 187],
    [65, 182, 196],
    [29, 145, 192],
    [34, 94, 168],
    [37, 52, 148],
    [8, 29, 88],
];

/// Colours of differences, from too little mass through none to too much. Colour-blind people too can tell blue from
/// orange.
const DARK_DIFFERENCES: [[u8; 3]; 9] = [
    [120, 200, 255],
    [60, 150, 235],
    [30, 95, 175],
    [14, 45, 90],
    [0, 0, 4],
    [90, 42, 8],
    [175, 85, 18],
    [240, 140, 50],
    [255, 205, 130],
];
const LIGHT_DIFFERENCES: [[u8; 3]; 9] = [
    [8, 64, 129],
    [43, 119, 184],
    [107, 174, 214],
    [189, 215, 238],
    [255, 255, 255],
    [253, 212, 158],
    [253, 160, 80],
    [224, 100, 20],
    [140, 55, 4],
];

impl Style {
    /// The default range: ρ from e⁻⁸ to 1.
    pub const RANGE: [f32; 2] = [-8.0, 0.0];
    /// ρ_t − ρ*_t (per unit of area) at the two ends of the scale of differences.
    pub const DIFFERENCES: [f32; 2] = [-0.02, 0.02];

    pub(crate) fn colours(dark: bool) -> &'static [[u8; 3]; 9] {
        if dark { &DARK_COLOURS } else { &LIGHT_COLOURS }
    }

    pub(crate) fn difference_colours(dark: bool) -> &'static [[u8; 3]; 9] {
        if dark { &DARK_DIFFERENCES } else { &LIGHT_DIFFERENCES }
    }

    /// The colour of the scale at `fraction` in [0, 1], sRGB, as the heat map draws it.
    pub fn colour(dark: bool, fraction: f64) -> [u8; 3] {
        Self::mix(Self::colours(dark), fraction).map(|c| c.round() as u8)
    }

    /// The colour of the scale of differences at `fraction` in [0, 1], sRGB.
    pub fn difference_colour(dark: bool, fraction: f64) -> [u8; 3] {
        Self::mix(Self::difference_colours(dark), fraction).map(|c| c.round() as u8)
    }

    /// Each channel from 0 to 255, not rounded.
    pub(crate) fn mix(colours: &[[u8; 3]; 9], fraction: f64) -> [f64; 3] {
        let place = 8.0 * fraction.clamp(0.0, 1.0);
        let low = (place as usize).min(7);
        let share = place - low as f64;
        std::array::from_fn(|c| f64::from(colours[low][c]) * (1.0 - share) + f64::from(colours[low + 1][c]) * share)
    }
}
