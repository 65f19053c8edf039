//! The dashboard's layout: each widget at its place, with what it shows.

use super::canvas::{Canvas, Ink, wrap};
use crate::dashboard::{COLUMNS, Widget};

const WIDTH: u32 = 1000;
const MARGIN: u32 = 20;
const COLUMN: u32 = (WIDTH - 2 * MARGIN) / COLUMNS;
const ROW: u32 = 22;
/// Between widgets, and inside them.
const GAP: u32 = 6;

/// Draws widgets; the rows above the first one hold the legend.
pub fn layout(widgets: &[Widget]) -> String {
    let mut canvas = Canvas::new(WIDTH);
    canvas.text(MARGIN, MARGIN, Ink::Heading, &["Leads, from the form to sales".to_owned()]);
    let mut bottom = 0;
    for widget in widgets {
        let (x, y) = (MARGIN + widget.x * COLUMN, MARGIN + widget.y * ROW);
        let (width, height) = (widget.width * COLUMN - GAP, widget.height * ROW - GAP);
        canvas.frame("step", x, y, width, height);
        let inside = width - 2 * GAP;
        let title = wrap(&widget.title, Ink::Strong, inside, 2);
        let used = canvas.text(x + GAP, y + GAP, Ink::Strong, &title);
        let labels: Vec<&str> = widget.lines.iter().map(|line| line.label.as_str()).collect();
        let room = (height - 2 * GAP).saturating_sub(used) / Ink::Faint.line();
        let labels = wrap(&labels.join(", "), Ink::Faint, inside, room as usize);
        canvas.text(x + GAP, y + GAP + used, Ink::Faint, &labels);
        bottom = bottom.max(y + height);
    }
    let titles: Vec<&str> = widgets.iter().map(|widget| widget.title.as_str()).collect();
    canvas.finish(bottom + MARGIN, "The dashboard", &titles.join(", "))
}
