//! The four fields that the two scores span, as a square.

use leads::decision::Quadrant;

use super::canvas::{Canvas, Ink, wrap};
use super::{PADDING, Picture, RIGHT, RIGHT_WIDTH};
use crate::show;

/// For the words along the left side.
const AXIS: u32 = 96;
const FIELD_WIDTH: u32 = (RIGHT_WIDTH - AXIS) / 2 - 4;
const FIELD_HEIGHT: u32 = 96;

/// Draws them; answers the height.
pub(super) fn draw(canvas: &mut Canvas, y: u32, picture: &Picture<'_>) -> u32 {
    let scoring = &picture.scoring;
    let standard = format!("Qualified: hot, or intent and value together {} or more", scoring.standard);
    let top = y + canvas.text(RIGHT, y + 6, Ink::Plain, &wrap(&standard, Ink::Plain, RIGHT_WIDTH, 2)) + 14;
    let (left, right) = (RIGHT + AXIS, RIGHT + AXIS + FIELD_WIDTH + 8);
    let (upper, lower) = (top, top + FIELD_HEIGHT + 8);
    for (quadrant, x, y) in [
        (Quadrant::Review, left, upper),
        (Quadrant::Hot, right, upper),
        (Quadrant::Nurture, left, lower),
        (Quadrant::SelfService, right, lower),
    ] {
        field(canvas, x, y, quadrant, picture);
    }
    let side = |least: i32, high: bool| if high { format!("{least}–100") } else { format!("0–{}", least - 1) };
    for (y, high) in [(upper, true), (lower, false)] {
        let words = ["value".to_owned(), side(scoring.value_high, high)];
        canvas.text(RIGHT, y + FIELD_HEIGHT / 2 - 20, Ink::Plain, &words);
    }
    let bottom = lower + FIELD_HEIGHT + 4;
    for (x, high) in [(left, false), (right, true)] {
        canvas.centred(x + FIELD_WIDTH / 2, bottom, Ink::Plain, &format!("intent {}", side(scoring.intent_high, high)));
    }
    bottom + Ink::Plain.line() - y
}

fn field(canvas: &mut Canvas, x: u32, y: u32, quadrant: Quadrant, picture: &Picture<'_>) {
    canvas.frame("field", x, y, FIELD_WIDTH, FIELD_HEIGHT);
    let Some(field) = picture.routing.quadrants.iter().find(|field| field.quadrant == quadrant) else { return };
    let inside = FIELD_WIDTH - 2 * PADDING;
    let mut at = y + 6;
    at += canvas.text(x + PADDING, at, Ink::Strong, &wrap(show::quadrant(quadrant), Ink::Strong, inside, 1));
    let queue = match &field.queue {
        Some(queue) => format!("→ {queue}"),
        None => "→ the next steps".to_owned(),
    };
    at += canvas.text(x + PADDING, at, Ink::Plain, &wrap(&queue, Ink::Plain, inside, 1));
    let strategy = field.strategy.as_deref().unwrap_or_default();
    canvas.text(x + PADDING, at, Ink::Faint, &wrap(strategy, Ink::Faint, inside, 2));
}
