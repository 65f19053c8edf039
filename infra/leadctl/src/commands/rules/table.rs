//! `leadctl rules table`: routing for people, as a table or as a picture.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use leads::rules::RuleSet;
use leads::rules::outline::{Destination, Table};

use crate::{picture, show};

/// Which rules, and how.
#[derive(Args)]
#[command(after_help = "\
Examples:
  leadctl rules table                            the steps and tables of infra/rules
  leadctl rules table --svg routing.svg          the same as a picture
  leadctl rules table --rules new-rules --json")]
pub struct Arguments {
    /// Another folder than infra/rules.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Draw a picture instead; `-` for standard output.
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    svg: Option<PathBuf>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl Arguments {
    /// Shows them.
    pub(super) fn run(&self) -> Result<bool> {
        let rules = super::load(self.rules.clone())?;
        match &self.svg {
            Some(file) if file == Path::new("-") => std::io::stdout().write_all(picture::routing(&rules).as_bytes())?,
            Some(file) => {
                std::fs::write(file, picture::routing(&rules))
                    .with_context(|| format!("cannot write {}", file.display()))?;
            }
            None if self.json => {
                let outline = serde_json::json!({
                    "version": rules.version(), "routing": rules.routing_outline(), "scoring": rules.scoring_outline(),
                });
                println!("{}", serde_json::to_string_pretty(&outline)?);
            }
            None => print(&rules),
        }
        Ok(true)
    }
}

fn print(rules: &RuleSet) {
    let routing = rules.routing_outline();
    let mut table = show::table(&["", "step", "applies if", "goes to", "why"]);
    for (number, step) in (1..).zip(&routing.steps) {
        let to = match &step.to {
            Destination::Queue(queue) => queue.to_string(),
            Destination::Table { table, otherwise: None } => format!("table {table}"),
            Destination::Table { table, otherwise: Some(queue) } => format!("table {table}, else {queue}"),
            Destination::Quadrant => "its quadrant's queue".to_owned(),
        };
        let when = step.when.as_deref().unwrap_or("always");
        table.add_row([&number.to_string(), &step.id, when, &to, &step.why]);
    }
    println!("{table}");

    let scoring = rules.scoring_outline();
    println!(
        "\nquadrants: intent is high from {}, value from {}; qualified if both are, or from {} together",
        scoring.intent_high, scoring.value_high, scoring.standard
    );
    let mut table = show::table(&["quadrant", "queue", "strategy"]);
    for field in &routing.quadrants {
        let queue = field.queue.as_ref().map_or("the next steps", |queue| queue.as_str());
        table.add_row([show::quadrant(field.quadrant), queue, field.strategy.as_deref().unwrap_or("–")]);
    }
    println!("{table}");
    routing.tables.iter().for_each(print_table);
}

fn print_table(of: &Table) {
    println!(
        "\ntable {}: {}",
        of.id,
        if of.compares_all { "the first row whose every cell fits" } else { "the first field that a row lists" }
    );
    let header = ["row"].into_iter().chain(of.fields.iter().map(String::as_str)).chain(["and if", "queue", "owner"]);
    let mut table = show::table(&header.collect::<Vec<_>>());
    for row in &of.rows {
        let cells = row.cells.iter().map(|cell| cell.join(", "));
        let rest = [row.when.clone().unwrap_or_default(), row.queue.to_string(), row.owner.clone().unwrap_or_default()];
        table.add_row([row.id.clone()].into_iter().chain(cells).chain(rest));
    }
    println!("{table}");
}
