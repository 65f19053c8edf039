//! The conservation law over a live stack: table and queues.

use anyhow::Result;
use indicatif::ProgressBar;
use leads::ledger::{Balance, Ledger};
use leads::ports::StageQueue;
use serde::Serialize;
use support::dynamo::from_item;

use crate::client::Client;
use crate::depths::{self, Depth};

/// The books of a stack.
#[derive(Debug, Serialize)]
pub struct Books {
    /// The table.
    #[serde(flatten)]
    pub balance: Balance,
    /// Messages that wait in the internal queues: on their way, unless they stay.
    pub waiting: u64,
    /// Messages that lie in dead-letter queues.
    pub dead: u64,
    /// Rows that cannot be read.
    pub unreadable: u64,
}

impl Books {
    /// Whether nothing is lost, on its way or dead.
    pub fn balanced(&self) -> bool {
        self.balance.differences.is_empty()
            && self.balance.in_flight == 0
            && self.waiting == 0
            && self.dead == 0
            && self.unreadable == 0
    }
}

/// Reads the whole table, page by page, and the depths of the queues. Read-only.
pub async fn books(client: &Client, progress: &ProgressBar) -> Result<Books> {
    let mut ledger = Ledger::default();
    let mut unreadable = 0;
    let mut from = None;
    loop {
        let (items, next) = client.aws.scan_page(from).await?;
        progress.inc(items.len() as u64);
        for item in items {
            match from_item(item) {
                Ok(row) => ledger.add(&row),
                Err(_) => unreadable += 1,
            }
        }
        from = next;
        if from.is_none() {
            break;
        }
    }
    let depths = depths::all(client).await?;
    let internal = |depth: &&Depth| StageQueue::ALL.iter().any(|queue| depth.queue == queue.name());
    Ok(Books {
        balance: ledger.balance(),
        waiting: depths.iter().filter(internal).map(|depth| depth.visible + depth.in_flight).sum(),
        dead: depths.iter().map(|depth| depth.dead).sum(),
        unreadable,
    })
}
