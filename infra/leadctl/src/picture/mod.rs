//! Routing as a picture that a sales manager can read: from left to right the steps in their order, what they ask, and
//! the queues they end in. The same rules give the same bytes.

mod canvas;
mod dashboard;
mod quadrants;

use leads::id::Queue;
use leads::rules::RuleSet;
use leads::rules::outline::{Destination, Routing, Row, Scoring, Step, Table};

use canvas::{Canvas, Ink, height, wrap};
pub use dashboard::layout;

const WIDTH: u32 = 1000;
const MARGIN: u32 = 24;
/// Inside a box.
const PADDING: u32 = 12;
/// Between boxes below each other.
const GAP: u32 = 30;
/// The steps.
const STEP_WIDTH: u32 = 330;
/// What they lead to.
const RIGHT: u32 = MARGIN + STEP_WIDTH + 46;
const RIGHT_WIDTH: u32 = WIDTH - MARGIN - RIGHT;
/// The queues.
const QUEUE_WIDTH: u32 = 266;
const TEXT_WIDTH: u32 = QUEUE - RIGHT - 40;
const QUEUE: u32 = WIDTH - MARGIN - QUEUE_WIDTH;
const QUEUE_HEIGHT: u32 = 50;

/// How many rows of a table are drawn; of a longer one fewer, and a line that sums up the others.
const MOST_ROWS: usize = 12;
const ROWS_OF_A_LONG_TABLE: usize = 8;
/// How many lines the values of a row take.
const VALUE_LINES: usize = 3;

/// Draws the routing rules.
pub fn routing(rules: &RuleSet) -> String {
    let picture = Picture { rules, routing: rules.routing_outline(), scoring: rules.scoring_outline() };
    let mut canvas = Canvas::new(WIDTH);
    let mut y = MARGIN;
    y += canvas.text(MARGIN, y, Ink::Heading, &["Whose lead is it?".to_owned()]);
    let intro = "The steps are tried from the top; the first that finds a queue decides.";
    y += canvas.text(MARGIN, y, Ink::Faint, &[intro.to_owned()]) + PADDING;

    let mut shown: Vec<(&str, usize)> = Vec::new();
    let last = picture.routing.steps.len();
    for (number, step) in (1..).zip(&picture.routing.steps) {
        let left = picture.step(&mut canvas, y, number, step);
        let earlier = match &step.to {
            Destination::Table { table, .. } => {
                shown.iter().find(|(id, _)| *id == table.as_str()).map(|(_, step)| *step)
            }
            _ => None,
        };
        let right = picture.destination(&mut canvas, y, step, earlier);
        if let (Destination::Table { table, .. }, None) = (&step.to, earlier) {
            shown.push((table, number));
        }
        canvas.arrow((MARGIN + STEP_WIDTH, y + QUEUE_HEIGHT / 2), (RIGHT - 8, y + QUEUE_HEIGHT / 2));
        let next = y + left.max(right) + GAP;
        if number < last {
            canvas.arrow((MARGIN + STEP_WIDTH / 2, y + left), (MARGIN + STEP_WIDTH / 2, next));
        }
        y = next;
    }
    if !picture.routing.steps.iter().any(|step| step.to == Destination::Quadrant) {
        y += quadrants::draw(&mut canvas, y, &picture) + GAP;
    }
    canvas.finish(y - GAP + MARGIN, "Whose lead is it?", &picture.in_words())
}

struct Picture<'r> {
    rules: &'r RuleSet,
    routing: Routing,
    scoring: Scoring,
}

impl Picture<'_> {
    /// A step's box; answers its height.
    fn step(&self, canvas: &mut Canvas, y: u32, number: usize, step: &Step) -> u32 {
        let inside = STEP_WIDTH - 2 * PADDING;
        let name = wrap(&format!("{number}  {}", step.id), Ink::Strong, inside, 2);
        let when = match &step.when {
            Some(when) => format!("If {when}"),
            None => "Every lead that gets here".to_owned(),
        };
        let when = wrap(&when, Ink::Plain, inside, 6);
        let why = wrap(&step.why, Ink::Faint, inside, 4);
        let tall = height(Ink::Strong, &name) + height(Ink::Plain, &when) + height(Ink::Faint, &why) + 2 * PADDING + 4;
        canvas.frame("step", MARGIN, y, STEP_WIDTH, tall);
        let mut at = y + PADDING;
        at += canvas.text(MARGIN + PADDING, at, Ink::Strong, &name);
        at += canvas.text(MARGIN + PADDING, at, Ink::Plain, &when) + 4;
        canvas.text(MARGIN + PADDING, at, Ink::Faint, &why);
        tall
    }

    /// What a step leads to; answers the height.
    fn destination(&self, canvas: &mut Canvas, y: u32, step: &Step, earlier: Option<usize>) -> u32 {
        let tall = match &step.to {
            Destination::Queue(queue) => self.queue(canvas, RIGHT, y, queue),
            Destination::Quadrant => quadrants::draw(canvas, y, self),
            Destination::Table { table, otherwise } => {
                let mut tall = match (earlier, self.routing.tables.iter().find(|other| other.id == *table)) {
                    (Some(number), _) => {
                        let text = format!("The table “{table}”, as in step {number}");
                        canvas.text(RIGHT, y + 15, Ink::Plain, &wrap(&text, Ink::Plain, RIGHT_WIDTH, 2)) + 24
                    }
                    (None, Some(table)) => self.table(canvas, y, table),
                    (None, None) => 0,
                };
                if let Some(queue) = otherwise {
                    tall += self.line(canvas, y + tall, &["no row fits".to_owned()], queue, None);
                }
                tall
            }
        };
        let owner = match step.owner {
            Some("account") => "with the account's owner",
            Some(_) => "with the owner that the source names",
            None => return tall,
        };
        tall + canvas.text(RIGHT, y + tall + 2, Ink::Faint, &[owner.to_owned()]) + 2
    }

    fn table(&self, canvas: &mut Canvas, y: u32, table: &Table) -> u32 {
        let how = if table.compares_all { " and " } else { ", else " };
        let title = format!("The table “{}”, by {}", table.id, table.fields.join(how));
        let title = wrap(&title, Ink::Plain, RIGHT_WIDTH, 3);
        let mut tall = canvas.text(RIGHT, y + 6, Ink::Plain, &title) + 14;
        let drawn = if table.rows.len() > MOST_ROWS { ROWS_OF_A_LONG_TABLE } else { table.rows.len() };
        for row in table.rows.iter().take(drawn) {
            let mut lines = values(table, row);
            if let Some(when) = &row.when {
                lines.extend(wrap(&format!("if {when}"), Ink::Plain, TEXT_WIDTH, 3));
            }
            tall += self.line(canvas, y + tall, &lines, &row.queue, row.owner.as_deref());
        }
        if drawn < table.rows.len() {
            let others: Vec<&Row> = table.rows.iter().skip(drawn).collect();
            let mut queues: Vec<&str> = others.iter().map(|row| row.queue.as_str()).collect();
            queues.sort_unstable();
            queues.dedup();
            let text = format!("… and {} more rows, to {}", others.len(), queues.join(", "));
            tall += canvas.text(RIGHT, y + tall, Ink::Plain, &wrap(&text, Ink::Plain, RIGHT_WIDTH, 4)) + 8;
        }
        tall
    }

    /// Lines of text, and the queue they lead to; answers the height.
    fn line(&self, canvas: &mut Canvas, y: u32, lines: &[String], queue: &Queue, owner: Option<&str>) -> u32 {
        let mut lines = lines.to_vec();
        if let Some(owner) = owner {
            lines.extend(wrap(&format!("owner {owner}"), Ink::Plain, TEXT_WIDTH, 1));
        }
        let text = height(Ink::Plain, &lines);
        let tall = text.max(QUEUE_HEIGHT);
        canvas.text(RIGHT, y + (tall - text) / 2, Ink::Plain, &lines);
        canvas.arrow((QUEUE - 34, y + tall / 2), (QUEUE - 4, y + tall / 2));
        self.queue(canvas, QUEUE, y + (tall - QUEUE_HEIGHT) / 2, queue);
        tall + 8
    }

    fn queue(&self, canvas: &mut Canvas, x: u32, y: u32, queue: &Queue) -> u32 {
        canvas.frame("queue", x, y, QUEUE_WIDTH, QUEUE_HEIGHT);
        let title = self.rules.queue(queue).map_or(queue.as_str(), |spec| &spec.title);
        let inside = QUEUE_WIDTH - 2 * PADDING;
        canvas.text(x + PADDING, y + 5, Ink::Strong, &wrap(title, Ink::Strong, inside, 1));
        canvas.text(x + PADDING, y + 26, Ink::Faint, &wrap(queue.as_str(), Ink::Faint, inside, 1));
        QUEUE_HEIGHT
    }

    /// The picture for those who hear it.
    fn in_words(&self) -> String {
        let step = |step: &Step| {
            let to = match &step.to {
                Destination::Queue(queue) => format!("queue {queue}"),
                Destination::Table { table, .. } => format!("the table {table}"),
                Destination::Quadrant => "the queue of its quadrant".to_owned(),
            };
            format!("{}: if {}, then {to}", step.id, step.when.as_deref().unwrap_or("nothing else fits"))
        };
        self.routing.steps.iter().map(step).collect::<Vec<_>>().join("; ") + "."
    }
}

/// What a row asks for. Of long lists the first values are named, and the others counted.
fn values(table: &Table, row: &Row) -> Vec<String> {
    let longest = row.cells.iter().map(Vec::len).max().unwrap_or_default();
    let fits = |named| {
        let lines = wrap(&first_values(table, row, named), Ink::Plain, TEXT_WIDTH, usize::MAX);
        (lines.len() <= VALUE_LINES).then_some(lines)
    };
    let cut = || wrap(&first_values(table, row, 1), Ink::Plain, TEXT_WIDTH, VALUE_LINES);
    (1..=longest.max(1)).rev().find_map(fits).unwrap_or_else(cut)
}

/// What a row asks for, with so many values of each of its cells.
fn first_values(table: &Table, row: &Row, named: usize) -> String {
    let filled = table.fields.iter().zip(&row.cells).filter(|(_, values)| !values.is_empty());
    let cells: Vec<String> = filled
        .map(|(field, values)| {
            let joint = if table.compares_all { " or " } else { ", " };
            let text = values.iter().take(named).map(String::as_str).collect::<Vec<_>>().join(joint);
            let more = values.len().saturating_sub(named);
            let text = if more > 0 { format!("{text} and {more} more") } else { text };
            if table.compares_all { format!("{field} {text}") } else { text }
        })
        .collect();
    match cells.as_slice() {
        [] => "anything".to_owned(),
        cells => cells.join("; "),
    }
}
