//! Bars, each with a dark part, in panels side by side.

use anyhow::{Result, anyhow};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Told apart by lightness too, for those who see no colours.
const DARK: RGBColor = RGBColor(0, 90, 181);
const LIGHT: RGBColor = RGBColor(150, 190, 230);
const TEXT: RGBColor = RGBColor(40, 40, 40);

/// A bar.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What stands before it.
    pub name: String,
    /// How long its dark part is.
    pub dark: f64,
    /// How long all of it is.
    pub all: f64,
    /// What stands behind it.
    pub label: String,
}

/// Bars under a title, on a scale of their own.
#[derive(Clone, Debug)]
pub struct Panel {
    /// The title.
    pub title: String,
    /// From top to bottom.
    pub bars: Vec<Bar>,
}

/// An SVG of the panels, on white whatever the page's colours.
pub fn svg(panels: &[Panel]) -> Result<String> {
    let mut svg = String::new();
    draw(panels, &mut svg).map_err(|fault| anyhow!("the plot can't be drawn: {fault}"))?;
    Ok(svg)
}

fn draw(panels: &[Panel], svg: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(svg, (520 * panels.len() as u32, 300)).into_drawing_area();
    root.fill(&WHITE)?;
    for (area, Panel { title, bars }) in root.split_evenly((1, panels.len())).iter().zip(panels) {
        let longest = bars.iter().map(|bar| bar.all).fold(0.0, f64::max);
        let mut chart = ChartBuilder::on(area)
            .margin(12)
            .caption(title, ("sans-serif", 16))
            .build_cartesian_2d(-0.42 * longest..1.45 * longest, (bars.len() as f64)..0.0)?;
        for (row, Bar { name, dark, all, label }) in bars.iter().enumerate() {
            let (top, bottom, middle) = (row as f64 + 0.15, row as f64 + 0.85, row as f64 + 0.5);
            let style = |side| ("sans-serif", 14).into_font().color(&TEXT).pos(Pos::new(side, VPos::Center));
            chart.draw_series([
                Rectangle::new([(0.0, top), (*all, bottom)], LIGHT.filled()),
                Rectangle::new([(0.0, top), (*dark, bottom)], DARK.filled()),
            ])?;
            chart.draw_series([
                Text::new(name.clone(), (-0.02 * longest, middle), style(HPos::Right)),
                Text::new(label.clone(), (all + 0.02 * longest, middle), style(HPos::Left)),
            ])?;
        }
    }
    root.present()?;
    Ok(())
}
