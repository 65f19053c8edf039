//! Pictures of figures, as SVG inside the page, drawn with `plotters`. Colours are those of Okabe and Ito, which
//! colour-blind readers tell apart; parts touch with a white line between, and the table below each picture has the
//! figures.

use anyhow::Result;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::shown::cut;

/// Eight colours: blue, orange, green, vermilion, sky, purple, yellow, grey.
const COLOURS: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(213, 94, 0),
    RGBColor(86, 180, 233),
    RGBColor(204, 121, 167),
    RGBColor(240, 228, 66),
    RGBColor(150, 150, 150),
];
const INK: RGBColor = RGBColor(34, 34, 34);
const FAINT: RGBColor = RGBColor(85, 85, 85);
const LINE: RGBColor = RGBColor(221, 221, 221);

const WIDTH: i32 = 880;
const LABELS: i32 = 220;
/// Room behind the bars for what they say.
const BEHIND: i32 = 170;
/// Columns of a label.
const LABEL_COLUMNS: usize = 32;

/// What happened in time, late, and not at all.
pub const KEPT: [usize; 3] = [0, 1, 3];

fn colour(at: usize) -> RGBColor {
    COLOURS.get(at % COLOURS.len()).copied().unwrap_or(INK)
}

/// A row of bars.
pub struct Row {
    /// What it is of.
    pub label: String,
    /// A number a series.
    pub values: Vec<f64>,
    /// What stands behind each bar, or behind the whole.
    pub shown: Vec<String>,
}

struct Canvas<'a>(DrawingArea<SVGBackend<'a>, Shift>);

impl Canvas<'_> {
    fn bar(&self, (x, y): (i32, i32), (width, height): (i32, i32), colour: RGBColor) -> Result<()> {
        if width > 0 && height > 0 {
            self.0.draw(&Rectangle::new([(x, y), (x + width, y + height)], colour.filled()))?;
        }
        Ok(())
    }

    fn text(&self, text: &str, at: (i32, i32), h: HPos, size: i32, colour: RGBColor) -> Result<()> {
        // plotters writes 1/1.24 of a font's size.
        let font = ("system-ui, sans-serif", f64::from(size) * 1.24).into_font();
        let style = TextStyle::from(font).color(&colour).pos(Pos::new(h, VPos::Center));
        self.0.draw(&Text::new(text.to_owned(), at, style))?;
        Ok(())
    }

    fn line(&self, from: (i32, i32), to: (i32, i32)) -> Result<()> {
        self.0.draw(&PathElement::new(vec![from, to], LINE.stroke_width(1)))?;
        Ok(())
    }

    /// The names of the series, in as many lines as they need; `mark` draws what stands before each.
    fn legend(&self, series: &[String], mark: impl Fn(&Self, usize, (i32, i32)) -> Result<()>) -> Result<()> {
        if series.len() < 2 {
            return Ok(());
        }
        let (mut x, mut y) = (LABELS, 12);
        for (at, name) in series.iter().enumerate() {
            let name = cut(name, 40);
            let width = 34 + 8 * i32::try_from(unicode_width::UnicodeWidthStr::width(name.as_str())).unwrap_or(0);
            if x + width > WIDTH && x > LABELS {
                (x, y) = (LABELS, y + 22);
            }
            mark(self, at, (x + 6, y))?;
            self.text(&name, (x + 18, y), HPos::Left, 13, INK)?;
            x += width;
        }
        Ok(())
    }

    fn square(&self, (x, y): (i32, i32), at: usize) -> Result<()> {
        self.bar((x - 6, y - 6), (12, 12), colour(at))
    }

    /// A circle, a square or a triangle.
    fn shape(&self, at: usize, place: (i32, i32)) -> Result<()> {
        let style = colour(at).filled();
        match at % 3 {
            0 => self.0.draw(&Circle::new(place, 7, style))?,
            1 => self.square(place, at)?,
            _ => self.0.draw(&TriangleMarker::new(place, 8, style))?,
        }
        Ok(())
    }
}

fn legend_height(series: &[String]) -> i32 {
    if series.len() < 2 { 0 } else { 28 + 22 * i32::try_from(series.len() / 4).unwrap_or(0) }
}

fn draw(height: i32, paint: impl FnOnce(&Canvas<'_>) -> Result<()>) -> Result<String> {
    let mut svg = String::new();
    {
        let size = (u32::try_from(WIDTH)?, u32::try_from(height)?);
        let canvas = Canvas(SVGBackend::with_string(&mut svg, size).into_drawing_area());
        paint(&canvas)?;
        canvas.0.present()?;
    }
    Ok(svg)
}

/// A length in pixels; the longest value takes `most` of them, and one that is not 0 is seen.
fn pixels(value: f64, longest: f64, most: i32) -> i32 {
    if value <= 0.0 || longest <= 0.0 {
        return 0;
    }
    // Between 1 and `most`, which an i32 holds.
    (value / longest * f64::from(most)).round().clamp(1.0, f64::from(most)) as i32
}

fn label(canvas: &Canvas<'_>, text: &str, y: i32) -> Result<()> {
    canvas.text(&cut(text, LABEL_COLUMNS), (LABELS - 10, y), HPos::Right, 13, INK)
}

/// Bars from the left, one a series, each with its figure behind it.
pub fn bars(series: &[String], rows: &[Row]) -> Result<String> {
    let each = if series.len() == 1 { 20 } else { 15 };
    let of_row = each * i32::try_from(series.len())? + 10;
    let top = legend_height(series);
    let height = top + of_row * i32::try_from(rows.len())? + 6;
    let longest = rows.iter().flat_map(|row| &row.values).copied().fold(0.0, f64::max);
    draw(height, |canvas| {
        canvas.legend(series, |canvas, at, place| canvas.square(place, at))?;
        let mut y = top;
        for row in rows {
            label(canvas, &row.label, y + (of_row - 10) / 2)?;
            for (at, value) in row.values.iter().enumerate() {
                let width = pixels(*value, longest, WIDTH - LABELS - BEHIND);
                let y = y + each * i32::try_from(at)?;
                canvas.bar((LABELS, y), (width, each - 2), colour(at))?;
                if let Some(shown) = row.shown.get(at) {
                    canvas.text(shown, (LABELS + width + 8, y + each / 2 - 1), HPos::Left, 12, FAINT)?;
                }
            }
            y += of_row;
        }
        canvas.line((LABELS, top - 2), (LABELS, height - 8))
    })
}

/// Bars of one length, divided by the parts of the whole; behind each what the whole is. `colours` are those of the series,
/// in order.
pub fn parts(series: &[String], colours: &[usize], rows: &[Row]) -> Result<String> {
    let of = |at: usize| colours.get(at).copied().unwrap_or(at);
    let top = legend_height(series);
    let height = top + 30 * i32::try_from(rows.len())? + 6;
    draw(height, |canvas| {
        canvas.legend(series, |canvas, at, place| canvas.square(place, of(at)))?;
        for (at, row) in rows.iter().enumerate() {
            let y = top + 30 * i32::try_from(at)?;
            label(canvas, &row.label, y + 10)?;
            let whole: f64 = row.values.iter().sum();
            let (mut x, mut before) = (LABELS, 0.0);
            for (at, value) in row.values.iter().enumerate() {
                before += value;
                let end = LABELS + pixels(before, whole, WIDTH - LABELS - BEHIND);
                // One pixel stays white between two parts.
                canvas.bar((x, y), (end - x - 1, 20), colour(of(at)))?;
                let shown = format!("{:.0} %", value / whole * 100.0);
                if end - x > 40 {
                    let ink = if matches!(of(at) % COLOURS.len(), 0 | 2 | 3) { WHITE } else { BLACK };
                    canvas.text(&shown, ((x + end) / 2, y + 10), HPos::Center, 11, ink)?;
                }
                x = end;
            }
            if let Some(shown) = row.shown.first() {
                canvas.text(shown, (WIDTH - BEHIND + 8, y + 10), HPos::Left, 12, FAINT)?;
            }
        }
        Ok(())
    })
}

/// Columns over time, divided by series. `rows` are in order of time.
pub fn columns(series: &[String], rows: &[Row]) -> Result<String> {
    const PLOT: i32 = 200;
    let top = legend_height(series) + 10;
    let height = top + PLOT + 34;
    let most = round_top(rows.iter().map(|row| row.values.iter().sum::<f64>()).fold(0.0, f64::max));
    let left = 80;
    let each = ((WIDTH - left - 10) / i32::try_from(rows.len().max(1))?).min(72);
    let every = (56 / each.max(1) + 1).max(1);
    draw(height, |canvas| {
        canvas.legend(series, |canvas, at, place| canvas.square(place, at))?;
        for quarter in 0..=4 {
            let y = top + PLOT - PLOT * quarter / 4;
            canvas.line((left, y), (WIDTH - 10, y))?;
            let value = (most * f64::from(quarter) / 4.0).round().clamp(0.0, 1e15) as u64;
            canvas.text(&super::shown::grouped(value), (left - 8, y), HPos::Right, 12, FAINT)?;
        }
        for (at, row) in rows.iter().enumerate() {
            let at = i32::try_from(at)?;
            let (x, mut sum, mut y) = (left + at * each, 0.0, top + PLOT);
            for (of, value) in row.values.iter().enumerate() {
                sum += value;
                let upper = top + PLOT - pixels(sum, most, PLOT);
                canvas.bar((x + each / 8, upper), (each * 3 / 4, y - upper - 1), colour(of))?;
                y = upper;
            }
            if at % every == 0 {
                canvas.text(&row.label, (x + each / 2, top + PLOT + 16), HPos::Center, 12, FAINT)?;
            }
        }
        Ok(())
    })
}

/// The next number whose quarters are round ones.
fn round_top(most: f64) -> f64 {
    let size = 10_f64.powf(most.max(4.0).log10().floor());
    let steps = [1.0, 1.2, 1.6, 2.0, 2.4, 2.8, 3.2, 4.0, 5.0, 6.0, 8.0, 10.0].map(|step| step * size);
    steps.into_iter().find(|top| *top >= most && (top / 4.0).fract() == 0.0).unwrap_or(most)
}

/// Marks on an axis of time on which each step is ten times the one before; each series has a shape of its own.
pub fn times(series: &[String], rows: &[Row], ticks: &[(f64, String)]) -> Result<String> {
    let top = legend_height(series) + 6;
    let bottom = top + 30 * i32::try_from(rows.len())?;
    let longest = rows.iter().flat_map(|row| &row.values).copied().fold(10.0, f64::max);
    let x = |seconds: f64| {
        let part = (seconds.max(1.0).log10() / longest.log10()).clamp(0.0, 1.0);
        LABELS + (part * f64::from(WIDTH - LABELS - 30)).round() as i32
    };
    draw(bottom + 34, |canvas| {
        canvas.legend(series, Canvas::shape)?;
        for (seconds, name) in ticks.iter().filter(|(seconds, _)| *seconds <= longest) {
            canvas.line((x(*seconds), top), (x(*seconds), bottom))?;
            canvas.text(name, (x(*seconds), bottom + 14), HPos::Center, 12, FAINT)?;
        }
        for (at, row) in rows.iter().enumerate() {
            let y = top + 15 + 30 * i32::try_from(at)?;
            label(canvas, &row.label, y)?;
            let ends = (row.values.first(), row.values.last());
            if let (Some(first), Some(last)) = ends {
                canvas.bar((x(*first), y - 1), (x(*last) - x(*first), 2), COLOURS[7])?;
            }
            for (of, value) in row.values.iter().enumerate() {
                canvas.shape(of, (x(*value), y))?;
            }
        }
        Ok(())
    })
}

/// A grid of numbers, the darker the more. `rows` have a number a column.
pub fn heat(names: &[String], rows: &[Row]) -> Result<String> {
    let columns = i32::try_from(names.len().max(1))?;
    let each = (WIDTH - LABELS - 10) / columns;
    let most = rows.iter().flat_map(|row| &row.values).copied().fold(0.0, f64::max);
    let height = 34 + 32 * i32::try_from(rows.len())?;
    draw(height, |canvas| {
        for (at, name) in names.iter().enumerate() {
            let x = LABELS + each * i32::try_from(at)? + each / 2;
            let columns = usize::try_from(each / 8).unwrap_or(8);
            canvas.text(&cut(name, columns), (x, 14), HPos::Center, 12, INK)?;
        }
        for (at, row) in rows.iter().enumerate() {
            let y = 30 + 32 * i32::try_from(at)?;
            label(canvas, &row.label, y + 14)?;
            for (column, value) in row.values.iter().enumerate() {
                let x = LABELS + each * i32::try_from(column)?;
                let part = if most > 0.0 { value / most } else { 0.0 };
                let shade = |light: f64, dark: f64| (light + (dark - light) * part).round().clamp(0.0, 255.0) as u8;
                let fill = RGBColor(shade(240.0, 0.0), shade(246.0, 84.0), shade(252.0, 147.0));
                canvas.bar((x, y), (each - 2, 29), fill)?;
                let ink = if part > 0.5 { WHITE } else { INK };
                if let Some(shown) = row.shown.get(column) {
                    canvas.text(shown, (x + each / 2, y + 14), HPos::Center, 12, ink)?;
                }
            }
        }
        Ok(())
    })
}
