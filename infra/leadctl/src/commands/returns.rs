//! `leadctl returns`: which rules give out leads that sales sends back.

use anyhow::Result;
use comfy_table::CellAlignment;
use jiff::Timestamp;

use crate::client::Client;
use crate::returns::count;
use crate::show;

/// Shows the rules. Answers whether every row could be read.
pub async fn run(client: &Client, since: Option<Timestamp>, as_json: bool) -> Result<bool> {
    let bar = show::bar(0, "rows read");
    let returns = count(&client.aws, since, |rows| bar.inc(rows)).await?;
    bar.finish_and_clear();
    if as_json {
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
