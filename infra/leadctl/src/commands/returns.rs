//! `leadctl returns`: which rules give out leads that sales sends back.

use anyhow::Result;
use clap::Args;
use comfy_table::CellAlignment;
use jiff::Timestamp;

use super::place::Where;
use crate::pool;
use crate::returns::count;
use crate::show;

/// Since when.
#[derive(Args)]
#[command(after_help = "\
Examples:
  leadctl returns
  leadctl returns --since 2026-01-01 --stack leads-prod --json
Each routing counts once, by what sales said of it last. Reads the whole table, row by row, and changes nothing.")]
pub struct Arguments {
    /// Count routings from this day (UTC) or moment on.
    #[arg(long, value_name = "DATE", value_parser = pool::since)]
    since: Option<Timestamp>,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

impl Arguments {
    /// Shows the rules. Answers whether every row could be read.
    pub async fn run(&self) -> Result<bool> {
        let client = self.place.client().await?;
        let bar = show::bar(0, "rows read");
        let returns = count(&client.aws, self.since, |rows| bar.inc(rows)).await?;
        bar.finish_and_clear();
        if self.json {
            println!("{}", serde_json::to_string_pretty(&returns)?);
        } else if returns.rules.is_empty() {
            println!("no lead was given out");
        } else {
            let mut table = show::table(&["rule", "given out", "duplicate", "not a fit"]);
            let number = |count: u64| show::cell(count.to_string()).set_alignment(CellAlignment::Right);
            for rule in &returns.rules {
                let cells = [rule.given_out, rule.duplicate, rule.not_a_fit].map(number);
                table.add_row([show::cell(&rule.rule)].into_iter().chain(cells).collect::<Vec<_>>());
            }
            println!("{table}");
        }
        if returns.unreadable > 0 {
            eprintln!("leadctl: {} decisions and answers cannot be read, and are not counted", returns.unreadable);
        }
        Ok(returns.unreadable == 0)
    }
}
