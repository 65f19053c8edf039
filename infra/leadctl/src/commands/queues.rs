//! `leadctl queues`: what lies where.

use std::collections::BTreeMap;

use anyhow::Result;
use clap::Args;
use comfy_table::{CellAlignment, Color};
use jiff::{Timestamp, TimestampDifference, Unit};
use leads::id::Queue;
use leads::ports::{PortError, Stored};
use leads::row::Row;
use serde_json::json;

use super::place::Where;
use crate::client::Client;
use crate::scanning::each_row;
use crate::{depths, show};

/// How they are shown.
#[derive(Args)]
pub struct Arguments {
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

impl Arguments {
    /// Shows depth, oldest open lead and dead letters of every queue.
    pub async fn run(&self) -> Result<bool> {
        let client = self.place.client().await?;
        let depths = depths::all(&client).await?;
        let oldest = oldest_open(&client).await?;
        let now = Timestamp::now();
        if self.json {
            let rows: Vec<_> = depths
                .iter()
                .map(|depth| {
                    let oldest = Queue::parse(depth.queue.as_str()).ok().and_then(|queue| oldest.get(&queue));
                    json!({ "depth": depth, "oldest_unanswered": oldest })
                })
                .collect();
            println!("{}", serde_json::to_string_pretty(&rows)?);
            return Ok(true);
        }
        let mut table = show::table(&["queue", "for", "visible", "in flight", "oldest unanswered", "dead letters"]);
        for depth in &depths {
            let age = Queue::parse(depth.queue.as_str()).ok().and_then(|queue| oldest.get(&queue));
            let age = age.map_or_else(|| "-".to_owned(), |at| waited(*at, now));
            let number = |count: u64| show::cell(count.to_string()).set_alignment(CellAlignment::Right);
            let dead = number(depth.dead);
            let dead = if depth.dead > 0 && show::colour() { dead.fg(Color::Red) } else { dead };
            table.add_row(vec![
                show::cell(&depth.queue),
                show::cell(&depth.title),
                number(depth.visible),
                number(depth.in_flight),
                show::cell(age).set_alignment(CellAlignment::Right),
                dead,
            ]);
        }
        println!("{table}");
        Ok(true)
    }
}

/// How long ago, to the second.
fn waited(since: Timestamp, now: Timestamp) -> String {
    let apart = TimestampDifference::new(now).largest(Unit::Hour).smallest(Unit::Second);
    since.until(apart).map_or_else(|_| "-".to_owned(), |age| format!("{age:#}"))
}

/// Since when the oldest lead of each queue waits for an answer. SQS has this as a metric only, minutes late; the table
/// knows it now.
async fn oldest_open(client: &Client) -> Result<BTreeMap<Queue, Timestamp>> {
    let mut oldest: BTreeMap<Queue, Timestamp> = BTreeMap::new();
    let add = |stored: Stored| {
        if let Some(Row::State(state)) = stored.row
            && let Some(assignment) = state.assignment.as_ref().filter(|_| state.awaits_answer())
        {
            let entry = oldest.entry(assignment.queue.clone()).or_insert(assignment.decided_at);
            *entry = (*entry).min(assignment.decided_at);
        }
        Ok::<_, PortError>(())
    };
    each_row(&client.aws, |_| (), add).await?;
    Ok(oldest)
}
