//! CPU time as bars: cold to the first answer, and warm a lead.

use anyhow::{Result, anyhow};
use figures::figure;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::measure::Measured;

/// Told apart by lightness too, for those who see no colours.
const START: RGBColor = RGBColor(0, 90, 181);
const REST: RGBColor = RGBColor(150, 190, 230);
const TEXT: RGBColor = RGBColor(40, 40, 40);

/// A bar: its name, its dark part, and all of it.
type Bar = (String, f64, f64);

/// An SVG with both panels side by side, on white whatever the page's colours.
pub(super) fn svg(measured: &[Measured]) -> Result<String> {
    let cold = measured
        .iter()
        .map(|program| (program.name.to_owned(), program.init_cpu_ms.median, program.cold_cpu_ms.median));
    let warm = measured.iter().filter_map(|program| {
        let (batch, warm) = program.warm.iter().next_back()?;
        let name = if *batch == 1 { format!("{}, one by one", program.name) } else { program.name.to_owned() };
        Some((name, warm.cpu_us.median, warm.cpu_us.median))
    });
    let panels = [
        ("CPU ms to the first answer (dark: init)", cold.collect::<Vec<_>>()),
        ("CPU µs a lead, warm, batches of ten", warm.collect()),
    ];
    let mut svg = String::new();
    draw(&panels, &mut svg).map_err(|fault| anyhow!("the plot can't be drawn: {fault}"))?;
    Ok(svg)
}

fn draw(panels: &[(&str, Vec<Bar>)], svg: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(svg, (520 * panels.len() as u32, 300)).into_drawing_area();
    root.fill(&WHITE)?;
    for (area, (title, bars)) in root.split_evenly((1, panels.len())).iter().zip(panels) {
        let longest = bars.iter().map(|bar| bar.2).fold(0.0, f64::max);
        let mut chart = ChartBuilder::on(area)
            .margin(12)
            .caption(title, ("sans-serif", 16))
            .build_cartesian_2d(-0.42 * longest..1.2 * longest, (bars.len() as f64)..0.0)?;
        for (row, (name, dark, all)) in bars.iter().enumerate() {
            let (top, bottom, middle) = (row as f64 + 0.15, row as f64 + 0.85, row as f64 + 0.5);
            let style = |side| ("sans-serif", 14).into_font().color(&TEXT).pos(Pos::new(side, VPos::Center));
            chart.draw_series([
                Rectangle::new([(0.0, top), (*all, bottom)], REST.filled()),
                Rectangle::new([(0.0, top), (*dark, bottom)], START.filled()),
            ])?;
            chart.draw_series([
                Text::new(name.clone(), (-0.02 * longest, middle), style(HPos::Right)),
                Text::new(figure(*all), (all + 0.02 * longest, middle), style(HPos::Left)),
            ])?;
        }
    }
    root.present()?;
    Ok(())
}
