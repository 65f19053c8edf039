//! `leadctl explain LEAD_ID`: where a lead stands, why, what happened, and what a person may do now.

use anyhow::{Result, bail};
use clap::Args;
use comfy_table::{Attribute, Cell, Table};
use jiff::Timestamp;
use leads::ports::ReadHistory;
use leads::submission::shown;

use super::place::Where;
use crate::client::{Client, lead_id};
use crate::show;
use crate::story::{Decided, Happened, Next, Scores, Story, Teller, axis, when};
use crate::workspace::Workspace;

/// How many characters a full score is long.
const BAR: i32 = 20;

/// Which lead.
#[derive(Args)]
pub struct Arguments {
    /// The id that the intake answered with: `ld_…`.
    lead_id: String,
    /// Its rows as JSON; these hold personal data.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

impl Arguments {
    /// Explains it.
    pub async fn run(&self) -> Result<bool> {
        run(&self.place.client().await?, &self.lead_id, self.json).await?;
        Ok(true)
    }
}

/// Prints the lead's story from its rows.
pub async fn run(client: &Client, lead: &str, as_json: bool) -> Result<()> {
    let id = lead_id(lead)?;
    let rows = client.aws.history(&id).await?;
    if as_json && !rows.is_empty() {
        println!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    let teller = Teller::new(crate::rules_here(&Workspace::find()?)?, client.stack.name_on_aws());
    let Some(story) = Story::of(&rows, &teller, Timestamp::now()) else {
        bail!("there is no lead {id} in the stack `{}`", client.stack.facts.name);
    };
    print(&story);
    Ok(())
}

fn print(story: &Story) {
    let mut top = Table::new();
    println!("{}  {}", story.lead_id, story.stage.name());
    for said in [Some(&story.answer), story.because.as_ref(), story.then.as_ref()].into_iter().flatten() {
        let line = cell(said);
        top.add_row([if said == &story.answer { strong(line) } else { line }]);
    }
    block(top);
    let mut facts = Table::new();
    for (name, value) in &story.facts {
        facts.add_row([cell(name), cell(value)]);
    }
    block(facts);
    if let Some(decision) = &story.decision {
        print_decision(decision);
    }
    if let Some(scores) = &story.scores {
        print_scores(scores);
    }
    print_happened(&story.happened);
    print_next(&story.next);
}

fn print_decision(decision: &Decided) {
    let rules = if decision.as_here { "as here" } else { "others than here" };
    head(&format!("why {}  (rules {}, {rules})", decision.queue, decision.rules));
    let mut steps = Table::new();
    for step in &decision.steps {
        let (mark, name, why) = (if step.fired { "→" } else { " " }, cell(&step.step), cell(&step.why));
        let row = [cell(mark), name, why];
        steps.add_row(row.map(|cell| if step.fired { strong(cell) } else { cell }));
    }
    block(steps);
}

fn print_scores(scores: &Scores) {
    head(&format!("scores: {}", show::quadrant(scores.quadrant)));
    let mut table = Table::new();
    for (name, score) in [("intent", scores.intent), ("value", scores.value)] {
        let full = (score * BAR / 100).clamp(0, BAR);
        let bar: String = (0..BAR).map(|at| if at < full { '█' } else { '░' }).collect();
        table.add_row([cell(&format!("{score:>4}")), cell(name), cell(&bar)].map(strong));
        let parts = scores.points.iter().filter(|part| axis(part.axis) == name);
        for part in parts {
            table.add_row([
                cell(&format!("{:>+4}", part.points)),
                cell(""),
                cell(&format!("{} ({})", part.why, part.rule)),
            ]);
        }
    }
    block(table);
    if let Some(verdict) = &scores.verdict {
        println!("  {}", shown(verdict));
    }
}

fn print_happened(happened: &[Happened]) {
    head("what happened (UTC)");
    let mut table = Table::new();
    for thing in happened {
        let lead = thing.lead.as_ref().map(|lead| format!(" ({lead})")).unwrap_or_default();
        table.add_row([cell(&when::second(thing.at)), cell(&format!("{}{lead}", thing.what))]);
    }
    block(table);
}

/// Commands are not wrapped, so that they can be copied.
fn print_next(next: &[Next]) {
    if next.is_empty() {
        return;
    }
    head("what a person may do now");
    for action in next {
        println!("  {}\n      {}", action.what, action.command);
        if !action.choices.is_empty() {
            let mut choices = Table::new();
            choices.add_row([cell("    "), cell(&format!("one of {}", action.choices.join(", ")))]);
            block(choices);
        }
    }
}

fn head(text: &str) {
    println!();
    if show::colour() {
        println!("\u{1b}[1m{}\u{1b}[0m", shown(text));
    } else {
        println!("{}", shown(text));
    }
}

/// A cell in which nothing acts on the terminal.
fn cell(text: &str) -> Cell {
    show::cell(shown(text))
}

fn strong(cell: Cell) -> Cell {
    if show::colour() { cell.add_attribute(Attribute::Bold) } else { cell }
}

/// Prints rows below a heading, indented, as wide as the terminal at most.
fn block(mut table: Table) {
    show::arrange(&mut table);
    if table.is_empty() {
        return;
    }
    for line in table.lines() {
        println!(" {}", line.trim_end());
    }
}
