//! The growth of cost as a picture: both axes logarithmic, so that a straight line is a power and its slope the exponent.

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use super::Cost;
use crate::RULES;

/// One panel: what its axis counts, and its lines.
pub struct Panel<'c> {
    /// Above it.
    pub title: &'static str,
    /// Its lines with their names.
    pub lines: Vec<(String, &'c Cost)>,
}

/// Told apart by lightness too, for those who see no colours.
const COLOURS: [RGBColor; 5] = [
    RGBColor(0, 90, 181),
    RGBColor(220, 50, 32),
    RGBColor(120, 120, 120),
    RGBColor(160, 100, 0),
    RGBColor(90, 20, 110),
];

/// An SVG with the panels side by side, on white whatever the page's colours.
pub fn svg(panels: &[Panel<'_>]) -> Result<String> {
    let mut svg = String::new();
    draw(panels, &mut svg).map_err(|fault| anyhow!("the plot can't be drawn: {fault}"))?;
    Ok(svg)
}

fn draw(panels: &[Panel<'_>], svg: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(svg, (520 * panels.len() as u32, 440)).into_drawing_area();
    root.fill(&WHITE)?;
    for (area, panel) in root.split_evenly((1, panels.len())).iter().zip(panels) {
        let costs = || panel.lines.iter().flat_map(|(_, cost)| cost.grown);
        let low = 10f64.powf(costs().fold(f64::MAX, f64::min).log10().floor());
        let high = 10f64.powf(costs().fold(f64::MIN, f64::max).log10().ceil());
        let mut chart = ChartBuilder::on(area)
            .margin(12)
            .caption(panel.title, ("sans-serif", 16))
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d((8f64..14_000f64).log_scale(), (low..high).log_scale())?;
        chart
            .configure_mesh()
            .light_line_style(RGBColor(236, 236, 236))
            .bold_line_style(RGBColor(205, 205, 205))
            .x_desc("routing rules")
            .x_label_formatter(&|value| format!("{value}"))
            .y_label_formatter(&|value| format!("{value}"))
            .label_style(("sans-serif", 13))
            .axis_desc_style(("sans-serif", 14))
            .draw()?;
        for ((name, cost), colour) in panel.lines.iter().zip(COLOURS) {
            let points: Vec<_> = RULES.iter().map(|rules| *rules as f64).zip(cost.grown).collect();
            let label = format!("{name}: exponent {:.2}", cost.exponent());
            chart
                .draw_series(LineSeries::new(points, colour.stroke_width(2)).point_size(4))?
                .label(label)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.85))
            .border_style(RGBColor(205, 205, 205))
            .label_font(("sans-serif", 13))
            .draw()?;
    }
    root.present()?;
    Ok(())
}
