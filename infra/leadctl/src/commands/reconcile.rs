//! `leadctl reconcile`: the conservation law over table and queues.

use anyhow::Result;
use clap::Args;
use leads::lead::Stage;

use super::place::Where;
use crate::ledger::{self, Books, mend};
use crate::show;

/// What is mended, and how the books are shown.
#[derive(Args)]
pub struct Arguments {
    /// Set numbers of open leads that are wrong to what the leads say; may be run again
    #[arg(long)]
    mend_counts: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

impl Arguments {
    /// Shows the books; answers whether nothing is lost or dead.
    pub async fn run(&self) -> Result<bool> {
        let client = &self.place.client().await?;
        let bar = show::bar(0, "rows read");
        let mut books = ledger::books(client, &bar).await?;
        if self.mend_counts && !books.balance.miscounted.is_empty() {
            let mended = mend(client, &books.balance.miscounted).await?;
            eprintln!("{mended} of {} numbers of open leads set right", books.balance.miscounted.len());
            books = ledger::books(client, &bar).await?;
        }
        bar.finish_and_clear();
        if self.json {
            println!("{}", serde_json::to_string_pretty(&books)?);
        } else {
            print(&books);
        }
        Ok(books.sound())
    }
}

/// Prints the books.
pub fn print(books: &Books) {
    let balance = &books.balance;
    let settled = Stage::ALL.into_iter().filter(|stage| !stage.in_flight());
    let terms: Vec<String> = settled
        .filter_map(|stage| balance.by_stage.get(&stage).map(|count| format!("{count} {}", stage.name())))
        .collect();
    println!("{} accepted = {}", balance.accepted, if terms.is_empty() { "0".into() } else { terms.join(" + ") });
    if balance.in_flight > 0 {
        println!("            + {} on their way", balance.in_flight);
    }
    println!("{} messages wait between the functions, {} are dead letters", books.waiting, books.dead);
    if books.unreadable > 0 {
        println!("{} rows cannot be read", books.unreadable);
    }
    println!("{} differences", balance.differences.len() + balance.miscounted.len());
    for wrong in &balance.miscounted {
        println!("  {} says {} open leads, and has {}", wrong.counter, wrong.says, wrong.open);
    }
    for difference in &balance.differences {
        println!("  {}: {}", difference.lead_id, difference.what);
    }
}
