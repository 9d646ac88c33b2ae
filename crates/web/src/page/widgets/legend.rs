//! The colour scale under the flow.

use crate::widgets::page::Page;
use flowsketch_core::style::Style;
use flowsketch_web::density_canvas::paint_scale;
use flowsketch_web::dom::set;
use flowsketch_web::number::setting;

/// Shows the scale of densities, or of differences.
pub fn show(page: &Page, dark: bool, difference: bool) {
    paint_scale(&page.legend, dark, difference);
    page.legend_density.set_hidden(difference);
    page.legend_difference.set_hidden(!difference);
    let label = if difference {
        "Colour scale of the learned density minus the exact one, from too little mass to too much"
    } else {
        "Colour scale of log ρ, in nats, from less dense to more dense"
    };
    set(&page.legend, "aria-label", label);
    let [low, high] = if difference { Style::DIFFERENCES } else { Style::RANGE }.map(f64::from);
    let ticks: String = (0..=4)
        .map(|k| setting(low + (high - low) * f64::from(k) / 4.0).replace('-', "−"))
        .map(|tick| format!("<span>{tick}</span>"))
        .collect();
    page.ticks.set_inner_html(&ticks);
}
